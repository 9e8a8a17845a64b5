/** Writes that must not be lost when the disk is full or the file is busy: tried at once, then again in order. */
import { type SamehandError, asSamehandError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { worthRetrying } from "./database.ts";

interface Write {
  readonly what: string;
  readonly run: () => void;
}

/** Beyond this the oldest is given up: a store that is gone for hours must not take the memory too. */
const most = 10_000;

export class Waiting {
  readonly #log: Log;
  #writes: Write[] = [];
  #problem: SamehandError | null = null;

  constructor(log: Log) {
    this.#log = log;
  }

  get count(): number {
    return this.#writes.length;
  }

  /** Why the oldest write waits, or null where none does. */
  get problem(): SamehandError | null {
    return this.#problem;
  }

  /** Runs `run` now, or when the store works again; never throws. @param what for the log */
  write(what: string, run: () => void): void {
    this.#writes.push({ what, run });
    if (this.#writes.length > most) this.#giveUp(this.#oldest(), "too many writes wait");
    // What came before goes first: the audit chain is in order.
    if (this.#writes.length === 1) this.flush();
  }

  /** Tries what waits, oldest first, until one fails again. */
  flush(): void {
    for (let write = this.#writes[0]; write !== undefined; write = this.#writes[0]) {
      try {
        write.run();
      } catch (error) {
        const known = asSamehandError(error, "store-unavailable");
        if (worthRetrying(error)) {
          if (this.#problem === null) this.#log.warn({ what: write.what, code: known.code }, "a write waits");
          this.#problem = known;
          return;
        }
        this.#giveUp(write, known.message);
      }
      this.#writes.shift();
    }
    this.#problem = null;
  }

  /** Takes out the oldest that is no lock: a lock is small, and must outlive a restart. */
  #oldest(): Write | undefined {
    const index = this.#writes.findIndex(({ what }) => what !== "lock");
    return this.#writes.splice(Math.max(0, index), 1)[0];
  }

  #giveUp(write: Write | undefined, why: string): void {
    this.#log.error({ what: write?.what, why }, "a write was given up");
  }
}
