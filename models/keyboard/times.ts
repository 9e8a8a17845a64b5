/** The times of a keystroke as the models see them, and the pairs of keys that they belong to. */
import { keyCount } from "./keys.ts";
import type { Keystroke } from "./keystroke.ts";

/** The times of a keystroke, in the order in which they are kept. */
export const features = ["hold", "downDown", "upDown"] as const;
export const featureCount = features.length;

/** Pairs of keys: (before + 1) * keyCount + key. */
export const pairCount = (keyCount + 1) * keyCount;
export const pairOf = (before: number, key: number): number => (before + 1) * keyCount + key;

/** Makes times nearly normal: ln(t + 20 ms) for hold and press-to-press, asinh(t / 80 ms) for release-to-press. */
const transforms = [
  (time: number): number => Math.log(Math.min(Math.max(time, 0), 1_500) + 20),
  (time: number): number => Math.log(Math.min(Math.max(time, 0), 1_500) + 20),
  (time: number): number => Math.asinh(Math.min(Math.max(time, -500), 1_500) / 80),
] as const;

/** Writes the transformed times into `out`; NaN where unknown. */
export function transformed(keystroke: Keystroke, out: Float64Array): void {
  out[0] = transforms[0](keystroke.hold);
  out[1] = transforms[1](keystroke.downDown);
  out[2] = transforms[2](keystroke.upDown);
}

/**
 * No finger lets go sooner, and no two presses are closer than this, ms: a link that delays events delivers them
 * together, and what came together says nothing of the hand. Flights may well be 0: one key goes down as another comes up.
 */
const shortestHold = 10;
const closestPresses = 2;

/** As `transformed`, without the times that only a link makes. */
export function believed(keystroke: Keystroke, out: Float64Array): void {
  transformed(keystroke, out);
  if (keystroke.hold <= shortestHold) out[0] = Number.NaN;
  if (keystroke.downDown <= closestPresses) out[1] = Number.NaN;
}
