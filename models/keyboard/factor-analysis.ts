/**
 * Factor analysis of people with missing data and known noise, by expectation and maximisation.
 * Model: x_ic = w_c · y_i + u_ic + e_ic, y ~ N(0, I), u_ic ~ N(0, psi_c), e_ic ~ N(0, noise_c / n_ic).
 * Rubin and Thayer, "EM algorithms for ML factor analysis", Psychometrika 1982; each term weighted by its variance.
 */
import { cholesky, inverseFromCholesky, solveLower, solveUpper } from "./matrix.ts";
import { Random } from "./random.ts";

/** One person's (or window's) observed contexts with the mean of each and how many times it averages. */
export interface Row {
  readonly contexts: Int32Array;
  readonly means: Float64Array;
  readonly counts: Float64Array;
}

export interface Factors {
  readonly dimensions: number;
  /** Contexts by dimensions. */
  readonly loadings: Float64Array;
  /** Variance between people of each context that the factors do not explain. */
  readonly specific: Float64Array;
}

const leastSpecific = 0.002;
const mostSpecific = 1.5;

/**
 * @param noise variance of a single time within a person, of each context
 * @param ridge precision of the prior that keeps the loadings of rare contexts small
 */
export function factorAnalysis(
  rows: readonly Row[],
  noise: Float64Array,
  options: { readonly dimensions: number; readonly iterations: number; readonly ridge: number; readonly seed: number },
): Factors {
  const { dimensions: k, iterations, ridge, seed } = options;
  const contexts = noise.length;
  const random = new Random(seed);
  const loadings = Float64Array.from({ length: contexts * k }, () => 0.2 * random.normal());
  const specific = new Float64Array(contexts).fill(0.1);
  const second = new Float64Array(contexts * k * k);
  const first = new Float64Array(contexts * k);
  const top = new Float64Array(contexts);
  const bottom = new Float64Array(contexts);
  const precision = new Float64Array(k * k);
  const covariance = new Float64Array(k * k);
  const mean = new Float64Array(k);
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    second.fill(0);
    first.fill(0);
    top.fill(0);
    bottom.fill(0);
    for (const row of rows) {
      posterior(row, { dimensions: k, loadings, specific }, noise, precision, mean);
      inverseFromCholesky(precision, k, covariance);
      for (let index = 0; index < row.contexts.length; index += 1) {
        const c = row.contexts[index];
        const x = row.means[index];
        const error = noise[c] / row.counts[index];
        const weight = 1 / (specific[c] + error);
        let predicted = 0;
        let spread = 0;
        for (let i = 0; i < k; i += 1) {
          const w = loadings[c * k + i];
          predicted += w * mean[i];
          let inner = 0;
          for (let j = 0; j < i; j += 1) inner += covariance[i * k + j] * loadings[c * k + j];
          spread += w * (2 * inner + covariance[i * k + i] * w);
        }
        for (let i = 0; i < k; i += 1) {
          const m = mean[i];
          first[c * k + i] = first[c * k + i] + weight * x * m;
          const to = c * k * k + i * k;
          for (let j = 0; j <= i; j += 1) {
            second[to + j] = second[to + j] + weight * (covariance[i * k + j] + m * mean[j]);
          }
        }
        top[c] = top[c] + weight * weight * ((x - predicted) ** 2 + spread - error);
        bottom[c] = bottom[c] + weight * weight;
      }
    }
    for (let c = 0; c < contexts; c += 1) {
      if (bottom[c] === 0) {
        loadings.fill(0, c * k, c * k + k);
        continue;
      }
      const matrix = second.slice(c * k * k, (c + 1) * k * k);
      for (let i = 0; i < k; i += 1) matrix[i * k + i] = matrix[i * k + i] + ridge;
      const right = first.slice(c * k, c * k + k);
      cholesky(matrix, k);
      solveLower(matrix, k, right);
      solveUpper(matrix, k, right);
      loadings.set(right, c * k);
      // a few people say little about a context's own variance: shrink towards a common value
      const prior = 20;
      const estimate = (top[c] + prior * 0.1) / (bottom[c] + prior);
      specific[c] = Math.min(Math.max(estimate, leastSpecific), mostSpecific);
    }
  }
  return { dimensions: k, loadings, specific };
}

/** The posterior of y given a row: its mean into `mean`, the Cholesky factor of its precision into `precision`. */
export function posterior(
  row: Row,
  factors: Factors,
  noise: Float64Array,
  precision: Float64Array,
  mean: Float64Array,
): void {
  const k = factors.dimensions;
  precision.fill(0);
  mean.fill(0);
  for (let i = 0; i < k; i += 1) precision[i * k + i] = 1;
  for (let index = 0; index < row.contexts.length; index += 1) {
    const c = row.contexts[index];
    const weight = 1 / (factors.specific[c] + noise[c] / row.counts[index]);
    const x = weight * row.means[index];
    for (let i = 0; i < k; i += 1) {
      const w = factors.loadings[c * k + i];
      mean[i] = mean[i] + x * w;
      const scaled = weight * w;
      for (let j = 0; j <= i; j += 1) {
        precision[i * k + j] = precision[i * k + j] + scaled * factors.loadings[c * k + j];
      }
    }
  }
  cholesky(precision, k);
  solveLower(precision, k, mean);
  solveUpper(precision, k, mean);
}
