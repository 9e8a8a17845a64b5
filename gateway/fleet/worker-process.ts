/** One worker, as the first process sees it: a child with a link of the bus, and what it says of its life. */
import { type ChildProcess, fork } from "node:child_process";
import { type ErrorCode, SamehandError } from "../core/errors.ts";
import type { Config } from "../../config/schema.ts";
import type { Bus, BusMessage, Link } from "./bus.ts";
import type { FromWorker, PemPair, ToWorker } from "./messages.ts";

const main = new URL(import.meta.url.endsWith(".ts") ? "../main.ts" : "../main.js", import.meta.url);

/** What a worker says that it has done. */
type Task = "reload" | "drain";

/** How a child ended. */
interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What makes a worker. */
export interface WorkerStart {
  readonly name: string;
  /** With the port that all workers share; 0 for the first. */
  readonly config: Config;
  readonly developmentTls: PemPair | null;
}

export class WorkerProcess implements Link {
  readonly name: string;
  /** Resolves when it is gone, or could not be made. Never rejects. */
  readonly gone: Promise<Ending>;
  /** Where it listens. @throws SamehandError where it cannot start */
  readonly listening: Promise<{ readonly port: number; readonly url: string }>;
  readonly #child: ChildProcess;
  readonly #bus: Bus;
  /** Who asked for what and was not answered, in order: a worker does the same things in order too. */
  readonly #asked: { readonly task: Task; readonly resolve: (refused: SamehandError | null) => void }[] = [];

  constructor(start: WorkerStart, bus: Bus) {
    this.name = start.name;
    this.#bus = bus;
    this.#child = fork(main, ["worker"], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.gone = over(this.#child).then((ending) => {
      bus.detach(this);
      for (const { resolve } of this.#asked.splice(0)) resolve(null);
      return ending;
    });
    this.listening = new Promise((resolve, reject) => {
      const failed = (code: ErrorCode, detail: string): void => reject(new SamehandError(code, detail));
      this.#child.on("message", (message: FromWorker) => {
        if ("bus" in message) this.#bus.received(message, this);
        else if ("listening" in message) resolve(message.listening);
        else if ("failed" in message) failed(message.failed.code, message.failed.detail);
        else {
          const { done, refused } = message;
          this.#done(done, refused === null ? null : new SamehandError(refused.code, refused.detail));
        }
      });
      void this.gone.then(() => failed("worker-lost", `worker ${start.name} ended before it listened`));
    });
    this.listening.catch(() => {});
    bus.attach(this);
    this.#tell({ start });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  send(message: BusMessage): void {
    this.#tell(message);
  }

  /** @returns why it was refused, or null */
  reload(config: Config): Promise<SamehandError | null> {
    return this.#ask("reload", { reload: config });
  }

  /** Resolves when its sessions are over, or were ended. */
  async drain(): Promise<void> {
    await this.#ask("drain", { drain: true });
  }

  /** Ends what lives; resolves when the process is gone, after `longest` ms by force. */
  async close(longest = 10_000): Promise<void> {
    this.#tell({ close: true });
    const late = setTimeout(() => this.#child.kill("SIGKILL"), longest);
    await this.gone;
    clearTimeout(late);
  }

  async #ask(task: Task, message: ToWorker): Promise<SamehandError | null> {
    if (!this.#child.connected) return null;
    return new Promise((resolve) => {
      this.#asked.push({ task, resolve });
      this.#tell(message);
    });
  }

  #done(task: Task, refused: SamehandError | null): void {
    const index = this.#asked.findIndex((asked) => asked.task === task);
    for (const { resolve } of index < 0 ? [] : this.#asked.splice(index, 1)) resolve(refused);
  }

  #tell(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }
}

/** Of a child that there is not even a process for (too many, no memory) `exit` is not told. */
function over(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) resolve({ code: null, signal: error.code ?? null });
    });
  });
}
