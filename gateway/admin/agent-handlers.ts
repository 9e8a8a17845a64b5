/** Answers about agents, and what operators do to them. */
import { setImmediate as breathe } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import { SamehandError } from "../core/errors.ts";
import type { LiveSessions } from "../core/live.ts";
import { type AgentName, agentName, epochMillis, sessionId } from "../core/units.ts";
import type { AgentRecord } from "../store/store.ts";
import {
  agentDetailOf,
  agentOf,
  type AgentDetailView,
  type AgentView,
  comparedWith,
  countByAgent,
  pastSessionOf,
} from "./agents.ts";
import type { Caller } from "./caller.ts";
import type { Agent } from "./contract/agent.ts";
import { type Handlers, Pieces } from "./handlers.ts";
import { pageOf } from "./page.ts";
import type { Deed, SecondPerson } from "./second-person.ts";
import { subjectPieces } from "./subject.ts";

export interface AgentParts extends AgentDetailView {
  readonly live: LiveSessions;
  readonly clock: Clock;
  /** An encoded profile without a mode; null where it has none of that name. @throws SamehandError */
  readonly withoutMode: (profile: Uint8Array, id: string) => Uint8Array | null;
}

type Answered =
  | "agents"
  | "agent"
  | "lock"
  | "unlock"
  | "rollback"
  | "forgetMode"
  | "forget"
  | "exportAgent"
  | "pastSessions"
  | "pastSession";

/** The newest sessions that are looked through for a page. */
const mostPast = 5000;

export function agentHandlers(parts: AgentParts, second: SecondPerson): Pick<Handlers, Answered> {
  const { store, live, clock } = parts;
  const record = (name: string): AgentRecord => {
    const found = store.agent(agentName(name));
    if (found === null) throw new SamehandError("record-unknown", "no such agent");
    return found;
  };
  const liveOf = async (name: AgentName): Promise<number> =>
    (await live.list()).sessions.filter(({ agent }) => agent === name).length;
  const note = (caller: Caller, action: string, agent: AgentName, why: string, detail = {}): void =>
    store.audit.note({ actor: `operator:${caller.name}`, action, agent, why, detail });
  return {
    agents: async ({ query }) => {
      const counts = countByAgent((await live.list()).sessions);
      const compared = comparedWith(parts);
      const part = query.search?.toLowerCase();
      const found: Agent[] = [];
      for (const page of store.agentPages()) {
        const known = page
          .filter(({ name }) => part === undefined || name.toLowerCase().includes(part))
          .map((each) => ({ ...agentOf(each, parts, counts.get(each.name) ?? 0), comparedWith: compared(each.name) }))
          .filter(({ maturity }) => query.maturity === undefined || maturity === query.maturity)
          .filter(({ lock }) => query.locked === undefined || (lock !== null) === query.locked);
        found.push(...known);
        // Input that waits goes first.
        await breathe();
      }
      return pageOf(found, query, ({ name }) => name);
    },
    agent: async ({ params }) => {
      const found = record(params.name);
      return agentDetailOf(found, parts, await liveOf(found.name));
    },
    lock: ({ params, body, caller }) => {
      // By name, so that somebody who never came can be kept out too.
      const name = agentName(params.name);
      const before = store.lockOf(name);
      const until = body.minutes === null ? null : epochMillis(Math.ceil(clock.wall() + body.minutes * 60_000));
      store.lock(name, until, body.reason);
      if (store.lockOf(name) === before) return { outcome: "already", approval: null };
      note(caller, "agent.locked", name, body.reason, { until });
      return { outcome: "done", approval: null };
    },
    unlock: ({ params, body, caller }) => {
      const name = agentName(params.name);
      if (!store.unlock(name)) return { outcome: "already", approval: null };
      note(caller, "agent.unlocked", name, body.reason);
      return { outcome: "done", approval: null };
    },
    rollback: ({ params, body, caller }) => {
      const { id, name, profileVersion } = record(params.name);
      if (body.version === profileVersion) return { outcome: "already", approval: null };
      if (!store.rollback(id, body.version)) throw new SamehandError("record-unknown", "no such version is kept");
      note(caller, "agent.rolled-back", name, body.reason, { from: profileVersion, to: body.version });
      return { outcome: "done", approval: null };
    },
    forgetMode: ({ params, body, caller }) => {
      const { id, name } = record(params.name);
      let found = false;
      store.updateProfile(id, (newest) => {
        const without = newest === null ? null : parts.withoutMode(newest.body, body.mode);
        found = without !== null;
        return newest === null || without === null ? null : { ...newest, body: without };
      });
      if (!found) throw new SamehandError("record-unknown", "no such mode is kept");
      note(caller, "agent.mode-forgotten", name, body.reason, { mode: body.mode });
      return { outcome: "done", approval: null };
    },
    forget: ({ params, body, caller }) => {
      const { name } = record(params.name);
      if (store.lockOf(name) !== null)
        throw new SamehandError("act-refused", "the agent is locked: unlock first, since forgetting would unlock");
      return second.ask("forget", { target: name, payload: "", caller, reason: body.reason });
    },
    exportAgent: ({ params, caller }) => {
      const { name } = record(params.name);
      // First, so that the export tells of itself.
      note(caller, "agent.exported", name, "asked for an export");
      return new Pieces(subjectPieces(store, name, epochMillis(Math.floor(clock.wall()))) ?? []);
    },
    pastSession: ({ params }) => {
      const found = store.session(sessionId(params.id));
      if (found === null) throw new SamehandError("record-unknown", "no such session is on record");
      return pastSessionOf(found);
    },
    pastSessions: ({ query }) => pageOf(store.sessions(mostPast).map(pastSessionOf), query, ({ id }) => id),
  };
}

/** Erases an agent. */
export const forgetDeed =
  ({ store }: AgentView): Deed =>
  ({ target, caller, reason }) => {
    const done = store.forget(agentName(target), { actor: `operator:${caller.name}`, why: reason });
    return Promise.resolve(done ? "done" : "already");
  };
