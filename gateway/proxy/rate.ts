/** A token bucket, refilled by the time that has passed; no timer of its own. */
import type { Millis } from "../core/units.ts";

export class Rate {
  #level: number;
  #at: Millis;

  constructor(burst: number, at: Millis) {
    this.#level = burst;
    this.#at = at;
  }

  /**
   * Takes out `amount`; where there is less it takes nothing and says false, so that a flood leaves no debt behind.
   * @param perSecond what flows in
   * @param burst what it holds at most
   */
  take(amount: number, at: Millis, perSecond: number, burst: number): boolean {
    this.#level = Math.min(burst, this.#level + ((at - this.#at) * perSecond) / 1000);
    this.#at = at;
    if (this.#level < amount) return false;
    this.#level -= amount;
    return true;
  }
}
