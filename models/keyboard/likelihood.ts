/**
 * The likelihood ratio of a window of typing under "the enrolled typist" and "anybody", in closed form.
 *
 * A person's mean in a context is w_c · y + u_c (factor analysis: what goes together, and what is that context's own);
 * a window adds its tempo v_c · s and the noise of single times. Enrolment turns the priors of y and u_c into
 * posteriors, so that a small enrolment claims little. Both densities are Gaussians with a low-rank and a diagonal
 * part: probabilistic linear discriminant analysis with missing data (Ioffe 2006; Prince and Elder 2007).
 */
import type { ContextSums } from "./contexts.ts";
import { type Factors, type Row, posterior } from "./factor-analysis.ts";
import { cholesky, solveLower } from "./matrix.ts";

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
  /** How many of the low-rank part's columns are of people; the rest are of windows. */
  readonly people: number;
  /** In single precision: it is most of what a scorer takes in memory. */
  readonly loadings: Float32Array;
  readonly own: Float64Array;
}

/**
 * Degrees of freedom of the common scale of a window's deviations. People have looser and tighter days; a Student's
 * density over the whole window keeps a loose day from counting key by key. Chosen on held-out people; 50 to 200 are alike.
 */
const freedom = 100;
/** Single times that the population's spread is worth against an enrolment's own. */
const spreadPrior = 400;

/**
 * A ratio bends towards this bound: what lies further says that the model is wrong (another keyboard, another day), not
 * that it is more certain. Without it later sessions of a few people have no calibration that holds for the others.
 */
const mostRatio = 20;

export class Likelihood {
  readonly #population: Population;
  readonly #target: Density;
  readonly #anybody: Density;
  readonly #gram: Float64Array;
  readonly #projected: Float64Array;
  readonly #scaled: Float64Array;
  /** The enrolled typist's spread of single times, as a share of the population's variance. */
  readonly #spread: number;
  /** ln p(window | anybody) of the last window. */
  #known = 0;

  constructor(population: Population, anybody: Density, enrolled: ContextSums) {
    this.#population = population;
    this.#anybody = anybody;
    this.#spread = spreadOf(population, enrolled);
    this.#target = targetOf(population, enrolled, this.#spread);
    const rank = population.people.dimensions + population.windows.dimensions;
    this.#gram = new Float64Array(rank * rank);
    this.#projected = new Float64Array(rank);
    this.#scaled = new Float64Array(rank);
  }

  /**
   * ln p(window | the enrolled typist) - ln p(window | anybody), bounded; 0 for nothing.
   * @param presses sets how far the window's tempo averages out
   */
  ratio(window: ContextSums, presses: number): number {
    this.#known = this.#log(this.#anybody, window, this.#tempo(presses));
    return this.#against(this.#target, window, presses);
  }

  /** The ratio of the window that `ratio` saw last, under a colleague instead of the typist. */
  ratioOf(colleague: Density, window: ContextSums, presses: number): number {
    return this.#against(colleague, window, presses);
  }

  #tempo(presses: number): number {
    return 1 / Math.max(1, presses / this.#population.windowLength);
  }

  #against(density: Density, window: ContextSums, presses: number): number {
    const ratio = this.#log(density, window, this.#tempo(presses)) - this.#known;
    return ratio / Math.sqrt(1 + (ratio / mostRatio) ** 2);
  }

  /** The mean that the enrolled typist is expected to have in a context, in the background's deviations. */
  expected(context: number): number {
    return this.#target.base[context];
  }

  #log(density: Density, window: ContextSums, tempo: number): number {
    const { people } = density;
    const rank = people + this.#population.windows.dimensions;
    const gram = this.#gram.fill(0);
    const projected = this.#projected.fill(0);
    const scaled = this.#scaled;
    const { n, sum } = window;
    const { noise } = this.#population;
    const { specific } = this.#population.windows;
    const { base, loadings, own } = density;
    let total = 0;
    let logVariance = 0;
    let observed = 0;
    for (let context = 0; context < n.length; context += 1) {
      const count = n[context];
      if (count <= 0) continue;
      const variance = own[context] + specific[context] * tempo + (this.#spread * noise[context]) / count;
      const residual = sum[context] / count - base[context];
      const weight = 1 / variance;
      total += residual * residual * weight;
      logVariance += Math.log(variance);
      observed += 1;
      const from = context * rank;
      for (let i = 0; i < rank; i += 1) {
        const loading = loadings[from + i];
        const w = loading * weight;
        scaled[i] = w;
        projected[i] = projected[i] + w * residual;
        const to = i * rank;
        for (let j = 0; j <= i; j += 1) gram[to + j] = gram[to + j] + w * loadings[from + j];
      }
    }
    // the window's factors have variance `tempo`: scale their rows and columns instead of the loadings
    const root = Math.sqrt(tempo);
    for (let i = 0; i < rank; i += 1) {
      const row = i < people ? 1 : root;
      projected[i] = projected[i] * row;
      for (let j = 0; j <= i; j += 1) {
        gram[i * rank + j] = gram[i * rank + j] * row * (j < people ? 1 : root) + (i === j ? 1 : 0);
      }
    }
    const logDeterminant = cholesky(gram, rank);
    solveLower(gram, rank, projected);
    let explained = 0;
    for (const value of projected) explained += value * value;
    const distance = Math.max(total - explained, 0);
    return -0.5 * ((freedom + observed) * Math.log1p(distance / freedom) + logVariance + logDeterminant);
  }
}

/** How widely single times of the enrolment scatter around their contexts' means, against the population's. */
function spreadOf(population: Population, enrolled: ContextSums): number {
  let scatter = spreadPrior;
  let degrees = spreadPrior;
  enrolled.n.forEach((n, context) => {
    if (n < 2) return;
    const sum = enrolled.sum[context];
    scatter += Math.max(enrolled.squares[context] - (sum * sum) / n, 0) / population.noise[context];
    degrees += n - 1;
  });
  return scatter / degrees;
}

/** The density of anybody's contexts, shared by all scorers of a population. */
export function anybodyOf(population: Population): Density {
  const { people, windows, noise } = population;
  return {
    base: new Float64Array(noise.length),
    people: people.dimensions,
    loadings: joined(people.loadings, people.dimensions, windows),
    own: people.specific,
  };
}

/**
 * A colleague's density, cheap to keep and to ask: what the enrolment leaves open counts context by context, not as
 * what goes together.
 */
export function colleagueOf(population: Population, enrolled: ContextSums): Density {
  const { base, people, loadings, own } = targetOf(population, enrolled, spreadOf(population, enrolled));
  const rank = people + population.windows.dimensions;
  const open = own.map((variance, context) => {
    let sum = variance;
    for (let i = 0; i < people; i += 1) sum += loadings[context * rank + i] ** 2;
    return sum;
  });
  return densityOf(population, base, open);
}

/** A colleague's density of its means and variances. */
export const densityOf = (population: Population, base: Float64Array, own: Float64Array): Density => ({
  base,
  people: 0,
  loadings: windowLoadings(population),
  own,
});

/** The windows' loadings in single precision, shared by all colleagues of a population. */
const windowed = new WeakMap<Population, Float32Array>();

function windowLoadings(population: Population): Float32Array {
  const known = windowed.get(population) ?? Float32Array.from(population.windows.loadings);
  windowed.set(population, known);
  return known;
}

function joined(left: Float64Array, width: number, windows: Factors): Float32Array {
  const rank = width + windows.dimensions;
  const contexts = left.length / width;
  const out = new Float32Array(contexts * rank);
  for (let context = 0; context < contexts; context += 1) {
    out.set(left.subarray(context * width, (context + 1) * width), context * rank);
    out.set(
      windows.loadings.subarray(context * windows.dimensions, (context + 1) * windows.dimensions),
      context * rank + width,
    );
  }
  return out;
}

/**
 * The enrolled typist's density. Given y, context c has mean (1 - g) w_c · y + g x_c and variance psi_c (1 - g), where
 * g = psi_c / (psi_c + error of x_c) says how far the enrolment is believed in that context.
 */
function targetOf(population: Population, enrolled: ContextSums, spread: number): Density {
  const { people, windows } = population;
  const noise = population.noise.map((variance) => spread * variance);
  const k = people.dimensions;
  const row = rowOf(enrolled);
  const precision = new Float64Array(k * k);
  const mean = new Float64Array(k);
  posterior(row, people, noise, precision, mean);
  const base = new Float64Array(noise.length);
  const own = Float64Array.from(people.specific);
  const belief = new Float64Array(noise.length);
  row.contexts.forEach((context, index) => {
    const psi = people.specific[context];
    const gain = psi / (psi + noise[context] / row.counts[index]);
    belief[context] = gain;
    own[context] = psi * (1 - gain);
    base[context] = gain * row.means[index];
  });
  const loadings = new Float64Array(noise.length * k);
  const column = new Float64Array(k);
  for (let context = 0; context < noise.length; context += 1) {
    const rest = 1 - belief[context];
    let predicted = 0;
    for (let i = 0; i < k; i += 1) {
      const w = people.loadings[context * k + i];
      column[i] = w * rest;
      predicted += w * mean[i];
    }
    base[context] = base[context] + rest * predicted;
    // y ~ N(mean, (L Lᵀ)⁻¹): w · y has the loadings L⁻¹ w
    solveLower(precision, k, column);
    loadings.set(column, context * k);
  }
  return { base, people: k, loadings: joined(loadings, k, windows), own };
}
