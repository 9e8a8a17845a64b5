/** `samehand serve`: runs the gateway until it is told to stop. */
import { once } from "node:events";
import { parseArgs } from "node:util";
import { loadConfig } from "../../config/load.ts";
import type { Io } from "../core/io.ts";
import { startGateway } from "../gateway.ts";
import { createLog } from "../telemetry/log.ts";

const help = `usage: samehand serve [--config FILE]

Runs the gateway in front of guacd. Without --config everything comes from the
environment (SAMEHAND_...) and the defaults. SIGHUP, or a change of the files,
reloads configuration, policy, certificates and token keys without touching a
session; SIGTERM lets sessions finish until drainSeconds have passed.
`;

export async function run(args: string[], io: Io): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { config: { type: "string" }, help: { type: "boolean", default: false } },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const file = values.config ?? null;
  const { config, warnings } = loadConfig(file, io.env);
  const log = createLog(config.log.level);
  for (const warning of warnings) log.warn({}, warning);
  const gateway = await startGateway(config, { log });
  const stop = io.stop ?? new AbortController().signal;
  if (!stop.aborted) await once(stop, "abort");
  await gateway.drain();
  await gateway.close();
  return 0;
}
