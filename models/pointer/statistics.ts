/**
 * What is kept of one person's pointer: an even sample of quantised actions, at most `mostKept`. From it come
 * the histograms, and the trees' training. No place on the screen and no order of actions is in it.
 */
import { promisify } from "node:util";
import { brotliCompress, brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { SamehandError } from "../../gateway/core/errors.ts";
import type { Statistics } from "../modality.ts";
import { featureCount, kinds, type PointerAction } from "./action.ts";
import { columnsOf, rowsOf } from "./columns.ts";
import { codeCount, quantise } from "./quantise.ts";

const magic = 0x50_54_52_33; // "PTR3"
/** The form before: columns of codes as they are. */
const codesMagic = 0x50_54_52_32; // "PTR2"
/** The form in which backgrounds hold their samples, and profiles held theirs before that: rows as they are. */
const plainMagic = 0x50_54_52_31; // "PTR1"
const headerBytes = 20;
/** Rows kept of each person. */
export const mostKept = 2048;
/** Rows that there is room for at first, once there is one. */
const fewestRows = 64;
/** Bytes a row: an action's codes, then its kind. */
export const rowBytes = featureCount + 1;

/** Mixes a counter into 32 even bits (the finaliser of MurmurHash3, public domain). */
function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export class PointerStatistics implements Statistics<PointerAction> {
  #count = 0;
  #offered = 0;
  #kept = 0;
  #rows: Uint8Array = new Uint8Array(0);
  /** The rows as `encode` compresses them, where that is known; null since they changed. */
  #squeezed: Uint8Array | null = null;

  get count(): number {
    return this.#count;
  }

  /** Rows kept in `rows`, `rowBytes` each: actions as they were, and others as jitter would have shown them. */
  get kept(): number {
    return this.#kept;
  }

  get rows(): Uint8Array {
    return this.#rows;
  }

  add(action: PointerAction): void {
    this.#count++;
    this.#offer(action.kind, action.features);
    // Once more, shaken: what is learned from both holds on a bad link too.
    this.#offer(action.kind, action.jittered);
  }

  /**
   * Joins two samples, each in proportion to what it stands for.
   * @throws TypeError for statistics of another kind
   */
  merge(other: Statistics<PointerAction>): void {
    if (!(other instanceof PointerStatistics)) throw new TypeError("not pointer statistics");
    if (other.#offered === 0) return;
    const offered = this.#offered + other.#offered;
    const size = Math.min(mostKept, this.#kept + other.#kept);
    const share = Math.round((size * this.#offered) / offered);
    const own = Math.min(this.#kept, Math.max(share, size - other.#kept));
    const rows = new Uint8Array(size * rowBytes);
    spread(this.#rows, this.#kept, own, rows, 0);
    spread(other.#rows, other.#kept, size - own, rows, own);
    this.#rows = rows;
    this.#kept = size;
    this.#squeezed = null;
    this.#count += other.#count;
    this.#offered = offered;
  }

  /** What was pointed at spells nothing. */
  wipe(): void {}

  /** Less than two fifths of the size of `encodePlain`: for profiles. */
  encode(): Uint8Array {
    if (this.#kept === 0) return this.#behindHeader(magic, new Uint8Array(0));
    this.#squeezed ??= brotliCompressSync(columnsOf(this.#rows, this.#kept), squeezing);
    return this.#behindHeader(magic, this.#squeezed);
  }

  /** Compresses beside the event loop what `encode` will need, where it changed: most of what encoding takes. Never rejects. */
  async squeeze(): Promise<void> {
    if (this.#kept === 0 || this.#squeezed !== null) return;
    const offered = this.#offered;
    const squeezed = await compress(columnsOf(this.#rows, this.#kept), squeezing).catch(() => null);
    if (this.#offered === offered) this.#squeezed = squeezed;
  }

  /** Rows as they are: for backgrounds, which are compressed as a whole. */
  encodePlain(): Uint8Array {
    return this.#behindHeader(plainMagic, this.#rows.subarray(0, this.#kept * rowBytes));
  }

  #behindHeader(form: number, body: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(headerBytes + body.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, form);
    view.setUint32(4, featureCount);
    view.setUint32(8, this.#count);
    view.setUint32(12, this.#offered);
    view.setUint32(16, this.#kept);
    bytes.set(body, headerBytes);
    return bytes;
  }

  /** Reads each form. @throws SamehandError `profile-unreadable` for bytes that none of them is */
  static decode(bytes: Uint8Array): PointerStatistics {
    const refuse = (why: string): never => {
      throw new SamehandError("profile-unreadable", `pointer statistics: ${why}`);
    };
    if (bytes.length < headerBytes) refuse("too short");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const form = view.getUint32(0);
    const plain = form === plainMagic;
    if (![magic, codesMagic, plainMagic].includes(form) || view.getUint32(4) !== featureCount)
      refuse("another version");
    const statistics = new PointerStatistics();
    statistics.#count = view.getUint32(8);
    statistics.#offered = view.getUint32(12);
    statistics.#kept = view.getUint32(16);
    if (statistics.#kept > mostKept || statistics.#kept > statistics.#offered) refuse("counts");
    const body = bytes.subarray(headerBytes);
    if (plain && body.length !== statistics.#kept * rowBytes) refuse("length");
    const rows = plain ? body.slice() : released(body, statistics.#kept, form === magic);
    if (rows === null) return refuse("rows");
    statistics.#rows = rows;
    statistics.#squeezed = form === magic ? body : null;
    if (!plain) return statistics;
    for (let row = 0; row < statistics.#kept; row++) {
      if (statistics.#rows[row * rowBytes + featureCount] >= kinds.length) refuse("kind");
    }
    if (statistics.#rows.some((code) => code >= codeCount)) refuse("code");
    return statistics;
  }

  /** The same pointing with less weight. @param share 0 to 1 */
  scaled(share: number): PointerStatistics {
    const lighter = this.thinned(Math.min(this.#kept, Math.round(2 * this.#count * share)));
    lighter.#count = Math.round(this.#count * share);
    lighter.#offered = Math.max(lighter.#kept, Math.round(this.#offered * share));
    return lighter;
  }

  /** Statistics on a sample of rows that is shared, not copied: a reference, not to be added to. */
  static ofRows(rows: Uint8Array): PointerStatistics {
    const statistics = new PointerStatistics();
    statistics.#rows = rows;
    statistics.#kept = statistics.#offered = rows.length / rowBytes;
    statistics.#count = Math.ceil(statistics.#kept / 2);
    return statistics;
  }

  /** At most `most` of the rows, evenly spread: a smaller sample of the same person. */
  thinned(most: number): PointerStatistics {
    const smaller = new PointerStatistics();
    smaller.#count = this.#count;
    smaller.#offered = this.#offered;
    smaller.#kept = Math.min(most, this.#kept);
    smaller.#rows = new Uint8Array(smaller.#kept * rowBytes);
    spread(this.#rows, this.#kept, smaller.#kept, smaller.#rows, 0);
    return smaller;
  }

  /** Keeps a row, or not, so that each one offered so far is kept with the same chance. */
  #offer(kind: number, values: Float32Array): void {
    this.#offered++;
    const slot = this.#kept < mostKept ? this.#kept++ : mix(this.#offered) % this.#offered;
    if (slot >= mostKept) return;
    this.#squeezed = null;
    this.#reserve(slot + 1);
    quantise(values, this.#rows, slot * rowBytes);
    this.#rows[slot * rowBytes + featureCount] = kind;
  }

  #reserve(rows: number): void {
    if (rows * rowBytes <= this.#rows.length) return;
    const larger = new Uint8Array(Math.min(mostKept, Math.max(fewestRows, 2 * rows)) * rowBytes);
    larger.set(this.#rows);
    this.#rows = larger;
  }
}

const compress = promisify(brotliCompress);
/**
 * A short window in one large block: what repeats in columns of codes does so by chance, and naming it costs more than it
 * saves. A twentieth smaller than with a long window at the next quality, in half of the time.
 */
const squeezing = {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 4,
    [constants.BROTLI_PARAM_LGWIN]: 10,
    [constants.BROTLI_PARAM_LGBLOCK]: 20,
  },
};

/** The rows of a compressed sample; null where they are none. @param told see `rowsOf` */
function released(bytes: Uint8Array, kept: number, told: boolean): Uint8Array | null {
  const size = kept * rowBytes;
  if (size === 0) return bytes.length === 0 ? new Uint8Array(0) : null;
  try {
    return rowsOf(brotliDecompressSync(bytes, { maxOutputLength: size, chunkSize: size }), kept, told);
  } catch {
    return null;
  }
}

/** Copies `take` of `kept` rows, evenly spread over them. */
function spread(from: Uint8Array, kept: number, take: number, to: Uint8Array, at: number): void {
  for (let i = 0; i < take; i++) {
    const row = Math.floor((i * kept) / take);
    to.set(from.subarray(row * rowBytes, (row + 1) * rowBytes), (at + i) * rowBytes);
  }
}
