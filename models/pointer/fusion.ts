/**
 * How the features' log ratios and the trees add up to one score an action, and what a mean score over so many
 * actions is worth as a log-likelihood ratio. Both are learned from people in the role of targets.
 */
import { featureCount } from "./action.ts";

/** Inputs of the fusion: a mean log ratio a feature, then the trees' mean log odds less the cohort's. */
export const inputCount = featureCount + 1;
export const treesInput = featureCount;

/** Amounts of actions at which scores are calibrated; between them lines over the logarithm. */
export const amounts: readonly number[] = [3, 6, 12, 25, 50, 100, 200];

/** One window of a session against one target. */
export interface FusionExample {
  readonly inputs: Float32Array;
  readonly actions: number;
  readonly genuine: boolean;
  /** What the example's people have in common; every domain weighs the same. */
  readonly domain: string;
}

export interface Fusion {
  readonly weights: Float32Array;
  /** A slope and an offset for each of `amounts`. */
  readonly slopes: Float32Array;
  readonly offsets: Float32Array;
}

/** Weights before anything is learned: features speak a twelfth each, since they overlap; trees speak for themselves. */
function evenWeights(): Float64Array {
  const weights = new Float64Array(inputCount).fill(1 / 12);
  weights[treesInput] = 1;
  return weights;
}

/** A fusion of even weights whose score is believed slowly. */
export function untrainedFusion(): Fusion {
  return {
    weights: Float32Array.from(evenWeights()),
    slopes: Float32Array.from(amounts, (n) => n / (n + 12)),
    offsets: new Float32Array(amounts.length),
  };
}

/** The calibrated log-likelihood ratio of a mean score over `actions` actions. */
export function calibrated(fusion: Fusion, score: number, actions: number): number {
  if (actions <= 0) return 0;
  const last = amounts.length - 1;
  let i = 0;
  while (i < last - 1 && actions > amounts[i + 1]) i++;
  const span = Math.log(amounts[i + 1] / amounts[i]);
  const part = Math.min(1, Math.max(0, Math.log(actions / amounts[i]) / span));
  const slope = fusion.slopes[i] + part * (fusion.slopes[i + 1] - fusion.slopes[i]);
  const offset = fusion.offsets[i] + part * (fusion.offsets[i + 1] - fusion.offsets[i]);
  return Math.min(1, actions / amounts[0]) * (slope * score + offset);
}

export function fusedScore(weights: Float32Array, inputs: Float32Array): number {
  let score = 0;
  for (let i = 0; i < inputCount; i++) score += weights[i] * inputs[i];
  return score;
}

/** Both classes, and every domain, weigh the same. */
function balance(examples: readonly FusionExample[]): Float64Array {
  const key = (each: FusionExample): string => `${each.genuine} ${each.domain}`;
  const counts = new Map<string, number>();
  for (const each of examples) counts.set(key(each), (counts.get(key(each)) ?? 0) + 1);
  return Float64Array.from(examples, (each) => 1 / (counts.size * (counts.get(key(each)) as number)));
}

const steps = 250;
const stepSize = 0.03;
const ridge = 0.03;

/**
 * Logistic regression by Adam (Kingma and Ba, 2015), with weights kept from falling below 0 and drawn towards
 * even ones: weights that are right for one farm mislead on another unless they stay near them.
 */
function trainWeights(examples: readonly FusionExample[]): Float32Array {
  const even = evenWeights();
  const weights = even.slice();
  const balanced = balance(examples);
  const scale = new Float64Array(inputCount).fill(1e-12);
  examples.forEach(({ inputs }, e) => {
    for (let i = 0; i < inputCount; i++) scale[i] += balanced[e] * inputs[i] * inputs[i];
  });
  for (let i = 0; i < inputCount; i++) scale[i] = Math.max(1e-3, Math.sqrt(scale[i]));
  const gradient = new Float64Array(inputCount + 1);
  const first = new Float64Array(inputCount + 1);
  const second = new Float64Array(inputCount + 1);
  let bias = 0;
  for (let step = 1; step <= steps; step++) {
    gradient.fill(0);
    examples.forEach(({ inputs, genuine }, e) => {
      let z = bias;
      for (let i = 0; i < inputCount; i++) z += weights[i] * inputs[i];
      const error = balanced[e] * (1 / (1 + Math.exp(-z)) - (genuine ? 1 : 0));
      for (let i = 0; i < inputCount; i++) gradient[i] += error * inputs[i];
      gradient[inputCount] += error;
    });
    for (let i = 0; i <= inputCount; i++) {
      const g = i < inputCount ? gradient[i] / scale[i] + ridge * (weights[i] - even[i]) * scale[i] : gradient[i];
      first[i] = 0.9 * first[i] + 0.1 * g;
      second[i] = 0.999 * second[i] + 0.001 * g * g;
      const mean = first[i] / (1 - 0.9 ** step);
      const move = (stepSize * mean) / (Math.sqrt(second[i] / (1 - 0.999 ** step)) + 1e-10);
      if (i === inputCount) bias -= move;
      else weights[i] = Math.max(0, weights[i] - move / scale[i]);
    }
  }
  return Float32Array.from(weights);
}

/** Slope and offset of one amount by Newton's method, with a weak pull of the slope to 1 and the offset to 0. */
function trainLine(scores: Float64Array, examples: readonly FusionExample[]): [slope: number, offset: number] {
  let [a, b] = [1, 0];
  const pull = 1e-3;
  const balanced = balance(examples);
  for (let step = 0; step < 30; step++) {
    let [ga, gb, haa, hab, hbb] = [pull * (a - 1), pull * b, pull, 0, pull];
    examples.forEach(({ genuine }, e) => {
      const p = 1 / (1 + Math.exp(-(a * scores[e] + b)));
      const error = balanced[e] * (p - (genuine ? 1 : 0));
      const curve = balanced[e] * p * (1 - p);
      ga += error * scores[e];
      gb += error;
      haa += curve * scores[e] * scores[e];
      hab += curve * scores[e];
      hbb += curve;
    });
    const determinant = haa * hbb - hab * hab;
    if (!(determinant > 1e-15)) break;
    const limit = Math.max(
      1,
      Math.abs((hbb * ga - hab * gb) / determinant),
      Math.abs((haa * gb - hab * ga) / determinant),
    );
    a -= (hbb * ga - hab * gb) / determinant / limit;
    b -= (haa * gb - hab * ga) / determinant / limit;
  }
  return [Math.max(0, a), b];
}

/** Learns the weights from all examples, then a line of calibration for each amount. */
export function trainFusion(examples: readonly FusionExample[]): Fusion {
  const both = [true, false].every((genuine) => examples.some((each) => each.genuine === genuine));
  if (!both) return untrainedFusion();
  const weights = trainWeights(examples.filter((each) => each.actions >= 10 && each.actions <= 30));
  const plain = untrainedFusion();
  const slopes = plain.slopes.slice();
  const offsets = plain.offsets.slice();
  amounts.forEach((amount, k) => {
    const some = examples.filter((each) => each.actions === amount);
    if (!some.some((each) => each.genuine) || !some.some((each) => !each.genuine)) {
      slopes[k] = k > 0 ? slopes[k - 1] : slopes[k];
      offsets[k] = k > 0 ? offsets[k - 1] : 0;
      return;
    }
    const scores = Float64Array.from(some, (each) => fusedScore(weights, each.inputs));
    [slopes[k], offsets[k]] = trainLine(scores, some);
  });
  return { weights, slopes, offsets };
}
