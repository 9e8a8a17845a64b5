/** How often one caller may ask: a bucket each, in a bounded cache. */
import { LRUCache } from "lru-cache";
import type { Clock } from "../core/clock.ts";
import { SamehandError } from "../core/errors.ts";

interface Bucket {
  left: number;
  at: number;
}

export class RateLimit {
  readonly #buckets = new LRUCache<string, Bucket>({ max: 10_000 });
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #perSecond: number;

  constructor(clock: Clock, burst: number, perSecond: number) {
    this.#clock = clock;
    this.#burst = burst;
    this.#perSecond = perSecond;
  }

  /** @throws SamehandError `rate-limited` */
  take(caller: string): void {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(caller) ?? { left: this.#burst, at: now };
    bucket.left = Math.min(this.#burst, bucket.left + ((now - bucket.at) / 1000) * this.#perSecond);
    bucket.at = now;
    this.#buckets.set(caller, bucket);
    if (bucket.left < 1) throw new SamehandError("rate-limited");
    bucket.left -= 1;
  }

  /** Gives back what was taken for something that came out well. */
  give(caller: string, count: number): void {
    const bucket = this.#buckets.get(caller);
    if (bucket !== undefined) bucket.left = Math.min(this.#burst, bucket.left + count);
  }
}
