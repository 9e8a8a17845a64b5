/**
 * The windows of evidence that a session's decider was given, small enough to be kept for days: ten bytes each, no
 * content, and no timing finer than a tenth of a second. What another policy would have decided is replayed from them.
 */
import { signalNames } from "../core/signal.ts";
import { type Millis, millis } from "../core/units.ts";
import type { Weighed } from "./decider.ts";

/** gap (0.1 s), LLR (1/500 nat), weight (1/255), flags, keystrokes and actions since the window before, jitter (0.1 ms). */
const windowBytes = 10;
const [gapUnit, llrUnit, jitterUnit] = [100, 1 / 500, 0.1];
const pointerFlag = 1;
/** Each a flag, from the second on. At most seven: a byte is for all. */
const flagged: readonly string[] = ["unverifiable-link", ...signalNames];

/** A window as it was played back. */
export interface Played extends Weighed {
  readonly jitterMs: number;
  /** Names of the signals that stood. */
  readonly signals: readonly string[];
}

export class ScoreTape {
  readonly #bytes: DataView<ArrayBuffer>;
  #used = 0;
  #last = Number.NaN;
  #keystrokes = 0;
  #actions = 0;

  /** @param windows how many it holds before it must be taken */
  constructor(windows = 64) {
    this.#bytes = new DataView(new ArrayBuffer(windows * windowBytes));
  }

  get full(): boolean {
    return this.#used === this.#bytes.byteLength;
  }

  get empty(): boolean {
    return this.#used === 0;
  }

  /** Takes in one window; nothing where it is full. */
  add({ at, modality, llr, weight, keystrokes, actions }: Weighed, jitterMs: number, signals: readonly string[]): void {
    if (this.full || Number.isNaN(llr)) return;
    const here = this.#used;
    const gap = Number.isNaN(this.#last) ? 0 : clamp(Math.round((at - this.#last) / gapUnit), 0, 65_535);
    const [typed, pointed] = [clamp(keystrokes - this.#keystrokes, 0, 255), clamp(actions - this.#actions, 0, 255)];
    this.#bytes.setUint16(here, gap);
    this.#bytes.setInt16(here + 2, clamp(Math.round(llr / llrUnit), -32_768, 32_767));
    this.#bytes.setUint8(here + 4, clamp(Math.round(weight * 255), 0, 255));
    this.#bytes.setUint8(here + 5, (modality === "pointer" ? pointerFlag : 0) | flagsOf(signals));
    this.#bytes.setUint8(here + 6, typed);
    this.#bytes.setUint8(here + 7, pointed);
    this.#bytes.setUint16(here + 8, clamp(Math.round(jitterMs / jitterUnit), 0, 65_535));
    this.#used += windowBytes;
    // By what was written, so that roundings do not add up, and the next windows say what did not go into this one.
    this.#last = Number.isNaN(this.#last) ? at : this.#last + gap * gapUnit;
    this.#keystrokes += typed;
    this.#actions += pointed;
  }

  /** What was taken in since the last time. */
  take(): Uint8Array {
    const bytes = new Uint8Array(this.#bytes.buffer.slice(0, this.#used));
    this.#used = 0;
    return bytes;
  }
}

function flagsOf(signals: readonly string[]): number {
  let flags = 0;
  for (const name of signals) flags |= 2 << flagged.indexOf(name);
  return flags;
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** Plays back what one session's tape wrote, all of it in order; times begin at 0. */
export function* play(chunks: Iterable<Uint8Array>): Generator<Played> {
  let at = 0;
  let keystrokes = 0;
  let actions = 0;
  for (const chunk of chunks) {
    const bytes = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let here = 0; here + windowBytes <= chunk.byteLength; here += windowBytes) {
      at += bytes.getUint16(here) * gapUnit;
      keystrokes += bytes.getUint8(here + 6);
      actions += bytes.getUint8(here + 7);
      const flags = bytes.getUint8(here + 5);
      yield {
        at: millis(at) satisfies Millis,
        modality: (flags & pointerFlag) === 0 ? "keyboard" : "pointer",
        llr: bytes.getInt16(here + 2) * llrUnit,
        weight: bytes.getUint8(here + 4) / 255,
        keystrokes,
        actions,
        jitterMs: bytes.getUint16(here + 8) * jitterUnit,
        signals: flagged.filter((_, index) => (flags & (2 << index)) !== 0),
      };
    }
  }
}
