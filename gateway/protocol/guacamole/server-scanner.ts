/** Cuts guacd's output where instructions end, and notes the few things in it that the gateway must know. */
import { SamehandError } from "../../core/errors.ts";
import { InstructionScanner, noting, opcodeHash } from "./instruction-scanner.ts";

/** `draws` and `ends` carry the place of the argument that is noted: a layer, a stream. */
const watched = {
  none: 0,
  sync: 1,
  size: 2,
  error: 3,
  disconnect: 4,
  opens: 5,
  draws: noting,
  ends: 2 * noting,
} as const;

const sync = opcodeHash("sync");
const size = opcodeHash("size");
const error = opcodeHash("error");
const disconnect = opcodeHash("disconnect");
const img = opcodeHash("img");
const end = opcodeHash("end");
const blob = opcodeHash("blob");
const copy = opcodeHash("copy");
const transfer = opcodeHash("transfer");
/** What opens a stream that is no picture. */
const streams = new Map(
  ["audio", "video", "file", "clipboard", "pipe", "argv", "body"].map((name) => [opcodeHash(name), name]),
);
/** Which argument of a drawing instruction is the layer that is drawn on, `img` apart. */
const layerOf = new Map(
  Object.entries({ rect: 1, copy: 7, transfer: 7, png: 2, jpeg: 2, cfill: 2 }).map(([name, at]) => [
    opcodeHash(name),
    at,
  ]),
);
/** Layers and buffers further from 0 are not kept in mind. */
const farthestLayer = 4096;
const mostStreams = 256;

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
  /** Grows with what is copied from place to place. */
  copies = 0;
  /** The status of an `error` from guacd, or 0. */
  errorStatus = 0;
  /** A `disconnect` from guacd came. */
  disconnected = false;
  /** The lowest and the highest layer that was ever drawn on: buffers are below 0. */
  lowestLayer = 0;
  highestLayer = 0;
  /** Streams of guacd's that are open and no pictures, by index: what opened them. */
  readonly streams = new Map<number, string>();
  #opens = "";

  /** @param limit the longest instruction, in bytes */
  constructor(limit = longest) {
    super(limit, false);
  }

  protected override watch(hash: number): number {
    if (hash === sync) return watched.sync;
    if (hash === size) return watched.size;
    if (hash === img) return watched.draws + 3;
    if (hash === end) return this.streams.size === 0 ? watched.none : watched.ends + 1;
    if (hash === blob) return watched.none;
    const layer = layerOf.get(hash);
    if (hash === copy || hash === transfer) this.copies++;
    if (layer !== undefined) return watched.draws + layer;
    if (hash === error) return watched.error;
    if (hash === disconnect) return watched.disconnect;
    const stream = streams.get(hash);
    if (stream === undefined) return watched.none;
    this.#opens = stream;
    return watched.opens;
  }

  protected override noted(kind: number, value: number): void {
    if (kind >= watched.ends) this.streams.delete(value);
    else if (value < this.lowestLayer) this.lowestLayer = Math.max(value, -farthestLayer);
    else if (value > this.highestLayer) this.highestLayer = Math.min(value, farthestLayer);
  }

  protected override seen(kind: number): void {
    const [first, second, third] = this.values;
    switch (kind) {
      case watched.sync:
        this.syncs++;
        this.syncTimestamp = this.#integer(first);
        break;
      case watched.size:
        this.noted(watched.draws, first);
        if (first !== 0) break;
        this.sizes++;
        this.width = this.#integer(second);
        this.height = this.#integer(third);
        break;
      case watched.opens:
        // guacd has 64 streams for each user and for all of them; whoever opens more gets them withheld as pictures are.
        if (this.streams.size < mostStreams) this.streams.set(this.#opens === "body" ? second : first, this.#opens);
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
