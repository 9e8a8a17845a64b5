/** What an agent is told about themselves, once a token of the farm has said who they are. */
import type { Config } from "../config/schema.ts";
import { agentOf, keptAboutAgents } from "./admin/agents.ts";
import { SamehandError } from "./core/errors.ts";
import type { Answer } from "./proxy/options.ts";
import type { Tokens } from "./proxy/token/ticket.ts";
import type { Store } from "./store/store.ts";

export interface OwnPageParts {
  readonly store: Store;
  readonly config: () => Config;
  /** The token is spent by it, as by a session. */
  readonly tokens: Tokens;
}

/** Paths that answer with JSON: `/me.json`, to `authorization: Bearer TOKEN`. */
export function ownAnswers({ store, config, tokens }: OwnPageParts): ReadonlyMap<string, Answer> {
  const me: Answer = async (authorization) => {
    const token = /^Bearer (\S{1,8192})$/i.exec(authorization)?.[1];
    if (token === undefined) throw new SamehandError("token-missing");
    const { agent: name } = await tokens.open(token);
    const record = store.agent(name);
    const { organisation, enrolment, admin } = config();
    const known = record === null ? null : agentOf(record, { store, enrolment: () => enrolment }, 0);
    return {
      name,
      enrolment: known === null ? null : { maturity: known.maturity, learned: known.learned, missing: known.missing },
      locked: store.lockOf(name) !== null,
      kept: keptAboutAgents,
      scoreDays: admin.scoreDays,
      sessions: record === null ? 0 : store.sessionsOf(record.id, 1000).length,
      ask: organisation.notice === "" ? organisation.name : organisation.notice,
    };
  };
  return new Map([["/me.json", me]]);
}
