/** Names on the command line: one that nobody has is told, so that a slip does not pass for somebody. */
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import type { AgentName } from "../core/units.ts";
import type { AgentRecord, Store } from "../store/store.ts";

/** Who else may be meant: the account of that name in a data source, or the name in other letters. */
function meant(store: Store, name: AgentName): string {
  const like = (each: string): boolean => each.endsWith(`/${name}`) || each.toLowerCase() === name.toLowerCase();
  const found = store.agents().find((agent) => agent.name !== name && like(agent.name));
  return found === undefined ? "" : `; did you mean ${found.name}?`;
}

export const noAgent = (store: Store, name: AgentName): SamehandError =>
  new SamehandError("record-unknown", `no agent ${name}${meant(store, name)}`);

/** Says on stderr where nobody has the name yet. */
export function tellNewcomer(store: Store, name: AgentName, io: Io): void {
  if (store.agent(name) === null) io.stderr.write(`note: nobody was known as ${name} before${meant(store, name)}\n`);
}

/** The agent of a name, who is made where nobody has it. @throws SamehandError `store-unavailable` */
export function agentOrNewcomer(store: Store, name: AgentName, io: Io): AgentRecord {
  tellNewcomer(store, name, io);
  return store.enrol(name);
}
