/**
 * `npm start`: a real desktop behind the gateway, on this machine alone, with nothing installed on it.
 * `npm start -- --config FILE`: the gateway alone, in front of a real farm.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PartsUnavailable } from "./apt.ts";
import { runDemonstration } from "./demonstration.ts";

const help = `usage: npm start [-- --config FILE]

Without a file: fetches guacd and a desktop into a private cache folder (SAMEHAND_CACHE, else ~/.cache/samehand),
starts them and the gateway on this machine alone, and prints where to look. Ctrl-C stops all of it.
With a file: runs only the gateway, as \`samehand serve --config FILE\` does.
`;

const noParts = (why: string): string => `
The demonstration cannot fetch its desktop here: ${why}

It needs a Debian or Ubuntu with apt, and reach of its package mirror.
On another system, point Samehand at a guacd of your own. Write samehand.yaml:

    mode: report
    guacd: ["127.0.0.1:4822"]
    connections:
      my-desktop: { protocol: vnc, settings: { hostname: 192.0.2.10, port: 5900 } }

and make its keys, start it, and issue a link for an agent:

    bin/samehand config --new-key samehand.keys
    bin/samehand config --new-key samehand.token-keys
    npm start -- --config samehand.yaml
    bin/samehand token --config samehand.yaml --agent alex --connection my-desktop
`;

async function serve(config: string): Promise<number> {
  const command = join(import.meta.dirname, "../bin/samehand");
  const child = spawn(command, ["serve", "--config", config], { stdio: "inherit" });
  // the terminal sends Ctrl-C to both; a signal to this process alone is handed on
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { config: { type: "string" }, help: { type: "boolean", default: false } } });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  return values.config === undefined ? runDemonstration() : serve(values.config);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof PartsUnavailable) process.stderr.write(noParts(error.message));
  else process.stderr.write(`samehand: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
process.exit();
