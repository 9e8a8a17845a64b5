/** Learns the population that likelihoods need: contexts, noise, factors between people and between windows. */
import { ContextSums, Contexts, featureOf } from "./contexts.ts";
import { type Factors, type Row, factorAnalysis } from "./factor-analysis.ts";
import type { Keystroke } from "./keystroke.ts";
import { type Population, rowOf } from "./density.ts";
import type { Network } from "./network.ts";
import { KeyboardStatistics } from "./statistics.ts";
import { featureCount, pairOf, transformed } from "./times.ts";

/** One person of the background: sittings in order of time, each the keystrokes of one recording or session. */
export interface PersonData {
  /** Unique over all sets. */
  readonly id: string;
  /** The data set or farm: people are compared within it only, so that no device or clock passes for a person. */
  readonly set: string;
  readonly sittings: readonly (readonly Keystroke[])[];
}

export interface PopulationOptions {
  readonly seed: number;
  readonly digraphs: number;
  readonly people: number;
  readonly windows: number;
  readonly iterations: number;
  readonly windowLength: number;
}

/** The digraphs typed by most people, those with the most people first; ties by their number. */
function frequentDigraphs(people: readonly PersonData[], most: number): Uint16Array {
  const total = new Map<number, number>();
  for (const person of people) {
    const counts = new Map<number, number>();
    for (const sitting of person.sittings) {
      for (const stroke of sitting) {
        if (stroke.before < 0) continue;
        const pair = pairOf(stroke.before, stroke.key);
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    // the root keeps one verbose person from choosing the digraphs
    for (const [pair, count] of counts) total.set(pair, (total.get(pair) ?? 0) + Math.sqrt(count));
  }
  const ranked = [...total].sort((left, right) => right[1] - left[1] || left[0] - right[0]);
  return Uint16Array.from(ranked.slice(0, most).map(([pair]) => pair)).sort();
}

/** Contexts whose mean and deviation weigh every person alike, shrunk towards the feature's where there is little. */
function standardised(people: readonly PersonData[], digraphs: Uint16Array): Contexts {
  const plain = new Contexts(digraphs);
  const weight = new Float64Array(plain.count);
  const mean = new Float64Array(plain.count);
  const squares = new Float64Array(plain.count);
  const times = new Float64Array(featureCount);
  for (const person of people) {
    const n = new Float64Array(plain.count);
    const s = new Float64Array(plain.count);
    const q = new Float64Array(plain.count);
    for (const stroke of person.sittings.flat()) {
      transformed(stroke, times);
      for (let feature = 0; feature < featureCount; feature += 1) {
        const context = plain.of(pairOf(stroke.before, stroke.key), feature);
        const time = times[feature];
        if (context < 0 || Number.isNaN(time)) continue;
        n[context] = n[context] + 1;
        s[context] = s[context] + time;
        q[context] = q[context] + time * time;
      }
    }
    n.forEach((count, context) => {
      if (count === 0) return;
      const w = Math.min(count, 5) / count;
      weight[context] = weight[context] + w * count;
      mean[context] = mean[context] + w * s[context];
      squares[context] = squares[context] + w * q[context];
    });
  }
  const pooled = Array.from({ length: featureCount }, () => [0, 0, 0] as [number, number, number]);
  weight.forEach((w, context) => {
    const pool = pooled[featureOf(context, plain.count)];
    pool[0] += w;
    pool[1] += mean[context];
    pool[2] += squares[context];
  });
  const deviation = new Float64Array(plain.count);
  const prior = 20;
  weight.forEach((w, context) => {
    const [n, s, q] = pooled[featureOf(context, plain.count)];
    const common = n > 0 ? s / n : 0;
    const spread = n > 0 ? Math.max(q / n - common * common, 1e-4) : 1;
    const centre = (mean[context] + prior * common) / (w + prior);
    const second = (squares[context] + prior * (spread + common * common)) / (w + prior);
    // as they are encoded, so that a model means the same after it was stored
    mean[context] = Math.fround(centre);
    deviation[context] = Math.fround(Math.sqrt(Math.max(second - centre * centre, 0.1 * spread)));
  });
  return new Contexts(digraphs, mean, deviation);
}

/** Keystrokes of a person cut into windows of about `length` that do not span sittings. */
function windowsOf(person: PersonData, length: number): Keystroke[][] {
  const windows: Keystroke[][] = [];
  for (const sitting of person.sittings) {
    for (let from = 0; from + length <= sitting.length; from += length)
      windows.push(sitting.slice(from, from + length));
  }
  return windows;
}

export function sumsOf(contexts: Contexts, strokes: Iterable<Keystroke>): ContextSums {
  const sums = new ContextSums(contexts.count);
  const at = new Int32Array(featureCount);
  const values = new Float64Array(featureCount);
  for (const stroke of strokes) {
    const count = contexts.read(stroke, at, values);
    for (let index = 0; index < count; index += 1) sums.add(at[index], values[index]);
  }
  return sums;
}

export function statisticsOf(strokes: Iterable<Keystroke>, network: Network | null): KeyboardStatistics {
  const statistics = new KeyboardStatistics(network);
  for (const stroke of strokes) statistics.add(stroke);
  return statistics;
}

export function trainPopulation(
  people: readonly PersonData[],
  options: PopulationOptions,
): { readonly contexts: Contexts; readonly population: Population } {
  const contexts = standardised(people, frequentDigraphs(people, options.digraphs));
  const sums = people.map((person) => sumsOf(contexts, person.sittings.flat()));
  const noise = withinPeople(contexts.count, sums);
  const common = { iterations: options.iterations, seed: options.seed, ridge: 2 };
  const between = factorAnalysis(sums.map(rowOf), noise, { ...common, dimensions: options.people });
  const rows = people.flatMap((person, index) => residuals(contexts, person, sums[index], options.windowLength));
  const windows = factorAnalysis(rows, noise, { ...common, dimensions: options.windows });
  // as they are encoded, so that what is calibrated on them is calibrated on what is read back
  return {
    contexts,
    population: {
      people: rounded(between),
      windows: rounded(windows),
      noise: noise.map(Math.fround),
      windowLength: options.windowLength,
    },
  };
}

const rounded = ({ dimensions, loadings, specific }: Factors): Factors => ({
  dimensions,
  loadings: loadings.map(Math.fround),
  specific: specific.map(Math.fround),
});

/** Variance of single times around their person's mean, each context's shrunk towards the average. */
function withinPeople(count: number, sums: readonly ContextSums[]): Float64Array {
  const spread = new Float64Array(count);
  const degrees = new Float64Array(count);
  for (const person of sums) {
    person.n.forEach((n, context) => {
      if (n < 2) return;
      // a verbose person counts for at most 20
      const share = Math.min(1, 20 / n);
      const sum = person.sum[context];
      spread[context] = spread[context] + share * (person.squares[context] - (sum * sum) / n);
      degrees[context] = degrees[context] + share * (n - 1);
    });
  }
  const prior = 30;
  return spread.map((s, context) => Math.max((s + prior * 0.6) / (degrees[context] + prior), 0.05));
}

/** Windows of a person around the mean of the rest of the person's typing. */
function residuals(contexts: Contexts, person: PersonData, all: ContextSums, length: number): Row[] {
  return windowsOf(person, length).map((strokes) => {
    const window = sumsOf(contexts, strokes);
    const residual = new ContextSums(contexts.count);
    window.n.forEach((n, context) => {
      const rest = all.n[context] - n;
      if (n === 0 || rest < 1) return;
      const mean = window.sum[context] / n - (all.sum[context] - window.sum[context]) / rest;
      // the error of the rest's mean adds to the window's: fewer counts stand for it
      const effective = (n * rest) / (n + rest);
      residual.n[context] = effective;
      residual.sum[context] = effective * mean;
    });
    return rowOf(residual);
  });
}
