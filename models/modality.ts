/**
 * The one shape that keyboard and pointer models share, so that everything above them
 * (fusion, trust, learning, evaluation) is written once. Numbers in, numbers out, no I/O.
 */
import type { Llr, Millis } from "../gateway/core/units.ts";

/**
 * What is kept of one person's input in one modality: additive statistics, nothing from which what was
 * typed could be read in order.
 */
export interface Statistics<Observation> {
  /** Observations taken in (keystrokes or pointer actions). */
  readonly count: number;
  add(observation: Observation): void;
  /** Takes in everything that `other` holds; used to merge days, sessions and recordings. */
  merge(other: Statistics<Observation>): void;
  /** A compact, versioned encoding; the same statistics always give the same bytes. */
  encode(): Uint8Array;
  /** Forgets what was typed; nothing of it stays in memory. */
  wipe(): void;
}

/** One reading of evidence, made whenever a window is full. */
export interface Evidence {
  /** Time of the newest observation in the window. */
  readonly at: Millis;
  readonly modality: "keyboard" | "pointer";
  /** Calibrated LLR of the window alone, already tempered for its overlap with the window before (stride / window). */
  readonly llr: Llr;
  /** Observations in the window. */
  readonly observations: number;
}

/** Scores one session against one enrolled person, streaming. An `add` costs microseconds. */
export interface Scorer<Observation> {
  /** False where nobody reads evidence, only the session's score: `add` then returns null and costs less. True at first. */
  windows: boolean;
  /** Takes in an observation; returns evidence when a window became full, otherwise null. */
  add(observation: Observation): Evidence | null;
  /** Observations taken in so far. */
  readonly count: number;
  /** Calibrated LLR of **all** observations so far (not the sum of the windows). 0 where there is nothing to say. */
  sessionLlr(): Llr;
  /** The observations that weighed most against (or for) the agent lately, in words, strongest first; never what was typed. */
  explain(most: number): readonly string[];
  /** The session is over: forgets what was typed, of which nothing stays in memory. */
  wipe(): void;
  /** A scorer of another session by the same claim, much cheaper than the first. */
  again(): Scorer<Observation>;
}

/** A model of one modality, trained on a background population. */
export interface ModalityModel<Observation> {
  /** Empty statistics to enrol into. */
  statistics(): Statistics<Observation>;
  /** @throws SamehandError `profile-unreadable` for bytes that are not such statistics */
  decode(bytes: Uint8Array): Statistics<Observation>;
  /** A scorer for a session that claims to be the person enrolled. */
  scorer(enrolled: Statistics<Observation>): Scorer<Observation>;
  /** A compact, versioned encoding of the trained parameters. */
  encode(): Uint8Array;
}
