/**
 * What a link does to timing: late arrivals in the order sent, and stalls after which everything comes at once.
 * For measuring how much of it verification stands.
 */
import type { InputSink } from "../core/input.ts";
import { SamehandError } from "../core/errors.ts";
import { type ButtonMask, type Keysym, type Millis, millis } from "../core/units.ts";
import { seeded } from "../../models/metrics.ts";

/**
 * `times`: times between events are drawn at random, alike for everybody. What is left is their order (a key that goes down
 * before the last came up), how many a movement has (and so how long it took), shapes and places. `shapes`: no keys overlap
 * and a movement has a point each so many pixels, so that those are gone too.
 */
export type TimelessControl = "times" | "shapes";

export interface Distortion {
  /** Mean of an exponential delay, ms; 0: none. */
  readonly jitter: number;
  /** Whether one event in 33 is held up by 160 ms more. */
  readonly stalls: boolean;
  /** Instead: everything that a hand decides in time is taken away, so that what is still told apart is something else. */
  readonly control?: TimelessControl;
  /** Chooses among the draws of all delays and times; 1 where not given. */
  readonly seed?: number;
}

export const undistorted: Distortion = { jitter: 0, stalls: false };

export const isClean = ({ jitter, stalls, control }: Distortion): boolean =>
  jitter === 0 && !stalls && control === undefined;

const stallShare = 0.03;
const stallMs = 160;
/** Random times: the mean gap between key events and between pointer events, ms; longer gaps than a pause stay one. */
const randomGap = { key: 70, pointer: 14 };
const pause = 1000;
/** `shapes`: a movement's points are so far apart, px. */
const step = 30;

/** @param text such as `exp:20`: a mean in ms @throws SamehandError `usage` */
export function parseJitter(text: string): number {
  const mean = /^exp:(\d{1,4}(?:\.\d+)?)$/.exec(text)?.[1];
  if (mean === undefined) throw new SamehandError("usage", `--jitter ${text}: expected exp:MS, such as exp:20`);
  return Number(mean);
}

/** Passes events on with the times at which they would have arrived; the same seed and name give the same delays. */
export class DistortedSink implements InputSink {
  readonly #to: InputSink;
  readonly #distortion: Distortion;
  readonly #random: () => number;
  #last = Number.NEGATIVE_INFINITY;
  #seen = Number.NaN;
  #paused = false;
  /** `shapes`: the key that is down, and the pointer as it was passed on last. */
  #down: Keysym | null = null;
  #x = Number.NaN;
  #y = Number.NaN;
  #mask: ButtonMask | null = null;

  /** @param name of the recording, the same wherever it lies */
  constructor(to: InputSink, distortion: Distortion, name: string) {
    this.#to = to;
    this.#distortion = distortion;
    let seed = 0;
    for (const character of `${distortion.seed ?? 1}/${name}`)
      seed = (Math.imul(seed, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
    this.#random = seeded(seed);
  }

  /** When what was passed on last really was, or what led to it. */
  get seen(): number {
    return this.#seen;
  }

  key(at: Millis, keysym: Keysym, pressed: boolean): void {
    this.#see(at);
    if (this.#distortion.control === "shapes") {
      if (!pressed && keysym !== this.#down) return;
      if (pressed && this.#down !== null && this.#down !== keysym)
        this.#to.key(this.#arrival(at, randomGap.key), this.#down, false);
      this.#down = pressed ? keysym : null;
    }
    this.#to.key(this.#arrival(at, randomGap.key), keysym, pressed);
  }

  pointer(at: Millis, x: number, y: number, mask: ButtonMask): void {
    this.#see(at);
    if (this.#distortion.control === "shapes") {
      if (mask === this.#mask && Math.hypot(x - this.#x, y - this.#y) < step) return;
      [this.#x, this.#y, this.#mask] = [x, y, mask];
    }
    this.#to.pointer(this.#arrival(at, randomGap.pointer), x, y, mask);
  }

  #see(at: Millis): void {
    if (at - this.#seen > pause) this.#paused = true;
    this.#seen = at;
  }

  #arrival(at: Millis, gap: number): Millis {
    const { jitter, stalls, control } = this.#distortion;
    if (control !== undefined) {
      if (this.#last === Number.NEGATIVE_INFINITY) this.#last = at;
      else this.#last += this.#paused ? pause * 2 : Math.round(-gap * Math.log(1 - this.#random()));
      this.#paused = false;
      return millis(this.#last);
    }
    let arrival = at - jitter * Math.log(1 - this.#random());
    if (stalls && this.#random() < stallShare) arrival += stallMs;
    this.#last = Math.max(this.#last, Math.round(arrival));
    return millis(this.#last);
  }
}
