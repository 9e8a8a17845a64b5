/**
 * The highest suspicion in each stretch of active time: from an agent's own genuine peaks follow the agent's own
 * thresholds.
 */
import type { Millis } from "../core/units.ts";
import { ActiveTime } from "../policy/active-time.ts";
import { peakMinutes } from "../policy/thresholds.ts";

const stretch = peakMinutes * 60_000;

export class Peaks {
  #finished: number[] = [];
  #highest = Number.NEGATIVE_INFINITY;
  #active = 0;
  readonly #time = new ActiveTime();

  /** @param suspicion log odds of somebody else, after a window of evidence at `at` */
  observe(at: Millis, suspicion: number): void {
    this.#active += this.#time.until(at);
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
