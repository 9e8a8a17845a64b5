/** `bin/samehand serve` as its own process: what signals, limits of the system and a kill do to it. */
import { join } from "node:path";
import { Program } from "../../demo/program.ts";

const command = join(import.meta.dirname, "../../bin/samehand");

export interface Child {
  readonly program: Program;
  readonly tunnelUrl: string;
  readonly metricsUrl: string;
  readonly signal: (signal: NodeJS.Signals) => void;
}

/** @param wrap a command that runs the one behind it, such as `prlimit --nofile=64` */
export async function serve(folder: string, wrap: readonly string[] = []): Promise<Child> {
  const [first, ...rest] = [...wrap, command];
  const program = new Program({
    name: "samehand",
    command: [first, ...rest, "serve", "--config", join(folder, "samehand.yaml")],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const [line] = await program.line(/.*"msg":"listening".*/, 30_000);
  const { listen, metrics } = JSON.parse(line) as { listen: string; metrics: string };
  return {
    program,
    tunnelUrl: `${listen.replace(/^http/, "ws")}/websocket-tunnel`,
    metricsUrl: metrics,
    signal: (signal) => void process.kill(program.pid, signal),
  };
}
