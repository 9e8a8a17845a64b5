/**
 * The likelihood ratio of a window of typing under "the enrolled typist" and "anybody", in closed form.
 *
 * A person's mean in a context is w_c · y + u_c (factor analysis: what goes together, and what is that context's own);
 * a window adds its tempo v_c · s and the noise of single times. Enrolment turns the priors of y and u_c into
 * posteriors, so that a small enrolment claims little. Both densities are Gaussians with a low-rank and a diagonal
 * part: probabilistic linear discriminant analysis with missing data (Ioffe 2006; Prince and Elder 2007).
 */
import type { ContextSums } from "./contexts.ts";
import { type Density, type Population, spreadOf, targetOf } from "./density.ts";
import { accumulate, reserve, scratch } from "./gram.ts";
import { cholesky, solveLower } from "./matrix.ts";

/**
 * Degrees of freedom of the common scale of a window's deviations. People have looser and tighter days; a Student's
 * density over the whole window keeps a loose day from counting key by key. Chosen on held-out people; 50 to 200 are alike.
 */
const freedom = 100;
/**
 * A ratio bends towards this bound: what lies further says that the model is wrong (another keyboard, another day), not
 * that it is more certain. Without it later sessions of a few people have no calibration that holds for the others.
 */
const mostRatio = 20;

export class Likelihood {
  readonly #population: Population;
  readonly #target: Density;
  readonly #anybody: Density;
  /** The enrolled typist's spread of single times in each context, as a share of the population's variance. */
  readonly #spread: Float64Array;
  /** ln p(window | anybody) of the last window. */
  #known = 0;
  /** Of the last density: squared residuals, and the logarithm of the variances, summed. */
  #total = 0;
  #logVariance = 0;

  constructor(population: Population, anybody: Density, enrolled: ContextSums) {
    this.#population = population;
    this.#anybody = anybody;
    this.#spread = spreadOf(population, enrolled);
    this.#target = targetOf(population, enrolled, this.#spread);
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
    const rank = density.people + this.#population.windows.dimensions;
    const observed = this.#gather(density, window, tempo, rank);
    const { gram, projected } = scratch;
    gram.fill(0, 0, rank * rank);
    projected.fill(0, 0, rank);
    accumulate(observed, rank);
    for (let i = 0; i < rank; i += 1) gram[i * rank + i] = gram[i * rank + i] + 1;
    const logDeterminant = cholesky(gram, rank);
    solveLower(gram, rank, projected);
    let explained = 0;
    for (let i = 0; i < rank; i += 1) explained += projected[i] * projected[i];
    const distance = Math.max(this.#total - explained, 0);
    return -0.5 * ((freedom + observed) * Math.log1p(distance / freedom) + this.#logVariance + logDeterminant);
  }

  /** Lays out the observed contexts' loadings and residuals in units of their own deviation. @returns how many */
  #gather(density: Density, window: ContextSums, tempo: number, rank: number): number {
    const { n, sum } = window;
    const { noise } = this.#population;
    const { specific } = this.#population.windows;
    const { base, loadings, own, people } = density;
    // the window's factors have variance `tempo`
    const root = Math.sqrt(tempo);
    const spread = this.#spread;
    let total = 0;
    let logVariance = 0;
    let observed = 0;
    for (let context = 0; context < n.length; context += 1) {
      const count = n[context];
      if (count <= 0) continue;
      const variance = own[context] + specific[context] * tempo + (spread[context] * noise[context]) / count;
      const precision = 1 / Math.sqrt(variance);
      const residual = (sum[context] / count - base[context]) * precision;
      total += residual * residual;
      logVariance += Math.log(variance);
      const to = observed * rank;
      const from = context * rank;
      reserve(to + 4 * rank);
      const { rows, residuals } = scratch;
      for (let i = 0; i < people; i += 1) rows[to + i] = loadings[from + i] * precision;
      const late = precision * root;
      for (let i = people; i < rank; i += 1) rows[to + i] = loadings[from + i] * late;
      residuals[observed] = residual;
      observed += 1;
    }
    this.#total = total;
    this.#logVariance = logVariance;
    return observed;
  }
}
