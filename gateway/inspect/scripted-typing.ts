/**
 * Whether keys come as no hand presses them, whoever the agent is: in a rush, at an even pace, or at times that do not
 * depend on the keys. How far apart people are from these was measured on recorded people (docs/ACCURACY.md, "Signals").
 * Times that a link or a client makes are passed over; of what was typed only sums over many keys are kept.
 */
import type { Contexts } from "../../models/keyboard/contexts.ts";
import { keyCount } from "../../models/keyboard/keys.ts";
import { type Keystroke, noKey } from "../../models/keyboard/keystroke.ts";
import { pairOf } from "../../models/keyboard/times.ts";
import { EvenPace } from "./even-pace.ts";

/** Keys up to here print: letters, digits, symbols and the space bar. Others are held, repeated, or come by themselves. */
const lastPrinting = 48;
const [lastLetter, spaceBar] = [26, 48];
const ofText = (key: number): boolean => key <= lastLetter || key === spaceBar;
/** Every so many keys the signs are looked for, and after so many looks without one a sign is over. */
const lookEvery = 16;
const calmLooks = 16;
/** Keys that differ: two that take turns are a game or a drum, and even at any pace. */
const [fewestKeys, fewestKeysOfText] = [5, 7];

/** So many keys within so many ms: the fastest of 1,792 people took 4.6 s, and one who struck keys at random 2.1 s. */
const rush = { keys: 60, within: 1400 } as const;

/** Intervals that came in one piece tell of the link, or of a client that sends words whole; where they are so many, all do. */
const [closest, mostBunched, bunchRate] = [2, 0.2, 1 / 64];
/** At first it is not known which they are. */
const bunchedAtFirst = 0.25;
/** The weight of the past falls by this with each key: correlations are over the latest two hundred. */
const fading = 1 - 1 / 200;
/** Intervals that correlations must rest on, and how high they may be, at first and when they rest on more. */
const independent = { from: 240, until: 380, first: 0, last: 0.07 } as const;
const longestInterval = 600;
/** Pairs of keys fall into so many sums, several into each: the same ones everywhere, so that a recording gives what was live. */
const sums = 256;
const habits = 2 * keyCount + sums;
const spread = 0x9e3779b1;
const mostRemembered = 16;
const shrinking = 2;

/** A correlation over the latest values, kept as faded sums. */
class Correlation {
  #x = 0;
  #y = 0;
  #xx = 0;
  #yy = 0;
  #xy = 0;
  #n = 0;

  add(x: number, y: number): void {
    this.#n = this.#n * fading + 1;
    this.#x = this.#x * fading + x;
    this.#y = this.#y * fading + y;
    this.#xx = this.#xx * fading + x * x;
    this.#yy = this.#yy * fading + y * y;
    this.#xy = this.#xy * fading + x * y;
  }

  /** Pearson's, -1 to 1; 0 where one of the two does not vary. */
  get value(): number {
    const of = (a: number, b: number, ab: number): number => ab - (a * b) / this.#n;
    const both = of(this.#x, this.#x, this.#xx) * of(this.#y, this.#y, this.#yy);
    return both > 1e-9 ? of(this.#x, this.#y, this.#xy) / Math.sqrt(both) : 0;
  }

  clear(): void {
    this.#x = this.#y = this.#xx = this.#yy = this.#xy = this.#n = 0;
  }
}

export class ScriptedTyping {
  readonly #contexts: Contexts;
  /** Times of the latest presses, as a ring. */
  readonly #presses = new Float64Array(rush.keys + 1);
  #pressed = 0;
  /** Intervals between different keys. */
  readonly #pace = new EvenPace();
  /** How often each key came lately: how many there are, not in which order. */
  readonly #often = new Float32Array(keyCount);
  #bunched = bunchedAtFirst;
  /** What the population's mean of a pair of keys says of its interval, and what this session's own says. */
  readonly #population = new Correlation();
  readonly #own = new Correlation();
  readonly #sums = new Float32Array(new ArrayBuffer(habits * 4));
  readonly #counts = new Uint8Array(habits);
  #mean = Number.NaN;
  #weight = 0;
  #squares = 0;
  #sign: string | null = null;
  #calm = 0;

  constructor(contexts: Contexts) {
    this.#contexts = contexts;
  }

  /** What tells that no hand is typing, as one lower-case sentence; null where nothing does. */
  get sign(): string | null {
    return this.#sign;
  }

  /** Takes in a keystroke. @param believed whether the link's timing is @returns whether the sign began or ended */
  keystroke({ at, key, before, downDown }: Keystroke, believed: boolean): boolean {
    if (!believed) {
      if (!this.#pace.empty || this.#pressed > 0) this.#begin();
      return false;
    }
    if (key < 1 || key > lastPrinting) return false;
    this.#presses[this.#pressed++ % this.#presses.length] = at;
    this.#often[key]++;
    if (before !== noKey && before >= 1 && before <= lastPrinting && before !== key && !Number.isNaN(downDown))
      this.#interval(before, key, downDown);
    return this.#pressed % lookEvery === 0 && this.#look();
  }

  /** Times up to now lie: nothing is counted across this moment. */
  interrupt(): void {
    this.#pressed = 0;
  }

  /** Nothing is said any more: somebody has proved to be there. */
  clear(): void {
    this.#begin();
    this.#sign = null;
    this.#calm = 0;
  }

  /** What a session typed leaves nothing in memory. */
  #begin(): void {
    this.#pressed = this.#weight = this.#squares = 0;
    this.#bunched = bunchedAtFirst;
    this.#mean = Number.NaN;
    this.#presses.fill(0);
    this.#pace.clear();
    this.#often.fill(0);
    this.#sums.fill(0);
    this.#counts.fill(0);
    this.#population.clear();
    this.#own.clear();
  }

  #interval(before: number, key: number, downDown: number): void {
    const apart = downDown > closest;
    this.#bunched += bunchRate * ((apart ? 0 : 1) - this.#bunched);
    if (!apart || this.#bunched > mostBunched) return;
    this.#pace.add(downDown);
    // Who enters numbers may well take as long for each digit.
    if (!ofText(before) || !ofText(key)) return;
    const time = Math.log(Math.min(downDown, longestInterval) + 20);
    this.#population.add(this.#contexts.mean[this.#contexts.of(pairOf(before, key), 1)], time);
    this.#learn(before, key, time);
    this.#weight = this.#weight * fading + 1;
    this.#squares = this.#squares * fading * fading + 1;
  }

  /** Foretells the interval from this session's own intervals of the key, the key before and the pair, then learns it. */
  #learn(before: number, key: number, time: number): void {
    if (Number.isNaN(this.#mean)) this.#mean = time;
    const pair = keyCount * 2 + ((Math.imul(pairOf(before, key), spread) >>> 12) % sums);
    const known = this.#counts[key] > 0 || this.#counts[keyCount + before] > 0;
    const foretold = this.#habit(key) + this.#habit(keyCount + before) + this.#habit(pair);
    if (known) this.#own.add(foretold, time - this.#mean);
    this.#mean += (time - this.#mean) * (1 - fading);
    let rest = time - this.#mean;
    rest -= this.#adapt(key, rest);
    rest -= this.#adapt(keyCount + before, rest);
    this.#adapt(pair, rest);
  }

  /** How much longer than the mean an interval is, as far as so few tell. */
  #habit(at: number): number {
    const count = this.#counts[at];
    return (this.#sums[at] * count) / (count + shrinking);
  }

  #adapt(at: number, value: number): number {
    const count = Math.min(this.#counts[at] + 1, mostRemembered);
    this.#counts[at] = count;
    this.#sums[at] += (value - this.#sums[at]) / count;
    return this.#habit(at);
  }

  #look(): boolean {
    const sign = this.#found();
    const had = this.#sign;
    if (sign !== null) this.#calm = 0;
    else if (had !== null && ++this.#calm < calmLooks) return false;
    this.#sign = sign;
    return (sign === null) !== (had === null);
  }

  #found(): string | null {
    const keys = this.#variety();
    if (keys < fewestKeys) return null;
    return this.#rushed() ?? this.#pace.look() ?? (keys < fewestKeysOfText ? null : this.#independent());
  }

  /** How many keys take part, weighed by how often they come; forgets the older half of a hundred. */
  #variety(): number {
    let [all, squares] = [0, 0];
    for (let key = 1; key <= lastPrinting; key++) {
      const often = this.#often[key];
      all += often;
      squares += often * often;
      this.#often[key] = often * 0.9;
    }
    return all < lookEvery ? 0 : (all * all) / squares;
  }

  /** How long the latest keys took, ms; infinite where there are too few. */
  get #took(): number {
    if (this.#pressed < this.#presses.length) return Number.POSITIVE_INFINITY;
    const last = this.#presses[(this.#pressed - 1) % this.#presses.length];
    return last - this.#presses[this.#pressed % this.#presses.length];
  }

  #rushed(): string | null {
    const took = this.#took;
    return took >= rush.within ? null : `presses ${rush.keys} keys in ${(took / 1000).toFixed(1)} s`;
  }

  #independent(): string | null {
    return this.#dependence > 0 ? null : "the times between keys do not depend on which keys they are";
  }

  /** How far the times depend on the keys, above the limit; infinite where too few tell. */
  get #dependence(): number {
    const { from, until, first, last } = independent;
    const restOn = (this.#weight * this.#weight) / this.#squares;
    if (!(restOn >= from)) return Number.POSITIVE_INFINITY;
    const share = Math.min(1, (restOn - from) / (until - from));
    return Math.max(Math.abs(this.#population.value), this.#own.value) - (first + share * (last - first));
  }

  /** For measuring how near people come to each sign: below 1, or for `dependence` below 0, it is one. */
  nearness(): { readonly rush: number; readonly pace: number; readonly dependence: number } {
    return { rush: this.#took / rush.within, pace: this.#pace.nearness, dependence: this.#dependence };
  }
}
