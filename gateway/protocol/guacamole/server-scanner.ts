/** Cuts guacd's output where instructions end, and notes the few things in it that the gateway must know. */
import { SamehandError } from "../../core/errors.ts";
import { InstructionScanner, opcodeHash } from "./instruction-scanner.ts";

const watched = { none: 0, sync: 1, size: 2, error: 3, disconnect: 4 } as const;

const sync = opcodeHash("sync");
const size = opcodeHash("size");
const error = opcodeHash("error");
const disconnect = opcodeHash("disconnect");

/** guacd's own buffer is as large, and the Java client takes no more than 8192 characters. */
const longest = 32768;

/** One for each stream of guacd's. All fields are read after a `scan`. */
export class ServerScanner extends InstructionScanner {
  /** How many `sync` came, and the newest one's timestamp. */
  syncs = 0;
  syncTimestamp = 0;
  /** How many `size` of layer 0 came, and the newest one's width and height in pixels. */
  sizes = 0;
  width = 0;
  height = 0;
  /** The status of an `error` from guacd, or 0. */
  errorStatus = 0;
  /** A `disconnect` from guacd came. */
  disconnected = false;

  /** @param limit the longest instruction, in bytes */
  constructor(limit = longest) {
    super(limit, false);
  }

  protected override watch(hash: number): number {
    if (hash === sync) return watched.sync;
    if (hash === size) return watched.size;
    if (hash === error) return watched.error;
    return hash === disconnect ? watched.disconnect : watched.none;
  }

  protected override seen(kind: number): void {
    const [first, second, third] = this.values;
    switch (kind) {
      case watched.sync:
        this.syncs++;
        this.syncTimestamp = this.#integer(first);
        break;
      case watched.size:
        if (first !== 0) break;
        this.sizes++;
        this.width = this.#integer(second);
        this.height = this.#integer(third);
        break;
      case watched.error:
        this.errorStatus = second;
        break;
      case watched.disconnect:
        this.disconnected = true;
        break;
    }
  }

  #integer(value: number): number {
    return Number.isSafeInteger(value) ? value : this.malformed("number");
  }

  protected override malformed(what: string): never {
    throw new SamehandError("upstream-malformed", what);
  }
}
