/** What became of each session: times, verdicts, scores; nothing of its input. */
import { type EpochMillis, type SessionId, agentName, epochMillis, sessionId } from "../core/units.ts";
import { type Decision, type Verdict, stricter } from "../core/verdict.ts";
import type { SessionInfo } from "../core/session.ts";
import { type Database, sql } from "./database.ts";
import type { Tables } from "./schema.ts";
import type { AgentId, SessionOutcome, SessionRecord } from "./store.ts";

const start = sql
  .insertInto("sessions")
  .values({ id: "", agent: "", connection: "", started_at: 0, verdict: "", would_be: "" })
  .compile();

/** Every call that writes runs within a transaction. */
export class Sessions {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  started(session: SessionInfo, agent: AgentId): void {
    const { id, connection, startedAt } = session;
    this.#db.runOf(start, [id, agent, connection, startedAt, "allow", "allow"]);
  }

  decided(session: SessionId, decision: Decision): void {
    const row = this.#db.first(sql.selectFrom("sessions").select(["verdict", "would_be"]).where("id", "=", session));
    if (row === undefined) return;
    const verdict = strictest(row.verdict as Verdict, decision.verdict);
    const would_be = strictest(row.would_be as Verdict, decision.wouldBe);
    if (verdict === row.verdict && would_be === row.would_be) return;
    this.#db.run(sql.updateTable("sessions").set({ verdict, would_be }).where("id", "=", session));
  }

  ended(session: SessionId, at: EpochMillis, outcome: SessionOutcome): void {
    this.#db.run(
      sql
        .updateTable("sessions")
        .set({ ended_at: at, outcome: JSON.stringify(outcome) })
        .where("id", "=", session),
    );
  }

  of(id: SessionId): SessionRecord | null {
    const row = this.#db.first(records.where("sessions.id", "=", id));
    return row === undefined ? null : record(row);
  }

  /** @param agent null for all agents */
  newest(most: number, agent: AgentId | null): SessionRecord[] {
    const newest = records.orderBy("started_at", "desc").limit(most);
    return this.#db.all(agent === null ? newest : newest.where("agents.id", "=", agent)).map(record);
  }
}

const records = sql
  .selectFrom("sessions")
  .innerJoin("agents", "agents.id", "sessions.agent")
  .selectAll("sessions")
  .select("agents.name");

function record(row: Tables["sessions"] & { readonly name: string }): SessionRecord {
  return {
    id: sessionId(row.id),
    agent: agentName(row.name),
    connection: row.connection,
    startedAt: epochMillis(row.started_at),
    endedAt: row.ended_at === null ? null : epochMillis(row.ended_at),
    verdict: row.verdict as Verdict,
    wouldBe: row.would_be as Verdict,
    outcome: row.outcome === null ? null : (JSON.parse(row.outcome) as SessionOutcome),
  };
}

const strictest = (a: Verdict, b: Verdict): Verdict => (stricter(b, a) ? b : a);
