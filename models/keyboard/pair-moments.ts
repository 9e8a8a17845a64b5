/**
 * Count, sum and sum of squares of each feature for each pair of keys that was typed, sorted by pair: nothing in memory
 * tells in which order they came, as a Map would (test/e2e/nothing-typed.test.ts). Two typed arrays take a quarter of
 * a Map's memory besides.
 */
import { featureCount, pairCount } from "./times.ts";

/** Numbers for each pair. */
export const momentCount = 3 * featureCount;
const fewest = 32;

export class PairMoments {
  #pairs = new Uint16Array(new ArrayBuffer(fewest * 2));
  #moments = new Float64Array(fewest * momentCount);
  #size = 0;

  /** How many pairs there are. */
  get size(): number {
    return this.#size;
  }

  /** The n-th pair, from 0, in ascending order. */
  pair(n: number): number {
    return this.#pairs[n];
  }

  /** The numbers of all pairs, `momentCount` of each, in the order of the pairs; good until the next new pair. */
  get moments(): Float64Array {
    return this.#moments;
  }

  /** Where a pair's numbers begin; -1 where it was not typed. */
  find(pair: number): number {
    const at = this.#position(pair);
    return at < this.#size && this.#pairs[at] === pair ? at * momentCount : -1;
  }

  /** Where a pair's numbers begin; zeros where it is new. Writes to `moments` read before it are lost where it is. */
  at(pair: number): number {
    const at = this.#position(pair);
    if (at < this.#size && this.#pairs[at] === pair) return at * momentCount;
    if (this.#size === this.#pairs.length) this.#grow();
    this.#pairs.copyWithin(at + 1, at, this.#size);
    this.#moments.copyWithin((at + 1) * momentCount, at * momentCount, this.#size * momentCount);
    this.#pairs[at] = pair;
    this.#moments.fill(0, at * momentCount, (at + 1) * momentCount);
    this.#size += 1;
    return at * momentCount;
  }

  /** Forgets all pairs; nothing of them stays in memory. */
  wipe(): void {
    this.#pairs.fill(0);
    this.#moments.fill(0);
    this.#size = 0;
  }

  /** Where a pair is, or would be. */
  #position(pair: number): number {
    const pairs = this.#pairs;
    let from = 0;
    let to = this.#size;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (pairs[middle] < pair) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #grow(): void {
    const pairs = this.#pairs;
    const moments = this.#moments;
    const capacity = Math.min(pairs.length * 2, pairCount);
    this.#pairs = new Uint16Array(capacity);
    this.#pairs.set(pairs);
    this.#moments = new Float64Array(capacity * momentCount);
    this.#moments.set(moments);
    pairs.fill(0);
    moments.fill(0);
  }
}
