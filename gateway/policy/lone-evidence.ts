/**
 * What one modality says against the agent while the other is silent. The trust filter lets neither of them alone
 * cause an alarm while both are in use, because a changed mouse or keyboard looks the same; but somebody who only
 * types would then never be found. Long evidence of one, while the other says nothing, may quarantine; it never severs.
 */
import type { Modality } from "../core/input.ts";
import type { Millis } from "../core/units.ts";

/** A modality without a window of evidence for so long is silent, ms. */
const silence = 180_000;
/** Bound of the sums, nats: how long good evidence takes to make up for bad. */
const most = 40;

export class LoneEvidence {
  readonly #against: Record<Modality, number> = { keyboard: 0, pointer: 0 };
  readonly #spokeAt: Record<Modality, number> = { keyboard: Number.NaN, pointer: Number.NaN };
  #startedAt = Number.NaN;
  #now = 0;

  /**
   * @param said the window's LLR as the filter counts it: tempered and weighed, nats
   */
  observe(at: Millis, modality: Modality, said: number): void {
    if (Number.isNaN(said)) return;
    if (Number.isNaN(this.#startedAt)) this.#startedAt = at;
    this.#now = at;
    this.#spokeAt[modality] = at;
    this.#against[modality] = Math.min(Math.max(this.#against[modality] - said, 0), most);
  }

  /** What was passed is forgotten: after a passed challenge. */
  restart(): void {
    this.#against.keyboard = this.#against.pointer = 0;
    this.#startedAt = this.#now;
  }

  /** Nats that the modality holds against the agent; 0 as long as the other speaks. */
  of(modality: Modality): number {
    const other = modality === "keyboard" ? this.#spokeAt.pointer : this.#spokeAt.keyboard;
    const since = Number.isNaN(other) ? this.#startedAt : other;
    return this.#now - since >= silence ? this.#against[modality] : 0;
  }
}
