/** The two clocks, behind one interface so that tests and offline scoring can drive time themselves. */
import { performance } from "node:perf_hooks";
import { type EpochMillis, type Millis, epochMillis, millis } from "./units.ts";

export interface Clock {
  /** Monotonic time: survives steps of the system clock. All input timing uses this. */
  now(): Millis;
  /** Wall time: for expiry, locks and people. */
  wall(): EpochMillis;
}

export const systemClock: Clock = {
  now: () => millis(performance.now()),
  wall: () => epochMillis(Date.now()),
};
