/** The few statistics that the tables need. */

/** The value below which a share `q` (0 to 1) of the sorted values lies; NaN of none. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

/** The middle of repetitions, and how far they lie apart. */
export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly repetitions: number;
}

/** Median with the lowest and highest repetition; what is not finite is left out. */
export function figure(values: readonly number[]): Figure {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return {
    median: median ?? Number.NaN,
    low: sorted[0] ?? Number.NaN,
    high: sorted.at(-1) ?? Number.NaN,
    repetitions: sorted.length,
  };
}
