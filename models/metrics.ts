/**
 * Error rates of scores, as ISO/IEC 19795-1 counts them: a score at or above the threshold accepts the claim.
 */

/** Scores of true claims and of false ones. Higher speaks for the claim. */
export interface Scores {
  readonly genuine: readonly number[];
  readonly impostor: readonly number[];
}

/** One point of a DET curve. */
export interface ErrorPoint {
  readonly threshold: number;
  /** False match rate: share of impostors accepted. */
  readonly fmr: number;
  /** False non-match rate: share of the genuine refused. */
  readonly fnmr: number;
}

/** Every point at which a rate changes, from accepting everybody to accepting nobody. */
export function errorCurve(scores: Scores): ErrorPoint[] {
  const genuine = Float64Array.from(scores.genuine).sort();
  const impostor = Float64Array.from(scores.impostor).sort();
  const points: ErrorPoint[] = [{ threshold: Number.NEGATIVE_INFINITY, fmr: 1, fnmr: 0 }];
  let [g, i] = [0, 0];
  while (g < genuine.length || i < impostor.length) {
    const value = Math.min(genuine[g] ?? Number.POSITIVE_INFINITY, impostor[i] ?? Number.POSITIVE_INFINITY);
    while (g < genuine.length && genuine[g] === value) g++;
    while (i < impostor.length && impostor[i] === value) i++;
    points.push({ threshold: value, fmr: 1 - i / impostor.length, fnmr: g / genuine.length });
  }
  return points;
}

/** Equal error rate, 0 to 1, between the two points where the rates cross. NaN where a class is empty. */
export function equalErrorRate(scores: Scores): number {
  if (scores.genuine.length === 0 || scores.impostor.length === 0) return Number.NaN;
  let before: ErrorPoint = { threshold: Number.NEGATIVE_INFINITY, fmr: 1, fnmr: 0 };
  for (const point of errorCurve(scores)) {
    if (point.fnmr >= point.fmr) {
      const [high, low] = [before.fmr - before.fnmr, point.fnmr - point.fmr];
      const share = high + low === 0 ? 0 : high / (high + low);
      return before.fmr + share * (point.fmr - before.fmr);
    }
    before = point;
  }
  return 0.5;
}

/** Area under the ROC curve: the chance that a genuine score is above an impostor's, ties counting half. */
export function areaUnderCurve(scores: Scores): number {
  const { genuine, impostor } = scores;
  if (genuine.length === 0 || impostor.length === 0) return Number.NaN;
  const all = [
    ...genuine.map((score) => ({ score, genuine: true })),
    ...impostor.map((score) => ({ score, genuine: false })),
  ].sort((a, b) => a.score - b.score);
  let rankSum = 0;
  for (let start = 0; start < all.length;) {
    let end = start;
    while (end < all.length && all[end]?.score === all[start]?.score) end++;
    const rank = (start + 1 + end) / 2;
    for (let index = start; index < end; index++) if (all[index].genuine) rankSum += rank;
    start = end;
  }
  const n = genuine.length;
  return (rankSum - (n * (n + 1)) / 2) / (n * impostor.length);
}

/** Share of impostors accepted where at most `fnmr` of the genuine are refused. */
export function falseMatchAt(scores: Scores, fnmr: number): number {
  let best = 1;
  for (const point of errorCurve(scores)) if (point.fnmr <= fnmr) best = Math.min(best, point.fmr);
  return best;
}

/** Share of the genuine refused where at most `fmr` of the impostors are accepted. */
export function falseNonMatchAt(scores: Scores, fmr: number): number {
  let best = 1;
  for (const point of errorCurve(scores)) if (point.fmr <= fmr) best = Math.min(best, point.fnmr);
  return best;
}

/** Cost of calibration in bits (Brümmer's Cllr): 0 perfect, 1 says nothing. */
export function calibrationCost(scores: Scores): number {
  const bits = (value: number): number => (value > 30 ? value : Math.log1p(Math.exp(value))) / Math.LN2;
  const mean = (values: readonly number[], sign: number): number =>
    values.reduce((sum, value) => sum + bits(sign * value), 0) / values.length;
  return (mean(scores.genuine, -1) + mean(scores.impostor, 1)) / 2;
}

/** The value below which a share of the values lies, linear between them. NaN for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return Number.NaN;
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const below = sorted[low] ?? Number.NaN;
  return below + (place - low) * ((sorted[low + 1] ?? below) - below);
}

/** Mean; NaN for none. */
export const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Upper bound on the mean of a Poisson count with 95 % confidence (Garwood), for rates of rare events.
 * Solved by bisection of the cumulative sum.
 */
export function poissonUpperBound(count: number, confidence = 0.95): number {
  const below = (rate: number): number => {
    let term = Math.exp(-rate);
    let sum = term;
    for (let k = 1; k <= count; k++) sum += term *= rate / k;
    return sum;
  };
  let [low, high] = [0, count + 20 + 6 * Math.sqrt(count)];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (below(middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** A seeded generator of numbers in [0, 1): the same seed, the same numbers (mulberry32, public domain). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A 95 % interval of a statistic by drawing people with replacement: rows of one person are not independent.
 * @param people each person's own scores @param statistic of the pooled scores of the people drawn
 */
export function bootstrapInterval(
  people: readonly Scores[],
  statistic: (scores: Scores) => number,
  draws: number,
  seed: number,
): readonly [number, number] {
  const random = seeded(seed);
  const values: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const genuine: number[] = [];
    const impostor: number[] = [];
    for (let index = 0; index < people.length; index++) {
      const person = people[Math.floor(random() * people.length)];
      if (person === undefined) continue;
      for (const score of person.genuine) genuine.push(score);
      for (const score of person.impostor) impostor.push(score);
    }
    const value = statistic({ genuine, impostor });
    if (!Number.isNaN(value)) values.push(value);
  }
  return [quantile(values, 0.025), quantile(values, 0.975)];
}
