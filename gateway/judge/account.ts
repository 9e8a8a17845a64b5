/** A session's running figures: how long there was work, what each modality said, how low trust fell, and how far the link was believed. */
import type { Modality } from "../core/input.ts";
import type { Millis } from "../core/units.ts";
import { ActiveTime } from "../policy/active-time.ts";

/** Weight of the newest window in the mean of how far windows were believed. */
const beliefRate = 1 / 16;
/** Below this mean the link hides the hand: by misfortune, or because somebody delays its answers on purpose. */
const leastBelief = 0.3;

export class Account {
  /** Windowed evidence that counted, by modality. */
  readonly llr = { keyboard: 0, pointer: 0 };
  lowestTrust = 100;
  /** Active time so far, ms. */
  activeMs = 0;
  readonly #time = new ActiveTime();
  #belief = 1;

  /** @param weight of the window, 0 to 1 @param trust after it, 0 to 100 */
  weigh(at: Millis, modality: Modality, llr: number, weight: number): void {
    this.activeMs += this.#time.until(at);
    this.#belief += (weight - this.#belief) * beliefRate;
    this.llr[modality] += llr * weight;
  }

  trusted(trust: number): void {
    this.lowestTrust = Math.min(this.lowestTrust, trust);
  }

  /** Names of what the policy's rules may look at. */
  get signals(): readonly string[] {
    return this.#belief < leastBelief ? ["unverifiable-link"] : [];
  }
}
