/**
 * The few-shot scorer's tables: how much more often the agent's actions fall into a bin than the reference
 * population's, for every kind of action and feature.
 */
import { featureCount, kinds } from "./action.ts";
import { codeCount } from "./quantise.ts";
import { rowBytes, type PointerStatistics } from "./statistics.ts";

/** Cells: kind, then feature, then code. */
export const cellCount = kinds.length * featureCount * codeCount;
const tables = kinds.length * featureCount;
/** Cells of one kind. */
export const kindCells = featureCount * codeCount;

/** What agents are compared with: shares of codes, and the coarse bins that they make. */
export interface Population {
  readonly shares: Float32Array;
  readonly map: Uint8Array;
}

const bins = 12;
/** Pseudo-counts of the population in an agent's histograms. */
const relevance = 10;
/** Of a kind of action of which a population has fewer rows than this, two an action, its histograms say as much less. */
const enoughRows = 32;

/** Counts of codes of one person's rows. */
export function histogramOf(statistics: PointerStatistics): Float32Array {
  const counts = new Float32Array(cellCount);
  for (let kind = 0; kind < kinds.length; kind++)
    addCounts(statistics, kind, counts.subarray(kind * kindCells, (kind + 1) * kindCells));
  return counts;
}

/** Adds the codes of one person's rows of a kind to that kind's counts. */
export function addCounts({ rows, kept }: PointerStatistics, kind: number, counts: Float32Array): void {
  for (let row = 0, start = 0; row < kept; row++, start += rowBytes) {
    if (rows[start + featureCount] !== kind) continue;
    for (let f = 0, cells = 0; f < featureCount; f++, cells += codeCount) counts[cells + rows[start + f]]++;
  }
}

/** How far a population's histograms of each kind are believed, 0 to 1: of what nobody in it does they say nothing. */
export function beliefsOf(people: readonly PointerStatistics[]): Float64Array {
  const beliefs = new Float64Array(kinds.length);
  for (const { rows, kept } of people)
    for (let row = 0, at = featureCount; row < kept; row++, at += rowBytes) beliefs[rows[at]]++;
  return beliefs.map((count) => Math.min(1, count / enoughRows));
}

/** Each table's shares of one person's counts. */
export function sharesOf(counts: Float32Array): Float32Array {
  const shares = new Float32Array(cellCount);
  for (let table = 0; table < tables; table++) {
    const start = table * codeCount;
    let total = 0;
    for (let code = 0; code < codeCount; code++) total += counts[start + code];
    if (total === 0) continue;
    for (let code = 0; code < codeCount; code++) shares[start + code] = counts[start + code] / total;
  }
  return shares;
}

/** The population of some people, every person weighing the same, so that nobody's long session sets the reference. */
export function populationOf(people: readonly PointerStatistics[]): Population {
  const sum = new Float64Array(cellCount);
  for (const person of people) addShares(sum, sharesOf(histogramOf(person)), 1);
  return populationOfShares(sum);
}

/** Adds one person's shares to a sum, or takes them out again with a `sign` of -1. */
export function addShares(sum: Float64Array, shares: Float32Array, sign: 1 | -1): void {
  for (let cell = 0; cell < cellCount; cell++) sum[cell] += sign * shares[cell];
}

/** The population of a sum of shares. */
export function populationOfShares(sum: Float64Array): Population {
  // What was added and taken out again may leave a trace.
  const shares = Float32Array.from(sum, (share) => (share < 1e-9 ? 0 : share));
  return { shares, map: coarsen(shares, bins) };
}

/** Coarse bins of each table: which of `bins` of about the same share of the population a code falls into; 0 is missing. */
function coarsen(population: Float32Array, bins: number): Uint8Array {
  const map = new Uint8Array(cellCount);
  for (let table = 0; table < tables; table++) {
    const start = table * codeCount;
    let total = 0;
    for (let code = 1; code < codeCount; code++) total += population[start + code];
    let below = 0;
    for (let code = 1; code < codeCount; code++) {
      const share = population[start + code];
      const middle = total > 0 ? (below + share / 2) / total : 0;
      map[start + code] = 1 + Math.min(bins - 1, Math.floor(middle * bins));
      below += share;
    }
  }
  return map;
}

/**
 * Log ratios a code of one kind: the agent's histogram, MAP-adapted from the population with `relevance` pseudo-counts,
 * over the population's.
 * @param agent the kind's counts @param belief in the population's, 0 to 1 @param ratios where they go, of all kinds
 */
export function logRatios(
  agent: Float32Array,
  kind: number,
  { shares: population, map }: Population,
  belief: number,
  ratios: Float32Array,
): void {
  const own = new Float64Array(bins + 1);
  const all = new Float64Array(bins + 1);
  for (let counts = 0, start = kind * kindCells; counts < kindCells; counts += codeCount, start += codeCount) {
    own.fill(0);
    all.fill(0);
    let ownTotal = 0;
    let allTotal = 0;
    for (let code = 0; code < codeCount; code++) {
      const bin = map[start + code];
      own[bin] += agent[counts + code];
      all[bin] += population[start + code];
      ownTotal += agent[counts + code];
      allTotal += population[start + code];
    }
    for (let bin = 0; bin <= bins; bin++) {
      const share = (all[bin] + 1e-3) / (allTotal + 1e-3 * (bins + 1));
      all[bin] = Math.log((own[bin] + relevance * share) / (ownTotal + relevance) / share);
    }
    for (let code = 0; code < codeCount; code++) ratios[start + code] = belief * all[map[start + code]];
  }
}
