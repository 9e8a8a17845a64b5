/** A child process that the demo or a test runs: its output in lines, waiting for one, and an end without orphans. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { type Readable } from "node:stream";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

export interface ProgramOptions {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Whether file descriptor 3 is read as lines too. */
  readonly extraOutput?: boolean;
  /** Called for every line of output. */
  readonly onLine?: (line: string) => void;
}

const running = new Set<Program>();
process.once("exit", () => {
  for (const program of running) {
    program.kill("SIGKILL");
    endSession(program.pid);
  }
});

/** setpriv(1) makes the kernel end the child when this process dies, however it dies. */
const dieWithParent: readonly string[] = has("setpriv") ? ["setpriv", "--pdeathsig", "KILL", "--"] : [];

export class Program {
  readonly name: string;
  /** Resolves with the exit code (null where a signal ended it). */
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();
  readonly #onLine: ((line: string) => void) | undefined;
  #stopped = false;

  constructor(options: ProgramOptions) {
    this.name = options.name;
    this.#onLine = options.onLine;
    const [file, ...args] = [...dieWithParent, ...options.command] as [string, ...string[]];
    const stdio = ["ignore", "pipe", "pipe", ...(options.extraOutput === true ? (["pipe"] as const) : [])] as const;
    // a group of its own: Ctrl-C reaches the parent alone, which then stops its children in order
    this.#child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [...stdio],
      detached: true,
    });
    for (const stream of this.#child.stdio.slice(1)) if (stream) this.#read(stream as Readable);
    // What was stopped goes whole: a process of guacd 1.3 that hangs would outlive it, and with its end of the output keep
    // "close" from coming. What ended by itself, or was killed by a test, may have left others who end in order.
    this.#child.once("exit", () => {
      if (this.#stopped) endSession(this.pid);
    });
    this.exited = once(this.#child, "close").then(([code]) => code as number | null);
    running.add(this);
    this.exited.then(
      () => running.delete(this),
      () => running.delete(this),
    );
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The last lines of output, for an error message. */
  get tail(): string {
    return this.#lines.slice(-15).join("\n");
  }

  /**
   * Resolves with the first line, past or future, that matches.
   * @throws Error when the program ends before, or after `timeout` milliseconds
   */
  async line(pattern: RegExp, timeout = 15_000): Promise<RegExpExecArray> {
    const past = this.#lines.map((line) => pattern.exec(line)).find((match) => match !== null);
    if (past) return past;
    let listen: (line: string) => void = () => {};
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        listen = (line) => {
          const match = pattern.exec(line);
          if (match) resolve(match);
        };
        this.#listeners.add(listen);
        const fail = (why: string): void => reject(new Error(`${this.name} ${why}:\n${this.tail}`));
        timer = setTimeout(() => fail(`did not say ${String(pattern)} in ${timeout} ms`), timeout);
        this.exited.then(
          (code) => fail(`ended with ${code}`),
          (error: Error) => fail(error.message),
        );
      });
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(listen);
    }
  }

  /** Ends the program and what it started; resolves when it is gone. */
  async stop(): Promise<void> {
    if (!running.has(this)) return;
    this.#stopped = true;
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) endSession(this.pid);
    this.kill("SIGTERM");
    const timer = setTimeout(() => this.kill("SIGKILL"), 2000);
    await this.exited.catch(() => null);
    clearTimeout(timer);
  }

  kill(signal: NodeJS.Signals): void {
    try {
      if (this.pid > 0) process.kill(-this.pid, signal);
    } catch {
      // already gone
    }
  }

  #read(stream: Readable): void {
    createInterface({ input: stream }).on("line", (line) => {
      this.#lines.push(line);
      if (this.#lines.length > 500) this.#lines.shift();
      this.#onLine?.(line);
      for (const listen of this.#listeners) listen(line);
    });
  }
}

/** Kills what is left of a session, in whatever process group: of a program that is gone, what it started. */
function endSession(session: number): void {
  if (process.platform !== "linux") return;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      // proc(5): the name in brackets, then state, parent, group and session
      const [, , , its] = readFileSync(`/proc/${pid}/stat`, "latin1")
        .replace(/^.*\) /s, "")
        .split(" ");
      if (Number(its) === session) process.kill(Number(pid), "SIGKILL");
    } catch {
      // already gone
    }
  }
}

/**
 * Ports below those that systems give out by themselves (Linux from 32768 on): no connection that somebody else opens
 * takes one between our look at it and its use.
 */
const [lowestPort, ports] = [16_384, 16_384];

/** A TCP port on loopback that nothing listens on; `wanted` if it is free. */
export async function freePort(wanted = 0): Promise<number> {
  for (let tries = 1, port = wanted; ; tries++) {
    if (port === 0) port = lowestPort + Math.floor(Math.random() * ports);
    const server = createServer();
    try {
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      return port;
    } catch (error) {
      if (tries === 100) throw error;
      port = 0;
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

/** Starts again, on other ports, where one was taken between the look at it and its use: by another start. */
export async function onFreePorts<Started>(start: () => Promise<Started>): Promise<Started> {
  for (let tries = 1; ; tries++)
    try {
      return await start();
    } catch (error) {
      if (!isTaken(error) || tries === 3) throw error;
    }
}

/** Whether a port was in use, as Node says it, or as the gateway does with Node's word as the cause. */
function isTaken(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (error as NodeJS.ErrnoException).code === "EADDRINUSE" || isTaken(error.cause);
}

/** Resolves when something on loopback accepts connections at `port`. Rejects after 10 seconds. */
export async function connectable(port: number): Promise<void> {
  for (let tries = 1; ; tries++) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return;
    } catch (error) {
      if (tries === 500) throw error;
      await sleep(20);
    } finally {
      socket.destroy();
    }
  }
}

function has(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
