/**
 * The command line: the only file that touches argv, the environment, signals and the exit code.
 * Each command is a file of its own in `commands/`, loaded when it is asked for.
 */
import process from "node:process";
import { asSamehandError, SamehandError } from "./core/errors.ts";
import type { Io, Parent } from "./core/io.ts";

/** Exit code of a command: 0 done, 1 failed, 2 usage. */
type Run = (args: string[], io: Io) => Promise<number>;

interface Command {
  readonly about: string;
  readonly load: () => Promise<{ run: Run }>;
}

const commands: Readonly<Record<string, Command>> = {
  serve: { about: "run the gateway", load: () => import("./commands/serve.ts") },
  enrol: { about: "learn agents from guacamole recordings", load: () => import("./commands/enrol.ts") },
  score: { about: "score recordings against a profile", load: () => import("./commands/score.ts") },
  evaluate: { about: "measure accuracy on a set of recordings", load: () => import("./commands/evaluate.ts") },
  "train-background": { about: "train the background from sets", load: () => import("./commands/train-background.ts") },
  doctor: { about: "check configuration, guacd, store, keys and clock", load: () => import("./commands/doctor.ts") },
  token: { about: "issue a token that opens one session", load: () => import("./commands/token.ts") },
  agents: { about: "who is enrolled; lock, unlock, forget", load: () => import("./commands/agents.ts") },
  backup: { about: "copy the store while it is in use", load: () => import("./commands/backup.ts") },
  restore: {
    about: "put a backup in the store's place",
    load: async () => ({ run: (await import("./commands/backup.ts")).runRestore }),
  },
  sessions: { about: "live sessions; hold, release, sever", load: () => import("./commands/sessions.ts") },
  policy: { about: "the policy that stands, and drafts of it", load: () => import("./commands/policy.ts") },
  operators: { about: "who may sign in; links and API tokens", load: () => import("./commands/operators.ts") },
  approvals: {
    about: "what waits for a second person; approve, refuse",
    load: () => import("./commands/approvals.ts"),
  },
  events: {
    about: "the live stream: changes, decisions, locks, approvals",
    load: () => import("./commands/events.ts"),
  },
  tokens: { about: "API tokens; revoke", load: () => import("./commands/tokens.ts") },
  audit: { about: "show and verify the chain of decisions", load: () => import("./commands/audit.ts") },
  evidence: {
    about: "what was decided on one session, signed; verify it",
    load: () => import("./commands/evidence.ts"),
  },
  delivery: {
    about: "the audit chain's receivers: how each stands, try again",
    load: () => import("./commands/delivery.ts"),
  },
  breaker: { about: "the fleet's circuit-breaker: show, arm again", load: () => import("./commands/breaker.ts") },
  config: { about: "check the configuration, make keys", load: () => import("./commands/config.ts") },
  replay: { about: "play a recording into a live gateway, in real time", load: () => import("./commands/replay.ts") },
};

function help(): string {
  const rows = Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(18)}${about}`);
  return `samehand: is it still the same hand?\n\nusage: samehand COMMAND [OPTIONS]\n\n${rows.join("\n")}\n\nsamehand COMMAND --help tells more; samehand --version.\n`;
}

const stopping = new AbortController();
let asked = false;

/**
 * Stops at the first SIGINT or SIGTERM; a second one ends the process at once. Who never asks for it, such as a long
 * evaluation, is ended by the first.
 */
function stopSignal(): AbortSignal {
  if (asked) return stopping.signal;
  asked = true;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(1);
      stopping.abort();
    });
  return stopping.signal;
}

/** Whoever read the output may have gone, as `head` does: that is no fault, and what would go on without end stops. */
function outputLost(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return stopping.abort();
  process.stderr.write(`samehand: ${new SamehandError("file-unusable", `the output (${error.code})`).message}\n`);
  process.exit(1);
}

/** Where `samehand serve` started this process as a worker. */
function parentProcess(): Parent | null {
  if (process.send === undefined) return null;
  return {
    send: (message) => void (process.connected && process.send?.(message, undefined, {}, () => {})),
    onMessage: (listener) => process.on("message", listener),
    // It may have gone while this process loaded its code.
    onGone: (listener) => void (process.connected ? process.once("disconnect", listener) : setImmediate(listener)),
    // Where the first process has gone, there is nothing left to close.
    close: () => void (process.connected && process.disconnect()),
  };
}

async function main(argv: string[]): Promise<number> {
  const [name = "--help", ...args] = argv;
  if (name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(help());
    return 0;
  }
  if (name === "--version") {
    process.stdout.write(`${(await import("./operators.ts")).version}\n`);
    return 0;
  }
  const parent = parentProcess();
  // Told to nobody: only `serve` starts it.
  const worker = { about: "", load: () => import("./commands/worker.ts") };
  const known: typeof commands = parent !== null && name === "worker" ? { worker } : commands;
  const command = Object.hasOwn(known, name) ? known[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`samehand: unknown command '${name}'\n\n${help()}`);
    return 2;
  }
  const io: Io = {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    get stop() {
      return stopSignal();
    },
    onReload: (listener) => process.on("SIGHUP", listener),
    ...(parent === null ? {} : { parent }),
  };
  // A worker ends when the first process tells it to, which hears the same signals.
  if (parent !== null) stopSignal();
  const { run } = await command.load();
  return run(args, io);
}

/** A file that was named on the command line and cannot be used is no fault of ours. */
function fileFault(error: unknown): SamehandError {
  const { code, path } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  if (code !== undefined && path !== undefined) return new SamehandError("file-unusable", `${path} (${code})`, error);
  return asSamehandError(error, "verification-failed");
}

/** Says so where the defaults were used because no configuration was found, and something is missing in them. */
async function unconfigured({ code }: SamehandError, args: readonly string[]): Promise<string> {
  const named = args.some((each) => each === "--config" || each.startsWith("--config="));
  if (named || (code !== "key-invalid" && code !== "connection-unknown")) return "";
  const { configFile, noFile } = await import("../config/load.ts");
  return configFile(undefined, process.env) === null ? `${noFile}\n` : "";
}

/** Node's sentence on an option, without its advice for arguments that begin with a dash, which no command has. */
const parsed = (message: string): string => message.replace(/\. To specify a positional argument[^]*$/, "");

process.stdout.on("error", outputLost);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const parsing = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  const known = parsing ? new SamehandError("usage", parsed(error.message)) : fileFault(error);
  process.stderr.write(`samehand: ${known.message}\n${await unconfigured(known, process.argv.slice(3))}`);
  if (known.code === "verification-failed" && known.cause instanceof Error)
    process.stderr.write(`${known.cause.stack ?? ""}\n`);
  process.exitCode = known.code === "usage" ? 2 : 1;
}
