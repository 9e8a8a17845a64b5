/** A part of the bench in a process of its own, called over Node's IPC channel. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import process from "node:process";

type Call = { readonly id: number; readonly name: string; readonly argument: unknown };
type Answer = { readonly id: number; readonly value?: unknown; readonly error?: string };

/** The caller's end. `stop` ends the process by its id. */
export class Part {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #next = 0;

  constructor(file: URL, env: Readonly<Record<string, string>> = {}) {
    this.#child = fork(file, {
      serialization: "advanced",
      stdio: ["ignore", "ignore", process.env.BENCH_DEBUG === undefined ? "ignore" : "inherit", "ipc"],
      env: { ...process.env, ...env },
    });
    this.#child.on("message", (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.resolve(answer.value);
      else waiting?.reject(new Error(answer.error));
    });
    this.#child.on("exit", (code, signal) => {
      for (const waiting of this.#waiting.values())
        waiting.reject(new Error(`${file.pathname} ended (${signal ?? String(code)})`));
      this.#waiting.clear();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @throws Error what the part threw, or that it ended */
  async call<Result>(name: string, argument: unknown = null): Promise<Result> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: (value) => resolve(value as Result), reject });
      this.#child.send({ id, name, argument } satisfies Call);
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}

/** The part's end: answers calls by name until the caller goes away. */
export function serveCalls(handlers: Readonly<Record<string, (argument: never) => unknown>>): void {
  const answer = async ({ id, name, argument }: Call): Promise<void> => {
    try {
      const value = await handlers[name](argument as never);
      process.send?.({ id, value } satisfies Answer);
    } catch (error) {
      process.send?.({
        id,
        error: `${name}: ${error instanceof Error ? error.message : String(error)}`,
      } satisfies Answer);
    }
  };
  process.on("message", (call: Call) => void answer(call));
  process.on("disconnect", () => process.exit(0));
}
