/**
 * The audit chain: one row a decision, each with the SHA-256 of itself and the row before, so that a row that was
 * changed, inserted or left out is found. What is cut off at the end is found by comparing with the logged hash.
 */
import { createHash } from "node:crypto";
import { type AgentName, type EpochMillis, type SessionId, agentName, epochMillis, sessionId } from "../core/units.ts";
import type { Decision, Verdict } from "../core/verdict.ts";
import { type Database, sql } from "./database.ts";
import type { Tables } from "./schema.ts";
import type { AgentId, AuditRow } from "./store.ts";

type DecisionRow = Tables["decisions"];

export class Audit {
  readonly #db: Database;
  /** What the first row follows: a chain belongs to its installation. */
  readonly #origin: string;

  constructor(db: Database, installation: string) {
    this.#db = db;
    this.#origin = createHash("sha256").update(installation).digest("hex");
  }

  /** Within a transaction. */
  append(at: EpochMillis, session: SessionId, agent: AgentId, decision: Decision): void {
    const last = this.#db.first(sql.selectFrom("decisions").select(["seq", "hash"]).orderBy("seq", "desc").limit(1));
    const row = {
      seq: (last?.seq ?? 0) + 1,
      at,
      session,
      agent,
      mode: decision.mode,
      verdict: decision.verdict,
      would_be: decision.wouldBe,
      trust: decision.trust,
      rule: decision.rule,
      reasons: JSON.stringify(decision.reasons.map((reason) => `${reason.code}: ${reason.text}`)),
      previous: last?.hash ?? this.#origin,
    };
    this.#db.run(sql.insertInto("decisions").values({ ...row, hash: hashOf(row) }));
  }

  newest(most: number): AuditRow[] {
    return this.#db
      .all(
        sql
          .selectFrom("decisions")
          .leftJoin("agents", "agents.id", "decisions.agent")
          .selectAll("decisions")
          .select("agents.name")
          .orderBy("seq", "desc")
          .limit(most),
      )
      .map(auditRow);
  }

  verify(): { rows: number; brokenAt: number | null } {
    let previous = this.#origin;
    let rows = 0;
    for (;;) {
      const page = this.#db.all(
        sql.selectFrom("decisions").selectAll().where("seq", ">", rows).orderBy("seq").limit(1000),
      );
      if (page.length === 0) return { rows, brokenAt: null };
      for (const row of page) {
        if (row.seq !== rows + 1 || row.previous !== previous || row.hash !== hashOf(row))
          return { rows, brokenAt: rows + 1 };
        previous = row.hash;
        rows = row.seq;
      }
    }
  }
}

function hashOf(row: Omit<DecisionRow, "hash">): string {
  const { seq, at, session, agent, mode, verdict, would_be, trust, rule, reasons, previous } = row;
  const fields = [seq, at, session, agent, mode, verdict, would_be, trust, rule, reasons, previous];
  return createHash("sha256").update(JSON.stringify(fields)).digest("hex");
}

function auditRow(row: DecisionRow & { name: string | null }): AuditRow {
  return {
    seq: row.seq,
    at: epochMillis(row.at),
    session: sessionId(row.session),
    agent: row.agent as AgentId,
    name: row.name === null ? null : (agentName(row.name) satisfies AgentName),
    mode: row.mode,
    verdict: row.verdict as Verdict,
    wouldBe: row.would_be as Verdict,
    trust: row.trust,
    rule: row.rule,
    reasons: JSON.parse(row.reasons) as string[],
    previous: row.previous,
    hash: row.hash,
  };
}
