/** Agents whose names were kept in another spelling than names have now, and their locks, get the one that they have now. */
import type { Log } from "../core/log.ts";
import { type AgentName, agentName } from "../core/units.ts";
import { type Database, sql } from "./database.ts";
import { longer } from "./locks.ts";
import type { Profiles } from "./profiles.ts";

/** The one spelling of an agent's name; of a name that has it already, the same. */
export type Spell = (name: AgentName) => AgentName;

/**
 * Where several become one, the one of whom most is known is it; the others stay as they are, which is told.
 * @throws SamehandError `profile-unreadable` where the ring lacks an agent's key; nothing is changed then
 */
export function respell(db: Database, profiles: Profiles, spell: Spell, log: Log): void {
  const others = <Row>(rows: readonly Row[], of: (row: Row) => string): Row[] =>
    rows.filter((row) => spell(agentName(of(row))) !== of(row));
  const agents = () => others(profiles.agents(), ({ name }) => name);
  const locks = () => others(db.all(sql.selectFrom("locks").selectAll()), ({ agent }) => agent);
  if (agents().length + locks().length === 0) return;
  db.transaction(() => {
    const known = (each: { keystrokes: number; actions: number }): number => each.keystrokes + each.actions;
    for (const agent of agents().sort((a, b) => known(b) - known(a))) {
      const name = spell(agent.name);
      if (profiles.idOf(name) === null) profiles.rename(agent.id, name);
      else log.warn({ agent: agent.name, known: name }, "two agents are one account: only one of them is used");
    }
    for (const lock of locks()) {
      const agent = spell(agentName(lock.agent));
      const standing = db.first(sql.selectFrom("locks").selectAll().where("agent", "=", agent));
      if (standing === undefined || longer(lock, standing)) db.run(sql.replaceInto("locks").values({ ...lock, agent }));
      db.run(sql.deleteFrom("locks").where("agent", "=", lock.agent));
    }
  });
}
