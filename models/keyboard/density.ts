/**
 * Densities of a person's or anybody's times in all contexts, learned of a population: a mean, what goes together, and
 * what is each context's own. An enrolment makes the typist's density of everybody's.
 */
import { type ContextSums, featureOf } from "./contexts.ts";
import type { Factors, Row } from "./factor-analysis.ts";
import { Target } from "./target.ts";
import { featureCount } from "./times.ts";

/** What is learned of a population. */
export interface Population {
  /** Between people. */
  readonly people: Factors;
  /** Between windows of one person: tempo, tiredness, text. */
  readonly windows: Factors;
  /** Variance of a single standardised time within a person, of each context. */
  readonly noise: Float64Array;
  /** Presses over which the tempo of a window is drawn anew. */
  readonly windowLength: number;
}

/** The observed contexts of some sums. */
export function rowOf(sums: ContextSums): Row {
  let observed = 0;
  for (const n of sums.n) if (n > 0) observed += 1;
  const row = {
    contexts: new Int32Array(observed),
    means: new Float64Array(observed),
    counts: new Float64Array(observed),
  };
  let index = 0;
  sums.n.forEach((n, context) => {
    if (n <= 0) return;
    row.contexts[index] = context;
    row.counts[index] = n;
    row.means[index] = sums.sum[context] / n;
    index += 1;
  });
  return row;
}

/** A Gaussian over contexts: a mean, a low-rank part, and each context's own variance. */
export interface Density {
  readonly base: Float64Array;
  /** Columns of the low-rank part that are of people; behind them come those of windows, the same for all. */
  readonly people: number;
  /** Contexts by people, in single precision: it is most of what a scorer takes in memory. */
  readonly loadings: Float32Array;
  readonly own: Float64Array;
}

/** Single times of a feature that the population's spread is worth against an enrolment's own. */
const spreadPrior = 200;

/**
 * How widely single times of the enrolment scatter around their contexts' means, against the population's: for each
 * context as for all of its feature. Holds and flights differ in it, and a shaky link widens holds most.
 */
export function spreadOf(population: Population, enrolled: ContextSums): Float64Array {
  const scatter = new Float64Array(featureCount).fill(spreadPrior);
  const degrees = new Float64Array(featureCount).fill(spreadPrior);
  enrolled.n.forEach((n, context) => {
    if (n < 2) return;
    const feature = featureOf(context, enrolled.n.length);
    const sum = enrolled.sum[context];
    scatter[feature] += Math.max(enrolled.squares[context] - (sum * sum) / n, 0) / population.noise[context];
    degrees[feature] += n - 1;
  });
  return enrolled.n.map((_, context) => {
    const feature = featureOf(context, enrolled.n.length);
    return scatter[feature] / degrees[feature];
  });
}

/** The density of anybody's contexts, shared by all scorers of a population. */
export function anybodyOf({ people, noise }: Population): Density {
  return {
    base: new Float64Array(noise.length),
    people: people.dimensions,
    loadings: singleOf(people),
    own: people.specific,
  };
}

/**
 * A colleague's density, cheap to keep and to ask: what the enrolment leaves open counts context by context, not as
 * what goes together.
 */
export function colleagueOf(population: Population, enrolled: ContextSums): Density {
  const noise = spreadOf(population, enrolled).map((share, context) => share * population.noise[context]);
  const { base, people, loadings, own } = new Target(population, enrolled, noise).settleAll();
  const open = own.map((variance, context) => {
    let sum = variance;
    for (let i = 0; i < people; i += 1) sum += loadings[context * people + i] ** 2;
    return sum;
  });
  return densityOf(base, open);
}

const none = new Float32Array(0);

/** A colleague's density of its means and variances. */
export const densityOf = (base: Float64Array, own: Float64Array): Density => ({ base, people: 0, loadings: none, own });

const singles = new WeakMap<Factors, Float32Array>();

/** Loadings in single precision, made once. */
export function singleOf(factors: Factors): Float32Array {
  const known = singles.get(factors) ?? Float32Array.from(factors.loadings);
  singles.set(factors, known);
  return known;
}
