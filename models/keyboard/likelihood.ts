/**
 * The likelihood ratio of a window of typing under "the enrolled typist" and "anybody", in closed form.
 *
 * A person's mean in a context is w_c · y + u_c (factor analysis: what goes together, and what is that context's own);
 * a window adds its tempo v_c · s and the noise of single times. Enrolment turns the priors of y and u_c into
 * posteriors, so that a small enrolment claims little. Both densities are Gaussians with a low-rank and a diagonal
 * part: probabilistic linear discriminant analysis with missing data (Ioffe 2006; Prince and Elder 2007).
 */
import type { ContextSums, WindowSums } from "./contexts.ts";
import { type Density, type Population, singleOf, spreadOf } from "./density.ts";
import { factor, gramOf, rowsFor, widthOf } from "./gram.ts";
import { Observed } from "./observed.ts";
import { Target } from "./target.ts";

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

/** Variances of which one logarithm is taken: products of so many are still numbers. */
const variancesAtOnce = 16;

/** The window that is asked about; one for all likelihoods. */
const observed = new Observed();

/** Forgets the window that a likelihood saw last. */
export const forgetWindow = (): void => observed.wipe();

export class Likelihood {
  readonly #population: Population;
  /** The loadings of windows, the same for everybody. */
  readonly #windows: Float32Array;
  readonly #target: Target;
  readonly #anybody: Density;
  /** The variance of the enrolled typist's single times in each context. */
  readonly #noise: Float64Array;
  /** Standard deviation of the last window's tempo, as a share of the population's. */
  #tempo = 0;
  /** ln p(window | anybody) of the last window. */
  #known = 0;
  /** Of the last density: squared residuals, and the logarithm of the variances, summed. */
  #total = 0;
  #logVariance = 0;

  constructor(population: Population, anybody: Density, enrolled: ContextSums) {
    this.#population = population;
    this.#anybody = anybody;
    this.#windows = singleOf(population.windows);
    const spread = spreadOf(population, enrolled);
    this.#noise = spread.map((share, context) => share * population.noise[context]);
    this.#target = new Target(population, enrolled, this.#noise);
  }

  /**
   * ln p(window | the enrolled typist) - ln p(window | anybody), bounded; 0 for nothing. The window stays in memory, for
   * `ratioOf`, until `forgetWindow`.
   * @param presses sets how far the window's tempo averages out
   */
  ratio(window: WindowSums, presses: number): number {
    const tempo = 1 / Math.max(1, presses / this.#population.windowLength);
    observed.read(window, tempo, this.#population.windows.specific, this.#noise);
    this.#tempo = Math.sqrt(tempo);
    this.#known = this.#log(this.#anybody);
    for (let index = 0; index < observed.count; index += 1) this.#target.settle(observed.contexts[index]);
    return this.ratioOf(this.#target);
  }

  /** The ratio of the window that `ratio` saw last, under a colleague instead of the typist. */
  ratioOf(density: Density): number {
    const ratio = this.#log(density) - this.#known;
    return ratio / Math.sqrt(1 + (ratio / mostRatio) ** 2);
  }

  /** The mean that the enrolled typist is expected to have in a context, in the background's deviations. */
  expected(context: number): number {
    this.#target.settle(context);
    return this.#target.base[context];
  }

  #log(density: Density): number {
    const { count } = observed;
    const rank = density.people + this.#population.windows.dimensions;
    const width = widthOf(rank + 1);
    this.#layOut(density, rank, width);
    const gram = gramOf(count, width);
    for (let i = 0; i < rank; i += 1) gram[i * width + i] = gram[i * width + i] + 1;
    const logDeterminant = factor(rank, width);
    let explained = 0;
    for (let i = 0, at = rank; i < rank; i += 1, at += width) explained += gram[at] * gram[at];
    const distance = Math.max(this.#total - explained, 0);
    return -0.5 * ((freedom + count) * Math.log1p(distance / freedom) + this.#logVariance + logDeterminant);
  }

  /** Lays out the observed contexts' loadings in units of their own deviation, each row's residual behind them. */
  #layOut({ base, loadings, own, people }: Density, rank: number, width: number): void {
    const { count, contexts, means, variances } = observed;
    const tempo = this.#tempo;
    const windows = this.#windows;
    const span = rank - people;
    const rows = rowsFor(count, width);
    let total = 0;
    let logVariance = 0;
    let product = 1;
    for (let index = 0; index < count; index += 1) {
      const context = contexts[index];
      const variance = own[context] + variances[index];
      const precision = 1 / Math.sqrt(variance);
      const residual = (means[index] - base[context]) * precision;
      total += residual * residual;
      product *= variance;
      if (index % variancesAtOnce === variancesAtOnce - 1) {
        logVariance += Math.log(product);
        product = 1;
      }
      const to = index * width;
      const from = context * people;
      for (let i = 0; i < people; i += 1) rows[to + i] = loadings[from + i] * precision;
      // the window's factors have the tempo's variance
      const late = precision * tempo;
      for (let i = 0; i < span; i += 1) rows[to + people + i] = windows[context * span + i] * late;
      rows[to + rank] = residual;
    }
    this.#total = total;
    this.#logVariance = logVariance + Math.log(product);
  }
}
