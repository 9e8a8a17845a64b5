/**
 * What a link does to timing: late arrivals in the order sent, and stalls after which everything comes at once.
 * For measuring how much of it verification stands.
 */
import type { InputSink } from "../core/input.ts";
import { SamehandError } from "../core/errors.ts";
import { type ButtonMask, type Keysym, type Millis, millis } from "../core/units.ts";
import { seeded } from "../../models/metrics.ts";

export interface Distortion {
  /** Mean of an exponential delay, ms; 0: none. */
  readonly jitter: number;
  /** Whether one event in 33 is held up by 160 ms more. */
  readonly stalls: boolean;
}

export const undistorted: Distortion = { jitter: 0, stalls: false };

const stallShare = 0.03;
const stallMs = 160;

/** @param text such as `exp:20`: a mean in ms @throws SamehandError `usage` */
export function parseJitter(text: string): number {
  const mean = /^exp:(\d{1,4}(?:\.\d+)?)$/.exec(text)?.[1];
  if (mean === undefined) throw new SamehandError("usage", `--jitter ${text}: expected exp:MS, such as exp:20`);
  return Number(mean);
}

/** Passes events on with the times at which they would have arrived; the same name gives the same delays. */
export class DistortedSink implements InputSink {
  readonly #to: InputSink;
  readonly #distortion: Distortion;
  readonly #random: () => number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(to: InputSink, distortion: Distortion, name: string) {
    this.#to = to;
    this.#distortion = distortion;
    let seed = 0;
    for (const character of name) seed = (Math.imul(seed, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
    this.#random = seeded(seed);
  }

  key(at: Millis, keysym: Keysym, pressed: boolean): void {
    this.#to.key(this.#arrival(at), keysym, pressed);
  }

  pointer(at: Millis, x: number, y: number, mask: ButtonMask): void {
    this.#to.pointer(this.#arrival(at), x, y, mask);
  }

  #arrival(at: Millis): Millis {
    const { jitter, stalls } = this.#distortion;
    let arrival = at - jitter * Math.log(1 - this.#random());
    if (stalls && this.#random() < stallShare) arrival += stallMs;
    this.#last = Math.max(this.#last, Math.round(arrival));
    return millis(this.#last);
  }
}
