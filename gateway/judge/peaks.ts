/**
 * The highest suspicion in each stretch of active time: from an agent's own genuine peaks follow the agent's own
 * thresholds. Silence counts only shortly, so that a lunch break is not an active hour.
 */
import type { Millis } from "../core/units.ts";
import { peakMinutes } from "../policy/thresholds.ts";

const stretch = peakMinutes * 60_000;
/** The most that a silence counts as active time, ms. */
const longestSilence = 10_000;

export class Peaks {
  #finished: number[] = [];
  #highest = Number.NEGATIVE_INFINITY;
  #active = 0;
  #at = Number.NaN;

  /** @param suspicion log odds of somebody else, after a window of evidence at `at` */
  observe(at: Millis, suspicion: number): void {
    const gap = at - this.#at;
    this.#at = at;
    if (gap > 0) this.#active += Math.min(gap, longestSilence);
    this.#highest = Math.max(this.#highest, suspicion);
    if (this.#active < stretch) return;
    this.#finished.push(this.#highest);
    this.forget();
  }

  /** Takes the finished stretches away. */
  take(): number[] {
    const finished = this.#finished;
    this.#finished = [];
    return finished;
  }

  /** Leaves the stretch that is under way out: it is not known to be genuine. */
  forget(): void {
    this.#highest = Number.NEGATIVE_INFINITY;
    this.#active = 0;
  }
}
