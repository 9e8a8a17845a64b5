/**
 * Four eyes: what a second operator must approve waits here until one does, for an hour. Two are two people: a sign-in
 * and a token of the same operator are one.
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { SamehandError } from "../core/errors.ts";
import { epochMillis } from "../core/units.ts";
import type { AuditTrail } from "../store/audit.ts";
import type { ApprovalRecord, OperatorStore } from "../store/operators.ts";
import { type Caller, demand } from "./caller.ts";
import type { Outcome } from "./contract/common.ts";
import type { Approval, Role } from "./contract/operator.ts";
import type { Handlers } from "./handlers.ts";

export type Watched = Approval["what"];

/** What is to be done, once or at once: on what, with what besides, by whom and why. */
export interface Intent {
  readonly target: string;
  /** Plain JSON; empty where the target says it all. */
  readonly payload: string;
  readonly caller: Caller;
  readonly reason: string;
}

export type Deed = (intent: Intent) => Promise<"done" | "already">;

export interface SecondPersonOptions {
  readonly operators: OperatorStore;
  readonly audit: Pick<AuditTrail, "note">;
  readonly clock: Clock;
  /** What needs a second person. */
  readonly fourEyes: readonly Watched[];
  readonly deeds: Readonly<Record<Watched, Deed>>;
  /** Hears of every approval that is asked for or answered. */
  readonly onChange: (approval: string, change: "asked" | "approved" | "refused") => void;
}

const roles: Readonly<Record<Watched, Role>> = { release: "responder", forget: "privacy", policy: "policy" };
const waitMillis = 3_600_000;

export class SecondPerson {
  readonly #options: SecondPersonOptions;

  constructor(options: SecondPersonOptions) {
    this.#options = options;
  }

  /** Does it now, or lets it wait for somebody else. */
  async ask(what: Watched, intent: Intent): Promise<Outcome> {
    const { fourEyes, deeds, operators, onChange } = this.#options;
    if (!fourEyes.includes(what)) return { outcome: await deeds[what](intent), approval: null };
    const { target, payload, caller, reason } = intent;
    const by = personOf(caller);
    const askedAt = this.#now();
    const same = this.list().find(
      (each) => each.what === what && each.target === target && each.payload === payload && each.by === by,
    );
    if (same !== undefined) return { outcome: "waits-for-approval", approval: same.id };
    const id = randomUUID();
    const expiresAt = epochMillis(askedAt + waitMillis);
    operators.addApproval({ id, what, target, payload, by, reason, askedAt, expiresAt });
    this.#note(caller, "approval.asked", reason, what, target);
    onChange(id, "asked");
    return { outcome: "waits-for-approval", approval: id };
  }

  list(): ApprovalRecord[] {
    return this.#options.operators.approvals(this.#now());
  }

  /** Approves, and does it in the name of who asked. @throws SamehandError `record-unknown`, `role-missing`, `act-refused` */
  async approve(id: string, caller: Caller, reason: string): Promise<Outcome> {
    const waiting = this.#answerable(id, caller);
    if (waiting.by === personOf(caller))
      throw new SamehandError("act-refused", "another person than who asked must approve");
    const taken = this.#options.operators.takeApproval(id, this.#now());
    if (taken === null) throw new SamehandError("record-unknown", "it was answered, or its hour is over");
    const what = taken.what as Watched;
    this.#note(caller, "approval.given", reason, what, taken.target);
    this.#options.onChange(id, "approved");
    const { target, payload } = taken;
    const why = `${taken.reason} (asked by ${taken.by}, approved by ${personOf(caller)}: ${reason})`;
    return { outcome: await this.#options.deeds[what]({ target, payload, caller, reason: why }), approval: null };
  }

  /** Refuses it; who asked may take it back so. @throws SamehandError as `approve` */
  refuse(id: string, caller: Caller, reason: string): Outcome {
    const { what, target } = this.#answerable(id, caller);
    this.#options.operators.takeApproval(id, this.#now());
    this.#note(caller, "approval.refused", reason, what, target);
    this.#options.onChange(id, "refused");
    return { outcome: "done", approval: null };
  }

  #answerable(id: string, caller: Caller): ApprovalRecord {
    const waiting = this.list().find((each) => each.id === id);
    if (waiting === undefined) throw new SamehandError("record-unknown", "it was answered, or its hour is over");
    demand(caller, roles[waiting.what as Watched]);
    return waiting;
  }

  #note(caller: Caller, action: string, why: string, what: string, target: string): void {
    // The target of a policy is its text's place; of the others a session or an agent's name, which is erased with them.
    const detail = what === "forget" ? { what } : { what, target };
    this.#options.audit.note({ actor: `operator:${caller.name}`, action, why, detail });
  }

  #now() {
    return epochMillis(Math.floor(this.#options.clock.wall()));
  }
}

/** Who asks or approves, by whatever route. @throws SamehandError `act-refused` where nobody answers for a token */
function personOf({ person }: Caller): string {
  if (person === null)
    throw new SamehandError(
      "act-refused",
      "two people must agree, and this token belongs to nobody: make one in the console, or with operators token --for",
    );
  return person;
}

export const approvalHandlers = (second: SecondPerson): Pick<Handlers, "approvals" | "approve" | "refuse"> => ({
  approvals: () => ({
    items: second.list().map(({ id, what, target, payload, by, reason, askedAt, expiresAt }) => ({
      id,
      what: what as Watched,
      on: target,
      draft: what === "policy" ? payload : null,
      by,
      reason,
      askedAt,
      expiresAt,
    })),
  }),
  approve: ({ params, body, caller }) => second.approve(params.id, caller, body.reason),
  refuse: ({ params, body, caller }) => second.refuse(params.id, caller, body.reason),
});
