/** Moves the chain of an older file, which held verdicts only, into the one that holds what people did as well. */
import type { DatabaseSync } from "node:sqlite";
import { type SessionId, epochMillis } from "../core/units.ts";
import { type AuditEntry, hashOf, originOf } from "./audit-entry.ts";
import type { AgentId } from "./store.ts";

interface OldRow {
  readonly at: number;
  readonly session: string;
  readonly agent: string;
  readonly mode: string;
  readonly verdict: string;
  readonly would_be: string;
  readonly trust: number;
  readonly rule: string;
  readonly reasons: string;
  readonly hash: string;
}

/** Chains the rows anew; each keeps its old hash, so that one noted earlier can still be found. */
export function moveDecisions(db: DatabaseSync): void {
  const old = db.prepare("SELECT * FROM decisions ORDER BY seq").all() as unknown as OldRow[];
  const known = db.prepare("SELECT value FROM meta WHERE key = 'installation'").get() as { value: string } | undefined;
  const insert = db.prepare("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  let previous = originOf(known?.value ?? "");
  old.forEach((row, index) => {
    const entry: Omit<AuditEntry, "hash"> = {
      seq: index + 1,
      at: epochMillis(row.at),
      actor: "gateway",
      action: `verdict.${row.verdict}`,
      session: row.session as SessionId,
      agent: row.agent as AgentId,
      why: `rule ${row.rule}`,
      detail: {
        mode: row.mode,
        verdict: row.verdict,
        wouldBe: row.would_be,
        trust: row.trust,
        rule: row.rule,
        reasons: JSON.parse(row.reasons) as string[],
        hashBefore: row.hash,
      },
      previous,
    };
    const { seq, at, actor, action, session, agent, why, detail } = entry;
    previous = hashOf(entry);
    const id: string | null = agent;
    insert.run(
      seq,
      at,
      actor,
      action,
      session as string | null,
      id,
      why,
      JSON.stringify(detail),
      entry.previous,
      previous,
    );
  });
  db.exec("DROP TABLE decisions");
}
