/**
 * Active time: what budgets are stated in. It passes between windows of evidence, and of a silence only its beginning counts,
 * so that a lunch break is not an active hour; an agent of whom too little is known for evidence has none.
 */
import type { Millis } from "../core/units.ts";

/** The most that a silence counts as active time, ms. */
const longestSilence = 10_000;

export class ActiveTime {
  #at = Number.NaN;

  /** A window of evidence came. @returns the active time since the one before, ms */
  until(at: Millis): number {
    const gap = at - this.#at;
    this.#at = at;
    return gap > 0 ? Math.min(gap, longestSilence) : 0;
  }
}
