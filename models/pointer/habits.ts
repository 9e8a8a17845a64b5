/**
 * What an agent does, against what the population does: log ratios for the score, and what is usual for the words. Worked
 * out for each kind of action when it first comes, and then for another kind at each action until none is left.
 */
import { featureCount, kinds } from "./action.ts";
import { type Usual, usualOf } from "./explanation.ts";
import { addCounts, cellCount, kindCells, logRatios, type Population } from "./histogram.ts";
import type { PointerStatistics } from "./statistics.ts";

/** One kind's counts, which are worked on. */
const counts = new Float32Array(kindCells);

export class Habits {
  /** Log ratios a kind, feature and code; of a kind from its `prepare` on. */
  readonly ratios = new Float32Array(cellCount);
  readonly usual: Usual = {
    mean: new Float32Array(kinds.length * featureCount),
    deviation: new Float32Array(kinds.length * featureCount),
  };
  /** How far the population is believed, of each kind, 0 to 1; see `beliefsOf`. */
  readonly beliefs: Float64Array;
  readonly #left = new Set(kinds.keys());
  readonly #population: Population;
  #enrolled: PointerStatistics | null;

  /** @param enrolled not to be added to before all kinds are worked out */
  constructor(enrolled: PointerStatistics, population: Population, beliefs: Float64Array) {
    this.#enrolled = enrolled;
    this.#population = population;
    this.beliefs = beliefs;
  }

  /** An action of a kind is to be read. */
  prepare(kind: number): void {
    if (this.#enrolled === null) return;
    const next = this.#left.has(kind) ? kind : (this.#left.values().next().value ?? kind);
    this.#left.delete(next);
    counts.fill(0);
    addCounts(this.#enrolled, next, counts);
    logRatios(counts, next, this.#population, this.beliefs[next], this.ratios);
    usualOf(counts, next, this.usual);
    if (this.#left.size === 0) this.#enrolled = null;
  }
}
