/** `bin/samehand serve` as its own process: what signals, limits of the system and a kill do to it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Program } from "../../demo/program.ts";

const command = join(import.meta.dirname, "../../bin/samehand");

export interface Child {
  readonly program: Program;
  readonly tunnelUrl: string;
  readonly metricsUrl: string;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** The next line from now on that matches; `program.line` also finds past ones. Rejects when the program ends. */
  readonly next: (pattern: RegExp) => Promise<string>;
}

/** @param wrap a command that runs the one behind it, such as `prlimit --nofile=64` */
export async function serve(folder: string, wrap: readonly string[] = []): Promise<Child> {
  const [first, ...rest] = [...wrap, command];
  const waiting = new Set<(line: string) => void>();
  const program = new Program({
    name: "samehand",
    command: [first, ...rest, "serve", "--config", join(folder, "samehand.yaml")],
    env: { ...process.env, NODE_OPTIONS: "" },
    onLine: (line) => waiting.forEach((hear) => hear(line)),
  });
  const next = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const hear = (line: string): void => {
        if (!pattern.test(line)) return;
        waiting.delete(hear);
        resolve(line);
      };
      waiting.add(hear);
      void program.exited.then((code) => reject(new Error(`ended with ${code} before it said ${String(pattern)}`)));
    });
  const [line] = await program.line(/.*"msg":"listening".*/, 90_000);
  const { listen, metrics } = JSON.parse(line) as { listen: string; metrics: string };
  return {
    program,
    tunnelUrl: `${listen.replace(/^http/, "ws")}/websocket-tunnel`,
    metricsUrl: metrics,
    signal: (signal) => void process.kill(program.pid, signal),
    next,
  };
}

/** The children of a process, oldest first, that are workers. */
export function workersOf(parent: number): number[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return all
    .map(Number)
    .filter((pid) => {
      try {
        const parentOf = Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
        return parentOf === parent && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("\0worker\0");
      } catch {
        return false;
      }
    })
    .sort((a, b) => a - b);
}
