/** One key going down and up: what the keyboard model learns from and scores. */
import type { Millis } from "../../gateway/core/units.ts";

/**
 * Times in milliseconds; NaN where a time is unknown or must not be used (a lost release, a pause, a batch of
 * events that arrived together, synthetic repeat).
 */
export interface Keystroke {
  /** When the key went down. */
  readonly at: Millis;
  /** The key, 0 to `keyCount - 1`: a physical key or a class of keys, whatever the layout and shift state. */
  readonly key: number;
  /** The key that went down before this one, or `noKey` at the start and after a pause. */
  readonly before: number;
  /** From this key's press to its release. */
  readonly hold: number;
  /** From the press of the key before to this press. */
  readonly downDown: number;
  /** From the release of the key before to this press: negative where the two overlap. */
  readonly upDown: number;
}

/** Stands in `before` where there is no key before. */
export const noKey = -1;
