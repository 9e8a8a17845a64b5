/** Answers about the policy: what stands, and what a draft would be. */
import { createHash } from "node:crypto";
import { SamehandError } from "../core/errors.ts";
import { type Mode, type Verdict, stricter } from "../core/verdict.ts";
import { agentTerms } from "../policy/agent-terms.ts";
import { parsePolicy } from "../policy/policy-file.ts";
import type { Policy } from "../policy/rules.ts";
import { trustAt } from "../policy/thresholds.ts";
import type { AgentRecord, Store } from "../store/store.ts";
import type { Clock } from "../core/clock.ts";
import type { PolicyFacts, Shadow } from "./contract/policy.ts";
import type { Handlers } from "./handlers.ts";
import type { Deed, SecondPerson } from "./second-person.ts";

/** The policy's file, as the gateway has it. */
export interface PolicyDesk {
  current(): Policy;
  mode(): Mode;
  /** null: the shipped policy. */
  file(): string | null;
  text(): string;
  /** Writes a valid policy to its file, and makes it stand. @throws SamehandError `policy-invalid`, `act-refused` */
  apply(text: string): void | Promise<void>;
  /** Peaks of genuine stretches of the background's people, which thresholds are derived from. */
  readonly peaks: readonly number[];
  /** The agent's own. */
  peaksOf(agent: AgentRecord): readonly number[];
}

export interface PolicyParts {
  readonly desk: PolicyDesk;
  readonly store: Store;
  readonly clock: Clock;
}

const dayMillis = 86_400_000;
const hourMillis = 3_600_000;
/** The newest sessions that are looked through. */
const mostSessions = 20_000;
const mostShown = 500;

/** A policy in the contract's form, with the thresholds of an agent with no history. */
export function factsOf(policy: Policy, peaks: readonly number[]): PolicyFacts {
  const { alert, quarantine, sever } = agentTerms(policy, peaks, []).thresholds;
  return {
    budget: { ...policy.budget },
    lockMinutes: policy.lockMinutes,
    quarantineSeconds: policy.quarantineSeconds,
    strangers: policy.strangers,
    // oxlint-disable-next-line unicorn/no-thenable -- the policy's word; nothing awaits a rule
    rules: policy.rules.map(({ rule: name, when, verdict, because }) => ({ name, when, then: verdict, because })),
    thresholds: { alert: trustAt(alert), quarantine: trustAt(quarantine), sever: trustAt(sever) },
  };
}

/** The draft as a policy. @throws SamehandError `draft-invalid` */
export function parseDraft(text: string): Policy {
  try {
    return parsePolicy(text, "draft");
  } catch (error) {
    if (error instanceof SamehandError && error.code === "policy-invalid")
      throw new SamehandError("draft-invalid", error.detail);
    throw error;
  }
}

export function policyHandlers(
  parts: PolicyParts,
  second: SecondPerson,
): Pick<Handlers, "policy" | "checkPolicy" | "applyPolicy" | "shadow"> {
  const { desk, store, clock } = parts;
  return {
    policy: () => ({
      mode: desk.mode(),
      file: desk.file(),
      text: desk.text(),
      facts: factsOf(desk.current(), desk.peaks),
      ruleFailures: Object.fromEntries(desk.current().failures),
    }),
    checkPolicy: ({ body }) => {
      try {
        return { valid: true, faults: [], facts: factsOf(parseDraft(body.text), desk.peaks) };
      } catch (error) {
        if (!(error instanceof SamehandError) || error.code !== "draft-invalid") throw error;
        return { valid: false, faults: error.detail.split("\n"), facts: null };
      }
    },
    applyPolicy: ({ body, caller }) => {
      parseDraft(body.text);
      if (desk.file() === null)
        throw new SamehandError("act-refused", "the shipped policy stands: copy it, and name the copy under `policy`");
      const target = body.replaces === undefined ? anyPolicy : placeOf(body.replaces);
      demandPlace(target, desk);
      return second.ask("policy", { target, payload: body.text, caller, reason: body.reason });
    },
    shadow: ({ query }) => {
      const from = Math.floor(clock.wall() - query.days * dayMillis);
      return shadowOf(store, desk.current(), from);
    },
  };
}

/** What would have been done since a time, as it was decided then. */
function shadowOf(store: Store, policy: Policy, from: number): Shadow {
  const sessions = store.sessions(mostSessions).filter(({ startedAt }) => startedAt >= from);
  const would = { alert: 0, quarantine: 0, sever: 0 };
  for (const { wouldBe } of sessions) if (wouldBe !== "allow") would[wouldBe]++;
  const measured = sessions.filter(({ outcome }) => outcome?.activeMs !== undefined);
  const activeHours = measured.reduce((sum, { outcome }) => sum + (outcome?.activeMs ?? 0), 0) / hourMillis;
  const doubted = measured.filter(({ wouldBe }) => stricter(wouldBe, "alert"));
  return {
    from,
    sessions: sessions.length,
    activeHours,
    would,
    budget: {
      quarantinesPerHour: activeHours === 0 ? 0 : doubted.length / activeHours,
      allowedPerHour: policy.budget.falseQuarantinesPerHour,
    },
    items: sessions
      .filter(({ wouldBe }) => wouldBe !== "allow")
      .sort((a, b) => severity(b.wouldBe) - severity(a.wouldBe) || b.startedAt - a.startedAt)
      .slice(0, mostShown)
      .map(({ id, agent, startedAt, wouldBe, verdict, outcome }) => ({
        session: id,
        agent,
        startedAt,
        wouldBe,
        did: verdict,
        lowestTrust: outcome?.lowestTrust ?? null,
      })),
  };
}

const severity = (verdict: Verdict): number => ["allow", "alert", "quarantine", "sever"].indexOf(verdict);

/** Makes a draft the policy. */
/** What a draft takes the place of, where whoever made it did not say. */
const anyPolicy = "policy";
/** The place of one text, and of no other. */
const placeOf = (text: string): string => `${anyPolicy} ${createHash("sha256").update(text).digest("hex")}`;

/** @throws SamehandError `act-refused` where another policy stands than the draft was made from */
function demandPlace(target: string, desk: PolicyDesk): void {
  if (target === anyPolicy || target === placeOf(desk.text())) return;
  throw new SamehandError("act-refused", "the policy was changed meanwhile: look at what stands, then change that");
}

export const policyDeed =
  ({ desk, store }: PolicyParts): Deed =>
  async ({ target, payload, caller, reason }) => {
    if (payload === desk.text()) return "already";
    // Again: it may have waited for a second person.
    demandPlace(target, desk);
    await desk.apply(payload);
    store.audit.note({ actor: `operator:${caller.name}`, action: "policy.applied", why: reason });
    return "done";
  };
