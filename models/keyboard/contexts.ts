/**
 * Where a time is compared: each key for holds, each frequent digraph for flights, and pairs of key classes for
 * digraphs too rare for a context of their own. Every time is standardised in its context.
 */
import { keyClass, keyClassCount, keyCount } from "./keys.ts";
import type { KeyboardStatistics } from "./statistics.ts";
import { momentCount } from "./pair-moments.ts";
import { believed, featureCount, pairCount, pairOf } from "./times.ts";
import { type Keystroke, noKey } from "./keystroke.ts";

/** A standardised time is cut here: one slip of a finger must not outweigh everything else. */
const mostDeviation = 3.5;

export class Contexts {
  /** The digraphs with a context of their own, as pairs. */
  readonly digraphs: Uint16Array;
  readonly count: number;
  /** For each pair and feature the context, or -1. */
  readonly #index: Int16Array;
  /** Mean and standard deviation of each context's transformed times. */
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
  readonly #inverse: Float64Array;
  readonly #times = new Float64Array(featureCount);

  constructor(digraphs: Uint16Array, mean?: Float64Array, deviation?: Float64Array) {
    this.digraphs = digraphs;
    const flights = digraphs.length + keyClassCount * keyClassCount;
    this.count = keyCount + 2 * flights;
    const own = new Map([...digraphs].map((pair, index) => [pair, index]));
    this.#index = new Int16Array(pairCount * featureCount).fill(-1);
    for (let before = noKey; before < keyCount; before += 1) {
      for (let key = 0; key < keyCount; key += 1) {
        const pair = pairOf(before, key);
        this.#index[pair * featureCount] = key;
        if (before === noKey) continue;
        const classes = keyClass[before] * keyClassCount + keyClass[key];
        const flight = own.get(pair) ?? digraphs.length + classes;
        this.#index[pair * featureCount + 1] = keyCount + flight;
        this.#index[pair * featureCount + 2] = keyCount + flights + flight;
      }
    }
    this.mean = mean ?? new Float64Array(this.count);
    this.deviation = deviation ?? new Float64Array(this.count).fill(1);
    this.#inverse = this.deviation.map((value) => 1 / value);
  }

  /** The context of a feature of a pair, or -1 where it has none. */
  of(pair: number, feature: number): number {
    return this.#index[pair * featureCount + feature];
  }

  /** Writes the contexts of a keystroke's known times and their standardised values; returns how many. */
  read(keystroke: Keystroke, contexts: Int32Array, values: Float64Array): number {
    believed(keystroke, this.#times);
    const pair = pairOf(keystroke.before, keystroke.key);
    let count = 0;
    for (let feature = 0; feature < featureCount; feature += 1) {
      const time = this.#times[feature];
      const context = this.of(pair, feature);
      if (Number.isNaN(time) || context < 0) continue;
      const value = (time - this.mean[context]) * this.#inverse[context];
      contexts[count] = context;
      values[count] = Math.min(Math.max(value, -mostDeviation), mostDeviation);
      count += 1;
    }
    return count;
  }

  /** Sums of a typist's statistics in each context: counts, standardised sums and sums of squares. */
  project(statistics: KeyboardStatistics): ContextSums {
    const sums = new ContextSums(this.count);
    const { size, moments } = statistics.pairs;
    for (let index = 0; index < size; index += 1) {
      const pair = statistics.pairs.pair(index);
      for (let feature = 0; feature < featureCount; feature += 1) {
        const context = this.of(pair, feature);
        const from = index * momentCount + feature * 3;
        const n = moments[from];
        if (context < 0 || n === 0) continue;
        const mean = this.mean[context];
        const inverse = this.#inverse[context];
        const sum = moments[from + 1];
        const squares = moments[from + 2];
        sums.n[context] = sums.n[context] + n;
        sums.sum[context] = sums.sum[context] + (sum - n * mean) * inverse;
        sums.squares[context] =
          sums.squares[context] + (squares - 2 * mean * sum + n * mean * mean) * inverse * inverse;
      }
    }
    return sums;
  }
}

/** The feature of a context, of so many contexts: holds by key come first, then both flights of every digraph. */
export const featureOf = (context: number, contexts: number): number =>
  context < keyCount ? 0 : context < keyCount + (contexts - keyCount) / 2 ? 1 : 2;

/** Counts and sums of the standardised times of each context: all that is asked of a window. */
export class WindowSums {
  readonly n: Float64Array;
  readonly sum: Float64Array;

  constructor(count: number) {
    this.n = new Float64Array(count);
    this.sum = new Float64Array(count);
  }

  add(context: number, value: number): void {
    this.n[context] = this.n[context] + 1;
    this.sum[context] = this.sum[context] + value;
  }

  remove(context: number, value: number): void {
    this.n[context] = this.n[context] - 1;
    this.sum[context] = this.sum[context] - value;
  }
}

/** With sums of squares, which tell how widely an enrolment scatters. */
export class ContextSums extends WindowSums {
  readonly squares: Float64Array;

  constructor(count: number) {
    super(count);
    this.squares = new Float64Array(count);
  }

  override add(context: number, value: number): void {
    super.add(context, value);
    this.squares[context] = this.squares[context] + value * value;
  }
}
