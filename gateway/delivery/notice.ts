/** An audit entry as others are told of it: with names in place of the store's ids, and how much it matters. */
import type { AuditEntry } from "../store/audit-entry.ts";

export interface Notice extends Omit<AuditEntry, "agent" | "previous"> {
  readonly installation: string;
  /** No other entry has it: after a restore numbers come again, for entries that say something else. */
  readonly id: string;
  /** The agent's name; null where it is about nobody, or about somebody forgotten. */
  readonly agent: string | null;
  /** 0 (nothing) to 10 (act now), as CEF counts. */
  readonly severity: number;
}

const severities: Readonly<Record<string, number>> = {
  "verdict.sever": 9,
  "session.severed": 8,
  "breaker.tripped": 9,
  "verdict.quarantine": 7,
  "session.quarantined": 6,
  "agent.locked": 6,
  "verdict.alert": 5,
};
/** Of everything else: acts of people, and what ended a doubt. */
const ordinary = 3;

/** Of the entry's hash: enough to tell two of one number apart. */
const digits = 16;

export function noticeOf(entry: AuditEntry, installation: string, agent: string | null): Notice {
  const { seq, at, actor, action, session, why, detail, hash } = entry;
  const decided = typeof detail["wouldBe"] === "string" ? `verdict.${detail["wouldBe"]}` : action;
  // In report mode nothing happened: what would have is worth a look, not an alarm.
  const severity = severities[decided] ?? ordinary;
  const reported = detail["mode"] === "report";
  return {
    installation,
    id: `${seq}-${hash.slice(0, digits)}`,
    seq,
    at,
    actor,
    action,
    session,
    agent,
    why,
    detail,
    hash,
    severity: reported ? Math.min(severity, 5) : severity,
  };
}

/** Its id among those of every installation. */
export const uidOf = ({ installation, id }: Notice): string => `${installation}/${id}`;

/** The reasons of a verdict, or why somebody did it, in one line. */
export function reasonOf({ detail, why }: Notice): string {
  const reasons = detail["reasons"];
  return Array.isArray(reasons) && reasons.length > 0 ? reasons.join("; ") : why;
}

/** What happened, in a few words for a list. */
export const titleOf = ({ action, agent }: Notice): string => (agent === null ? action : `${action}: ${agent}`);
