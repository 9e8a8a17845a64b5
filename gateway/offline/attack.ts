/** Input that no hand makes, as an attacker's script would send it: what every generator of it gives. */
import type { InputSink } from "../core/input.ts";

/** What an attacker knows of a person: what was typed, and how long keys were held and apart, ms, in no order. */
export interface Victim {
  readonly text: readonly number[];
  readonly holds: readonly number[];
  readonly intervals: readonly number[];
}

/** An event and when it is sent, ms. */
export type Sent = readonly [at: number, send: (sink: InputSink) => void];

export interface Attack {
  readonly name: string;
  /** The events in order of time; the same seed gives the same. */
  readonly events: (victim: Victim, seed: number) => readonly Sent[];
}

export type Random = () => number;
export const between = (random: Random, low: number, high: number): number => low + (high - low) * random();
/** A standard normal number. */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
