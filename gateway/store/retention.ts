/** What is kept too long to be needed: sessions' records, and agents who do not come any more. */
import { type AgentName, agentName, type EpochMillis } from "../core/units.ts";
import { type Database, sql } from "./database.ts";

/**
 * Deletes records of sessions that began before, but each agent's newest, which says when the agent came last; within
 * a transaction.
 */
export function purgeSessions(db: Database, before: EpochMillis): void {
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
export function idleAgents(db: Database, before: EpochMillis): AgentName[] {
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
