/** `samehand delivery`: how each receiver of the audit chain stands, and trying again what one refused. */
import { parseArgs } from "node:util";
import { configFile, loadConfig } from "../../config/load.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { commandLineActor } from "./actor.ts";
import { counted } from "./counted.ts";
import { storeOf } from "./store-of.ts";
import { table } from "./table.ts";

const help = `usage: samehand delivery [list] [--json] [--config FILE]
       samehand delivery retry RECEIVER [--json] [--config FILE]

list    of each receiver under \`delivery\`: what it has of the audit chain, what waits, what
        it refused, and what its last answer was
retry   has a running gateway send again what the receiver refused
`;

export function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const say = (text: string): Promise<number> => {
    io.stdout.write(text);
    return Promise.resolve(0);
  };
  if (values.help) return say(help);
  const [action = "list", receiver, ...rest] = positionals;
  if (rest.length > 0 || (action === "list") !== (receiver === undefined) || !["list", "retry"].includes(action))
    throw new SamehandError("usage", positionals.join(" "));
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  const store = storeOf(config);
  try {
    if (receiver !== undefined) {
      if (!config.delivery.some(({ name }) => name === receiver))
        throw new SamehandError("usage", `${receiver}: no such receiver under \`delivery\``);
      const letters = store.deliveries.retry(receiver);
      store.audit.note({
        actor: commandLineActor(),
        action: "delivery.retried",
        why: "",
        detail: { receiver, letters },
      });
      return say(
        values.json
          ? `${JSON.stringify({ receiver, letters })}\n`
          : `${counted(letters, "entry", "entries")} will be sent again\n`,
      );
    }
    const newest = store.audit.newest(1)[0]?.seq ?? 0;
    const all = config.delivery.map(({ name, kind }) => {
      const { seq, dead, told } = store.deliveries.state(name) ?? { seq: newest, dead: [], told: "never run" };
      return { name, kind, delivered: seq, waiting: newest - seq, dead, told };
    });
    if (values.json) return say(`${JSON.stringify(all, null, 2)}\n`);
    const rows = all.map((each) => [
      each.name,
      each.kind,
      String(each.delivered),
      String(each.waiting),
      String(each.dead.length),
      each.told,
    ]);
    return say(
      rows.length === 0
        ? "no receivers: nothing stands under `delivery` in the configuration\n"
        : table(["receiver", "kind", "has up to", "waiting", "refused", "last answer"], rows),
    );
  } finally {
    store.close();
  }
}
