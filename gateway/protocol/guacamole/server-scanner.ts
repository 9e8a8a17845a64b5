/** Cuts guacd's output at instruction boundaries, in bytes, over chunks cut anywhere. */
export class ServerScanner {
  /** How many `sync` came, and the newest one's timestamp. */
  syncs = 0;
  syncTimestamp = 0;
  /** How many `size` of layer 0 came, and the newest one's width and height. */
  sizes = 0;
  width = 0;
  height = 0;
  /** The status of an `error` from guacd, or 0. */
  errorStatus = 0;
  /** A `disconnect` from guacd came. */
  disconnected = false;

  /** @param limit the longest instruction, in bytes */
  constructor(limit = 32768) {
    this.#limit = limit;
  }
  readonly #limit: number;

  /**
   * Takes in the next bytes of the stream (only new ones: what was left over by the last call is remembered).
   * @returns the offset just after the last instruction that ends in this chunk; `start` where none does
   * @throws SamehandError `upstream-malformed`
   */
  scan(_buffer: Uint8Array, _start: number, _end: number): number {
    throw new Error(`unfinished ${this.#limit}`);
  }
}
