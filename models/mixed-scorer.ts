/**
 * Scores a session against an agent who has several modes in one modality: the usual way, and other devices. The claim
 * is a mixture: each mode has its share before the session, and what the session shows moves the shares, so that the
 * best-fitting mode soon speaks alone, less the price of its rarity.
 */
import { type Llr, llr } from "../gateway/core/units.ts";
import type { Evidence, Scorer } from "./modality.ts";

/** The share of each mode besides the usual one, before a session. */
const rare = 0.1;
/** The share of a mode that comes back at each window: devices may be changed under way. */
const change = 0.001;

export class MixedScorer<Observation> implements Scorer<Observation> {
  /** Of the usual way first. */
  readonly scorers: readonly Scorer<Observation>[];
  readonly #before: Float64Array;
  readonly #shares: Float64Array;

  /** @param scorers of the usual way first */
  constructor(scorers: readonly Scorer<Observation>[]) {
    this.scorers = scorers;
    this.#before = new Float64Array(scorers.length).fill(rare);
    this.#before[0] = 1 - rare * (scorers.length - 1);
    this.#shares = this.#before.slice();
  }

  get windows(): boolean {
    return this.scorers[0].windows;
  }

  set windows(wanted: boolean) {
    for (const scorer of this.scorers) scorer.windows = wanted;
  }

  get count(): number {
    return this.scorers[0].count;
  }

  /** The mode that fits best so far; 0 is the usual one. */
  get fitting(): number {
    return this.#shares.indexOf(Math.max(...this.#shares));
  }

  add(observation: Observation): Evidence | null {
    let usual: Evidence | null = null;
    let sum = 0;
    for (let mode = 0; mode < this.scorers.length; mode++) {
      // all scorers of a modality have the same windows
      const evidence = this.scorers[mode].add(observation);
      if (evidence === null) continue;
      if (mode === 0) usual = evidence;
      this.#shares[mode] *= Math.exp(evidence.llr);
      sum += this.#shares[mode];
    }
    if (usual === null) return null;
    for (let mode = 0; mode < this.#shares.length; mode++)
      this.#shares[mode] = (1 - change) * (this.#shares[mode] / sum) + change * this.#before[mode];
    return { ...usual, llr: llr(Math.log(sum)) };
  }

  sessionLlr(): Llr {
    let most = Number.NEGATIVE_INFINITY;
    const each = this.scorers.map((scorer, mode) => scorer.sessionLlr() + Math.log(this.#before[mode]));
    for (const value of each) most = Math.max(most, value);
    let sum = 0;
    for (const value of each) sum += Math.exp(value - most);
    return llr(this.count === 0 ? 0 : most + Math.log(sum));
  }

  wipe(): void {
    for (const scorer of this.scorers) scorer.wipe();
  }

  again(): MixedScorer<Observation> {
    return new MixedScorer(this.scorers.map((scorer) => scorer.again()));
  }

  explain(most: number): readonly string[] {
    return this.scorers[this.fitting].explain(most);
  }
}
