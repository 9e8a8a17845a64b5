/** The operators' room over the sessions of every process: the same for a gateway of one, and of several. */
import { readFileSync } from "node:fs";
import { readSecret } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { modesOf, withoutMode } from "./agent-modes.ts";
import { Admin, type AdminParts } from "./admin/admin.ts";
import { SamehandError } from "./core/errors.ts";
import type { Answers, Fleet } from "./core/fleet.ts";
import type { ActOutcome, LiveDetail, LiveList, LiveSessions, LiveSummary, OperatorAct } from "./core/live.ts";
import type { SessionId } from "./core/units.ts";
import { driftOf } from "../models/adaptation.ts";
import { policyFileDesk, type PolicyFileParts } from "./policy-file-desk.ts";
import type { TlsPair } from "./proxy/options.ts";

export const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** The live sessions of all processes. */
export class FleetSessions implements LiveSessions {
  readonly #fleet: Fleet;
  /** What each process last told, while one of them is silent. */
  #told: ReadonlyMap<string, readonly LiveSummary[]> = new Map();

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  async list(): Promise<LiveList> {
    const { answers, missing } = await this.#fleet.askEach("sessions", null);
    const told = new Map(answers.map(({ worker, sessions }) => [worker, sessions]));
    // Who is silent may still have the sessions of before; who has ended is not missing.
    if (missing > 0) for (const [worker, before] of this.#told) if (!told.has(worker)) told.set(worker, before);
    this.#told = told;
    return { sessions: [...told.values()].flat(), silent: missing };
  }

  async detail(id: SessionId): Promise<LiveDetail | null> {
    const known = await this.#fleet.askEach("session", id);
    return found(known, (detail) => detail !== null) ?? null;
  }

  async act(id: SessionId, act: OperatorAct): Promise<ActOutcome> {
    const done = await this.#fleet.askEach("act", { id, act });
    return found(done, (outcome) => outcome !== "gone") ?? "gone";
  }
}

/**
 * The answer of the process that has the session; undefined where none has.
 * @throws SamehandError `neighbour-silent` where one does not answer: it may be that one's, and may still be acted on
 */
function found<Answer>({ answers, missing }: Answers<Answer>, is: (answer: Answer) => boolean): Answer | undefined {
  const answer = answers.find(is);
  if (answer === undefined && missing > 0) throw new SamehandError("neighbour-silent", "the session may be there");
  return answer;
}

export interface OperatorsParts extends Pick<AdminParts, "store" | "clock" | "log">, PolicyFileParts {
  readonly fleet: Fleet;
  readonly tls: TlsPair | null;
}

/** The identity provider, where there is one. @throws SamehandError `config-invalid` where its secret cannot be read */
export function providerOf({ admin: { oidc } }: Config): AdminParts["provider"] {
  if (oidc === undefined) return null;
  return { ...oidc, clientSecret: readSecret(oidc.clientSecret, "admin.oidc.clientSecret") };
}

/** @param parts what the operators' room stands on; its addresses come from the configuration */
export function operators(configured: Config, parts: OperatorsParts): Admin {
  const { host, port, oidc: _oidc, ...rest } = configured.admin;
  const { fleet, tls, store, clock, log, config } = parts;
  return new Admin({
    ...rest,
    store,
    clock,
    log,
    live: new FleetSessions(fleet),
    desk: policyFileDesk(parts),
    enrolment: () => config().enrolment,
    drift: driftOf,
    modes: modesOf,
    withoutMode,
    organisation: () => config().organisation.name,
    provider: providerOf(configured),
    listen: { host, port, tls },
    version,
  });
}
