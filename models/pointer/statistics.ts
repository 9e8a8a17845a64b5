/**
 * What is kept of one person's pointer: an even sample of quantised actions, at most `mostKept`. From it come
 * the histograms, and the trees' training. No place on the screen and no order of actions is in it.
 */
import { SamehandError } from "../../gateway/core/errors.ts";
import type { Statistics } from "../modality.ts";
import { featureCount, kinds, type PointerAction } from "./action.ts";
import { quantise } from "./quantise.ts";

const magic = 0x50_54_52_31; // "PTR1"
const headerBytes = 16;
/** Actions kept of each person. */
export const mostKept = 1024;
/** Bytes a kept action: its kind, its codes, its codes as jitter would have shown them. */
export const rowBytes = 1 + 2 * featureCount;

/** Mixes a counter into 32 even bits (the finaliser of MurmurHash3, public domain). */
function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export class PointerStatistics implements Statistics<PointerAction> {
  #count = 0;
  #kept = 0;
  #rows = new Uint8Array(64 * rowBytes);

  get count(): number {
    return this.#count;
  }

  /** Actions kept, each a row of `rowBytes` in `rows`. */
  get kept(): number {
    return this.#kept;
  }

  get rows(): Uint8Array {
    return this.#rows;
  }

  add(action: PointerAction): void {
    this.#count++;
    const slot = this.#slot(this.#count);
    if (slot < 0) return;
    this.#reserve(slot + 1);
    const start = slot * rowBytes;
    this.#rows[start] = action.kind;
    quantise(action.features, this.#rows, start + 1);
    quantise(action.jittered, this.#rows, start + 1 + featureCount);
  }

  /**
   * Joins two samples, each in proportion to what it stands for.
   * @throws TypeError for statistics of another kind
   */
  merge(other: Statistics<PointerAction>): void {
    if (!(other instanceof PointerStatistics)) throw new TypeError("not pointer statistics");
    const total = this.#count + other.#count;
    if (total === 0) return;
    const size = Math.min(mostKept, this.#kept + other.#kept);
    const share = Math.round((size * this.#count) / total);
    const own = Math.min(this.#kept, Math.max(share, size - other.#kept));
    const rows = new Uint8Array(size * rowBytes);
    spread(this.#rows, this.#kept, own, rows, 0);
    spread(other.#rows, other.#kept, size - own, rows, own);
    this.#rows = rows;
    this.#kept = size;
    this.#count = total;
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(headerBytes + this.#kept * rowBytes);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, magic);
    view.setUint32(4, featureCount);
    view.setUint32(8, this.#count);
    view.setUint32(12, this.#kept);
    bytes.set(this.#rows.subarray(0, this.#kept * rowBytes), headerBytes);
    return bytes;
  }

  /** @throws SamehandError `profile-unreadable` for bytes that `encode` did not make */
  static decode(bytes: Uint8Array): PointerStatistics {
    const refuse = (why: string): never => {
      throw new SamehandError("profile-unreadable", `pointer statistics: ${why}`);
    };
    if (bytes.length < headerBytes) refuse("too short");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint32(0) !== magic || view.getUint32(4) !== featureCount) refuse("another version");
    const statistics = new PointerStatistics();
    statistics.#count = view.getUint32(8);
    statistics.#kept = view.getUint32(12);
    if (statistics.#kept > mostKept || statistics.#kept > statistics.#count) refuse("counts");
    if (bytes.length !== headerBytes + statistics.#kept * rowBytes) refuse("length");
    statistics.#rows = bytes.slice(headerBytes);
    for (let row = 0; row < statistics.#kept; row++) {
      if (statistics.#rows[row * rowBytes] >= kinds.length) refuse("kind");
    }
    return statistics;
  }

  /** Where the newest of `count` actions goes, so that each is kept with the same chance; -1 for nowhere. */
  #slot(count: number): number {
    if (this.#kept < mostKept) return this.#kept++;
    const slot = mix(count) % count;
    return slot < mostKept ? slot : -1;
  }

  #reserve(rows: number): void {
    if (rows * rowBytes <= this.#rows.length) return;
    const larger = new Uint8Array(Math.min(mostKept, 2 * rows) * rowBytes);
    larger.set(this.#rows);
    this.#rows = larger;
  }
}

/** Copies `take` of `kept` rows, evenly spread over them. */
function spread(from: Uint8Array, kept: number, take: number, to: Uint8Array, at: number): void {
  for (let i = 0; i < take; i++) {
    const row = Math.floor((i * kept) / take);
    to.set(from.subarray(row * rowBytes, (row + 1) * rowBytes), (at + i) * rowBytes);
  }
}
