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
 * @throws SamehandError `profile-unreadable` where the ring lacks an agent's key
 */
export function respell(db: Database, profiles: Profiles, spell: Spell, log: Log): void {
  const others = <Row>(rows: readonly Row[], of: (row: Row) => string): Row[] =>
    rows.filter((row) => spell(agentName(of(row))) !== of(row));
  const agents = () => others(profiles.agents(), ({ name }) => name);
  const locks = () => others(db.all(sql.selectFrom("locks").selectAll()), ({ agent }) => agent);
  if (agents().length + locks().length === 0) return;
  const known = (each: { keystrokes: number; actions: number }): number => each.keystrokes + each.actions;
  // One at a time: all of a large farm's profiles at once would be a log of their size, and keep every writer waiting.
  for (const agent of agents().sort((a, b) => known(b) - known(a))) {
    const name = spell(agent.name);
    const free = db.transaction(() => {
      const holder = profiles.idOf(name);
      if (holder !== null) return holder === agent.id;
      profiles.rename(agent.id, name);
      return true;
    });
    if (!free) log.warn({ agent: agent.name, known: name }, "two agents are one account: only one of them is used");
  }
  db.transaction(() => {
    for (const lock of locks()) {
      const agent = spell(agentName(lock.agent));
      const standing = db.first(sql.selectFrom("locks").selectAll().where("agent", "=", agent));
      if (standing === undefined || longer(lock, standing)) db.run(sql.replaceInto("locks").values({ ...lock, agent }));
      db.run(sql.deleteFrom("locks").where("agent", "=", lock.agent));
    }
  });
}
