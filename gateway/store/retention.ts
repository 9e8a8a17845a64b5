/** What is kept too long to be needed: spent tokens, scores, sessions' records, agents who do not come any more. */
import type { Log } from "../core/log.ts";
import { type AgentName, agentName, type EpochMillis, epochMillis } from "../core/units.ts";
import type { Audit } from "./audit.ts";
import type { Challenges } from "./challenges.ts";
import { type Database, sql } from "./database.ts";
import type { Locks } from "./locks.ts";
import type { Scores } from "./scores.ts";
import type { By } from "./store.ts";

/** How long things are kept, days; absent: for ever, but scores for 14. */
export interface RetentionDays {
  /** Entries of the audit chain, which are removed provably. */
  readonly auditDays?: number;
  /** Windows of evidence. */
  readonly scoreDays?: number;
  /** Records of sessions. */
  readonly sessionDays?: number;
  /** Agents who do not come. */
  readonly profileDays?: number;
}

export interface RetentionParts {
  readonly db: Database;
  readonly locks: Locks;
  readonly audit: Audit;
  readonly challenges: Challenges;
  readonly scores: Scores;
  readonly forget: (name: AgentName, by: By) => unknown;
  readonly log: Log;
}

/** A spent token's id is kept this long past its expiry, should the clock be set back. */
const spentMargin = 3_600_000;
const dayMillis = 86_400_000;

export class Retention {
  readonly #parts: RetentionParts;
  readonly #days: Required<RetentionDays>;

  constructor(parts: RetentionParts, { auditDays, scoreDays, sessionDays, profileDays }: RetentionDays) {
    this.#parts = parts;
    this.#days = {
      auditDays: auditDays ?? Infinity,
      scoreDays: scoreDays ?? 14,
      sessionDays: sessionDays ?? Infinity,
      profileDays: profileDays ?? Infinity,
    };
  }

  /** Removes what is older than it may be kept. @throws SamehandError `store-unavailable` */
  purge(now: EpochMillis): void {
    const { db, locks, challenges, scores } = this.#parts;
    const { auditDays, scoreDays, sessionDays, profileDays } = this.#days;
    const before = (days: number): EpochMillis => epochMillis(now - days * dayMillis);
    locks.purge();
    if (sessionDays < Infinity) db.transaction(() => purgeSessions(db, before(sessionDays)));
    if (profileDays < Infinity) this.#forgetIdle(before(profileDays));
    if (auditDays < Infinity) this.#truncate(before(auditDays));
    challenges.purge();
    db.transaction(() => scores.purge(before(scoreDays)));
    const old = sql.deleteFrom("spent_tokens").where("expires", "<", epochMillis(now - spentMargin));
    db.transaction(() => db.run(old));
  }

  #forgetIdle(before: EpochMillis): void {
    const { db, forget } = this.#parts;
    const why = `retention: not seen for ${this.#days.profileDays} days`;
    for (const name of idleAgents(db, before)) forget(name, { actor: "gateway", why });
  }

  #truncate(before: EpochMillis): void {
    const removed = this.#parts.audit.truncate(before, "gateway", "retention");
    if (removed > 0) this.#parts.log.info({ removed }, "audit entries were removed for their age");
  }
}

/**
 * Deletes records of sessions that began before, but each agent's newest, which says when the agent came last; within
 * a transaction.
 */
function purgeSessions(db: Database, before: EpochMillis): void {
  db.run(
    sql
      .deleteFrom("sessions")
      .where("started_at", "<", before)
      .where((of) =>
        of.exists(
          of
            .selectFrom("sessions as other")
            .select("other.id")
            .whereRef("other.agent", "=", "sessions.agent")
            .whereRef("other.started_at", ">", "sessions.started_at"),
        ),
      ),
  );
}

/** Agents who were enrolled, learned from and seen at a session for the last time before then, and are not locked. */
function idleAgents(db: Database, before: EpochMillis): AgentName[] {
  return db
    .all(
      sql
        .selectFrom("agents")
        .select("name")
        .where("created_at", "<", before)
        .where((of) =>
          of.not(
            of.exists(
              of
                .selectFrom("sessions")
                .select("id")
                .whereRef("sessions.agent", "=", "agents.id")
                .where("started_at", ">=", before),
            ),
          ),
        )
        .where((of) =>
          of.not(
            of.exists(
              of
                .selectFrom("profiles")
                .select("version")
                .whereRef("profiles.agent", "=", "agents.id")
                .where("saved_at", ">=", before),
            ),
          ),
        )
        .where((of) =>
          of.not(of.exists(of.selectFrom("locks").select("since").whereRef("locks.agent", "=", "agents.name"))),
        ),
    )
    .map(({ name }) => agentName(name));
}
