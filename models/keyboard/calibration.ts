/**
 * Calibration: raw scores to a log-likelihood ratio, as a function of how much was typed. At each of a few amounts a
 * logistic regression on people who trained nothing else; between them the weights are interpolated.
 */
import { cholesky, solveLower, solveUpper } from "./matrix.ts";

/** A labelled example for the regression: raw scores, and whether they are genuine. */
export interface Example {
  readonly scores: Float64Array;
  readonly genuine: boolean;
  /** How much it counts within its class. */
  readonly weight: number;
}

/**
 * Logistic regression by Newton's method; both classes weigh the same, so that the result is a log-likelihood ratio.
 * @returns a weight for each score and the offset last
 */
export function logisticRegression(examples: readonly Example[], ridge: number): Float64Array {
  const width = (examples[0]?.scores.length ?? 0) + 1;
  const weights = new Float64Array(width);
  const total = [0, 0];
  for (const { genuine, weight } of examples) total[genuine ? 1 : 0] += weight;
  const share = total.map((sum) => (sum > 0 ? 0.5 / sum : 0));
  const inputs = new Float64Array(width);
  for (let iteration = 0; iteration < 50; iteration += 1) {
    const hessian = new Float64Array(width * width);
    const gradient = new Float64Array(width);
    for (let i = 0; i < width; i += 1) {
      const pull = i < width - 1 ? ridge : ridge * 0.01;
      hessian[i * width + i] = pull;
      gradient[i] = -pull * weights[i];
    }
    for (const { scores, genuine, weight: each } of examples) {
      inputs.set(scores);
      inputs[width - 1] = 1;
      let logit = 0;
      for (let i = 0; i < width; i += 1) logit += inputs[i] * weights[i];
      const probability = 1 / (1 + Math.exp(-logit));
      const weight = each * share[genuine ? 1 : 0];
      const error = weight * ((genuine ? 1 : 0) - probability);
      const curvature = weight * Math.max(probability * (1 - probability), 1e-6);
      for (let i = 0; i < width; i += 1) {
        gradient[i] = gradient[i] + error * inputs[i];
        for (let j = 0; j <= i; j += 1) {
          hessian[i * width + j] = hessian[i * width + j] + curvature * inputs[i] * inputs[j];
        }
      }
    }
    cholesky(hessian, width);
    solveLower(hessian, width, gradient);
    solveUpper(hessian, width, gradient);
    let change = 0;
    let size = 0;
    for (const step of gradient) size = Math.max(size, Math.abs(step));
    const damp = Math.min(1, 2 / Math.max(size, 1e-12));
    for (let i = 0; i < width; i += 1) {
      weights[i] = weights[i] + damp * gradient[i];
      change = Math.max(change, Math.abs(damp * gradient[i]));
    }
    if (change < 1e-6) break;
  }
  return weights;
}

export class Calibration {
  /** Amounts of keystrokes, ascending, at which `weights` hold. */
  readonly amounts: readonly number[];
  /** For each amount a weight for each score, the offset last. */
  readonly weights: readonly Float64Array[];

  constructor(amounts: readonly number[], weights: readonly Float64Array[]) {
    this.amounts = amounts;
    this.weights = weights;
  }

  /** The calibrated log-likelihood ratio of the scores of `presses` keystrokes. */
  apply(scores: Float64Array, presses: number): number {
    const { amounts, weights } = this;
    let upper = amounts.findIndex((amount) => amount >= presses);
    if (upper < 0) upper = amounts.length - 1;
    const lower = Math.max(0, upper - 1);
    const from = Math.log(amounts[lower]);
    const to = Math.log(amounts[upper]);
    const share = to > from ? Math.min(Math.max((Math.log(presses) - from) / (to - from), 0), 1) : 1;
    const left = weights[lower];
    const right = weights[upper];
    // under the least amount the offset fades: with nothing typed there is nothing to say
    const fade = Math.min(1, presses / amounts[0]);
    let total = (left[scores.length] * (1 - share) + right[scores.length] * share) * fade;
    for (let i = 0; i < scores.length; i += 1) {
      total += scores[i] * (left[i] * (1 - share) + right[i] * share);
    }
    return total;
  }
}
