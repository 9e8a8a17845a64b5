/** `samehand breaker`: whether the fleet's circuit-breaker has tripped, and arming it again. */
import { parseArgs } from "node:util";
import { configFile, loadConfig } from "../../config/load.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import type { Tripped } from "../store/breaker-state.ts";
import { commandLineActor } from "./actor.ts";
import { storeOf } from "./store-of.ts";

const help = `usage: samehand breaker [status] [--json] [--config FILE]
       samehand breaker arm --reason TEXT [--json] [--config FILE]

status   whether the circuit-breaker has tripped, and on what. It trips where more
         agents mismatch at once than the budget makes plausible (a browser update,
         a change of desktops, a carrier's trouble); from then on nobody is
         quarantined or severed, as in report mode
arm      lets verdicts be enforced again; a running gateway notices within a second.
         Sessions that still mismatch are then held, and trip it again if they are
         as many
`;

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: "string" },
      reason: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [action = "status", ...rest] = positionals;
  if (rest.length > 0 || !["status", "arm"].includes(action)) throw new SamehandError("usage", positionals.join(" "));
  const { reason } = values;
  if (action === "arm" && reason === undefined) throw new SamehandError("usage", "arm: --reason TEXT is needed");
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  const store = storeOf(config);
  try {
    if (reason !== undefined && action === "arm") {
      const stood = store.breaker.arm({ actor: commandLineActor(), why: reason });
      if (values.json) io.stdout.write(`${JSON.stringify({ was: stood ? "tripped" : "armed" })}\n`);
      else (stood ? io.stdout : io.stderr).write(stood ? "the circuit-breaker is armed\n" : "it had not tripped\n");
      return stood ? 0 : 1;
    }
    const { tripped } = store.breaker;
    io.stdout.write(values.json ? `${JSON.stringify({ tripped })}\n` : `${inWords(tripped)}\n`);
    return 0;
  } finally {
    store.close();
  }
}

function inWords(tripped: Tripped | null): string {
  if (tripped === null) return "armed";
  const { at, mismatched, active, expected } = tripped;
  return `tripped at ${new Date(at).toISOString()}: ${mismatched} of ${active} agents mismatched within ten minutes, where ${expected.toFixed(1)} were to be expected`;
}
