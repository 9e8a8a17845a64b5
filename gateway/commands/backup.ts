/** `samehand backup` and `samehand restore`: the store's file, copied while it is in use, and put back. */
import { parseArgs } from "node:util";
import { configFile, loadConfig, readKeyRing } from "../../config/load.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import type { Config } from "../../config/schema.ts";
import type { Detail } from "../store/audit-entry.ts";
import { commandLineActor } from "./actor.ts";
import { counted } from "./counted.ts";
import { storeOf } from "./store-of.ts";
import { agentKeysOf, backUp, type Contents, restore, verify } from "../store/backup.ts";

const backupHelp = `usage: samehand backup FILE [--json] [--config FILE]
       samehand backup --verify FILE [--agent-keys KEYS] [--json] [--config FILE]

Writes one consistent snapshot of the store into a new FILE while the gateway runs,
and the agents' keys into FILE.keys, and verifies both: every profile opens with the
configured keys, the audit chain is whole. Keep FILEs as long as you like, but only
the newest FILE.keys: it opens all of them, but for agents who were forgotten since.
(After the key ring was rotated, older FILEs need the FILE.keys of their own time.)
The configured keys are in neither: keep \`keys\`, \`tokens.keys\` and the store's
.audit-key elsewhere. --verify only looks at a snapshot that is there.
`;

const restoreHelp = `usage: samehand restore FILE [--agent-keys KEYS] [--json] [--config FILE]

Verifies the snapshot and puts it in the store's place; stop every gateway first.
The store that was there is kept beside it, and its locks and spent tokens are
taken over, so that nobody gets in by a restore; whoever was forgotten since stays
forgotten. --agent-keys: newer than FILE.keys. The sidecar .audit-key stays.
`;

const told = ({ agents, erased, profiles, locks, decisions, bytes }: Contents): string =>
  `${counted(agents, "agent")}${erased === 0 ? "" : ` (${erased} forgotten since)`}, ${counted(profiles, "profile")}, ${locks} locked, ${counted(decisions, "audit row")}, ${bytes} bytes`;

/** In the chain of the store that now stands. */
function note(config: Config, action: string, detail: Detail): void {
  const store = storeOf(config);
  store.audit.note({ actor: commandLineActor(), action, why: "", detail });
  store.close();
}

/**
 * A signal waits until all is done: otherwise a copy with the agents' keys in it, or a store that is half put in place,
 * would be left behind.
 */
const uninterrupted = (io: Io): void => void io.stop;

function parse(args: string[], restoring: boolean) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: "string" },
      "agent-keys": { type: "string" },
      verify: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [file = ""] = positionals;
  if (!values.help && (positionals.length !== 1 || file === "")) throw new SamehandError("usage", "name one FILE");
  if (values["agent-keys"] !== undefined && !values.verify && !restoring)
    throw new SamehandError("usage", "--agent-keys goes with --verify");
  return { values, file, agentKeys: values["agent-keys"] ?? agentKeysOf(file) };
}

/** `samehand backup` */
export async function run(args: string[], io: Io): Promise<number> {
  const { values, file, agentKeys } = parse(args, false);
  if (values.help) {
    io.stdout.write(backupHelp);
    return 0;
  }
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  const keys = readKeyRing(config.keys, "keys");
  uninterrupted(io);
  const contents = values.verify ? verify(file, keys, agentKeys) : backUp(config.store, file, keys);
  if (!values.verify) note(config, "store.backed-up", { agents: contents.agents, entries: contents.decisions });
  io.stdout.write(values.json ? `${JSON.stringify({ file, ...contents })}\n` : `${file}: ${told(contents)}\n`);
  return 0;
}

/** `samehand restore` */
export async function runRestore(args: string[], io: Io): Promise<number> {
  const { values, file, agentKeys } = parse(args, true);
  if (values.help) {
    io.stdout.write(restoreHelp);
    return 0;
  }
  if (values.verify) throw new SamehandError("usage", "samehand backup --verify looks at a snapshot");
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  uninterrupted(io);
  const restored = restore(file, config.store, readKeyRing(config.keys, "keys"), new Date(), agentKeys);
  const { agents, decisions: entries, replaced, takenOver, end } = restored;
  // Numbers from here on come again: whoever has the others can tell from which chain they are.
  const before = { replacedEnd: end?.seq ?? null, replacedHash: end?.hash ?? null };
  note(config, "store.restored", { agents, entries, takenOver, ...before });
  if (values.json) io.stdout.write(`${JSON.stringify({ store: config.store, ...restored })}\n`);
  else {
    io.stdout.write(`${config.store}: ${told(restored)}\n`);
    if (replaced !== null) io.stdout.write(`the replaced store is ${replaced}\n`);
    if (takenOver !== null && takenOver > 0) {
      const kept = counted(takenOver, "newer lock or spent token", "newer locks and spent tokens");
      io.stdout.write(`kept of the replaced store: ${kept}\n`);
    }
  }
  if (takenOver === null)
    io.stderr.write(
      "the replaced store could not be read: locks since the backup are lost; lock whom the log names with `samehand agents lock`\n",
    );
  return 0;
}
