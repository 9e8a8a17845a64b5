/** Writes that must not be lost when the disk is full or the file is busy: tried at once, then again in order. */
import { type SamehandError, asSamehandError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Tally } from "../core/tally.ts";
import { worthRetrying } from "./database.ts";

interface Write {
  readonly what: string;
  readonly bytes: number;
  readonly run: () => void;
  readonly settled: () => void;
}

const nothing = (): void => {};

/** How much may wait: beyond it the oldest is given up, as a store that is gone for hours must not take the memory too. */
export interface WaitingLimits {
  readonly writes: number;
  /** Memory that the waiting writes hold on to, by their own account. */
  readonly bytes: number;
}

const defaultWaiting: WaitingLimits = { writes: 10_000, bytes: 64 * 1024 * 1024 };

/** A closure with a row's values. */
const usualBytes = 1024;

export class Waiting {
  readonly #log: Log;
  readonly #tally: Tally;
  readonly #limits: WaitingLimits;
  #writes: Write[] = [];
  #bytes = 0;
  #problem: SamehandError | null = null;

  constructor(log: Log, tally: Tally, limits: WaitingLimits = defaultWaiting) {
    this.#log = log;
    this.#tally = tally;
    this.#limits = limits;
  }

  get count(): number {
    return this.#writes.length;
  }

  /** Bytes that the waiting writes hold on to. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Why the oldest write waits, or null where none does. */
  get problem(): SamehandError | null {
    return this.#problem;
  }

  /**
   * Runs `run` now, or when the store works again; never throws.
   * @param what for the log; a `lock` is never given up
   * @param bytes of memory that `run` holds on to
   * @param settled called once it ran, or was given up; must not throw
   */
  write(what: string, run: () => void, bytes = usualBytes, settled = nothing): void {
    this.#writes.push({ what, run, bytes, settled });
    this.#bytes += bytes;
    // What came before goes first: the audit chain is in order.
    if (this.#writes.length === 1) this.flush();
    else this.#bound();
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
        this.#givenUp(write, known.message);
      }
      this.#take(0).settled();
    }
    this.#problem = null;
  }

  /** Gives up the oldest that are no locks: a lock is small, and must outlive a restart. */
  #bound(): void {
    for (let at = 0; at < this.#writes.length && this.#overfull();)
      if (this.#writes[at].what === "lock") at += 1;
      else this.#tooMany(this.#take(at));
  }

  #overfull(): boolean {
    return this.#writes.length > this.#limits.writes || this.#bytes > this.#limits.bytes;
  }

  #take(at: number): Write {
    const [write] = this.#writes.splice(at, 1);
    this.#bytes -= write.bytes;
    return write;
  }

  #tooMany(write: Write): void {
    this.#givenUp(write, "too many writes wait");
    write.settled();
  }

  #givenUp({ what }: Write, why: string): void {
    this.#tally.writesGivenUp += 1;
    this.#log.error({ what, why }, "a write was given up");
  }
}
