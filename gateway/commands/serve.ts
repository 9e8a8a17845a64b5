/** `samehand serve`: runs the gateway until it is told to stop. */
import { once } from "node:events";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { type Loaded, configFile, loadConfig, namedFiles } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { type Watching, watchConfig, watchFiles } from "../../config/watch.ts";
import { asSamehandError, type SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import type { Log } from "../core/log.ts";
import type { PemPair } from "../fleet/messages.ts";
import { startWorkers } from "../fleet/workers.ts";
import { startGateway } from "../gateway.ts";
import { createLog } from "../telemetry/log.ts";
import { keptDevelopmentPki } from "./pki.ts";

const help = `usage: samehand serve [--config FILE]

Runs the gateway in front of guacd. Without --config the file is the one that
SAMEHAND_CONFIG names, else ./samehand.yaml; where there is none, everything comes
from the environment (SAMEHAND_...) and the defaults. SIGHUP, or a change of a
file, reloads configuration, policy, certificates and keys without touching a
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
  // From the beginning: a signal that nobody hears ends a process at once, and the first of a container never.
  const stop = io.stop ?? new AbortController().signal;
  const reloads = new Reloads(io);
  const loaded = loadConfig(configFile(values.config, io.env), io.env);
  const { config, warnings } = loaded;
  const log = createLog(config.log.level);
  for (const warning of warnings) log.warn({}, warning);
  const development = config.listen.tls?.development === true ? await developmentTls(config, log) : {};
  const gateway = await (config.workers > 1 ? startWorkers : startGateway)(config, { log, ...development });
  const firstRun = gateway.admin.firstRunUrl();
  // To the terminal only: a log that is collected would hand out the sign-in.
  if (firstRun !== null)
    io.stderr.write(`\nThe first operator signs in here, once, within an hour:\n  ${firstRun}\n\n`);
  const watching = follow(gateway, loaded, io, log);
  reloads.serve(() => watching.reload());
  if (!stop.aborted) await once(stop, "abort");
  watching.close();
  await gateway.drain();
  await gateway.close();
  return 0;
}

/** The development certificate beside the store, made at the first start so that browsers need to trust it once. */
async function developmentTls(config: Config, log: Log): Promise<{ developmentTls: PemPair }> {
  const folder = join(dirname(config.store), "development-tls");
  const { cert, key } = await keptDevelopmentPki(folder);
  log.warn({ trust: join(folder, "ca.pem") }, "a development certificate is in use");
  return { developmentTls: { cert, key } };
}

/** A gateway of one process, or of several. */
interface Reloading {
  /** @throws SamehandError where nothing was changed */
  reload(config: Config): void | Promise<void>;
}

/** SIGHUP: what comes while the gateway starts is done once it runs. */
class Reloads {
  #reload: (() => void) | null = null;
  #asked = false;

  constructor(io: Io) {
    io.onReload?.(() => {
      this.#asked = true;
      this.#reload?.();
    });
  }

  serve(reload: () => void): void {
    this.#reload = reload;
    if (this.#asked) reload();
  }
}

/** Reloads when it is told to, and on a change of the configuration or of a file that it names. */
function follow(gateway: Reloading, loaded: Loaded, io: Io, log: Log): Watching {
  // What was asked for last, taken or refused: once the file that was at fault is mended, it is tried again.
  let wanted = loaded.config;
  const refused = (error: SamehandError): void =>
    log.error({ code: error.code, detail: error.detail }, "the change was refused; what ran goes on");
  const take = async (): Promise<void> => {
    try {
      await gateway.reload(wanted);
    } catch (error) {
      refused(asSamehandError(error, "config-invalid"));
    }
  };
  const watchNamed = (): Watching =>
    watchFiles({ files: namedFiles(wanted), load: () => wanted, onChange: () => void take(), onRefused: refused });
  let named = watchNamed();
  const configuration = watchConfig(loaded, io.env, {
    onRefused: refused,
    onChange: ({ config, keys, afterRestart, warnings }) => {
      for (const warning of warnings) log.warn({}, warning);
      log.info({ keys, afterRestart }, "the configuration changed");
      wanted = config;
      named.close();
      named = watchNamed();
      void take();
    },
  });
  return {
    reload: () => configuration.reload(),
    close: () => {
      configuration.close();
      named.close();
    },
  };
}
