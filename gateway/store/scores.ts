/** Windows of evidence by session, kept for days so that another policy can be tried on them; erased with the agent. */
import { type AgentName, agentName, type EpochMillis, epochMillis, type SessionId, sessionId } from "../core/units.ts";
import type { Maturity } from "../core/maturity.ts";
import { type Database, sql } from "./database.ts";
import type { AgentId } from "./store.ts";

/** A session whose scores are kept. */
export interface ScoredSession {
  readonly session: SessionId;
  readonly agent: AgentId;
  readonly name: AgentName;
  /** The first window's time. */
  readonly startedAt: EpochMillis;
  /** When it began. */
  readonly maturity: Maturity;
}

/** Every read may throw SamehandError `store-unavailable`. */
export class Scores {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Appends; within a transaction. @param at of the chunk's first window */
  add(session: SessionId, agent: AgentId, at: EpochMillis, maturity: Maturity, body: Uint8Array): void {
    const last = this.#db.first(
      sql
        .selectFrom("scores")
        .select((of) => of.fn.max("seq").as("seq"))
        .where("session", "=", session),
    );
    const row = { session, seq: (last?.seq ?? 0) + 1, agent, at, maturity, body };
    this.#db.run(sql.insertInto("scores").values(row));
  }

  /** Sessions whose first window came since a time, newest first. */
  since(from: EpochMillis, most: number): ScoredSession[] {
    return this.#db
      .all(
        sql
          .selectFrom("scores")
          .innerJoin("agents", "agents.id", "scores.agent")
          .select(["scores.session", "scores.agent", "scores.at", "scores.maturity", "agents.name"])
          .where("scores.seq", "=", 1)
          .where("scores.at", ">=", from)
          .orderBy("scores.at", "desc")
          .limit(most),
      )
      .map(({ session, agent, at, maturity, name }) => ({
        session: sessionId(session),
        agent: agent as AgentId,
        name: agentName(name),
        startedAt: epochMillis(at),
        maturity: maturity as Maturity,
      }));
  }

  /** What was kept of one session, in order. */
  of(session: SessionId): Uint8Array[] {
    return this.#db
      .all(sql.selectFrom("scores").select("body").where("session", "=", session).orderBy("seq"))
      .map(({ body }) => body);
  }

  /** Deletes what is older; within a transaction. */
  purge(before: EpochMillis): void {
    this.#db.run(sql.deleteFrom("scores").where("at", "<", before));
  }
}
