/**
 * How far the link's timing can be believed: round trips that vary and events that arrive in bursts blur what
 * the hand did, so evidence weighs less, down to nothing (abstention).
 */
import type { Millis } from "../core/units.ts";

/** Variation of the round trip, ms, up to which evidence counts in full (measured: up to 10 ms is free). */
const fullUpTo = 15;
/** Variation at which it counts for nothing (measured: 50 ms costs two to three times the errors). */
const nothingFrom = 80;
/** Weight of the newest round trip in the running means. */
const rate = 1 / 16;
/** Round trips before the variation is believed. */
const fewest = 4;

export class LinkQuality {
  #mean = 0;
  #variation = 0;
  #seen = 0;

  /** A ping or a sync was answered after `rtt`. */
  roundTrip(rtt: Millis): void {
    if (!(rtt >= 0)) return;
    this.#seen++;
    if (this.#seen === 1) {
      this.#mean = rtt;
      return;
    }
    const off = Math.abs(rtt - this.#mean);
    this.#mean += rate * (rtt - this.#mean);
    this.#variation += (this.#seen <= fewest ? 1 / this.#seen : rate) * (off - this.#variation);
  }

  /** Mean deviation of the round trip, ms: about the one-way jitter times two. */
  get jitter(): number {
    return this.#variation;
  }

  /** 1: evidence counts in full; 0: it must not count. */
  get weight(): number {
    if (this.#seen < fewest) return 1;
    return Math.min(1, Math.max(0, (nothingFrom - this.#variation) / (nothingFrom - fullUpTo)));
  }
}
