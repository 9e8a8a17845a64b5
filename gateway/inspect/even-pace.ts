/** Whether keys come at an even pace: of the latest times between them four in five lie close together. */

/** The share of intervals that must lie close together. */
const together = 0.8;
/**
 * A first look counts intervals in steps of six parts in a hundred, and spares most people the sorting: of a cluster
 * from `a` on as wide as `spread` of its median no interval is above `a / (1 - spread)`, and so it fills few steps.
 */
const stepsPerE = 17;
const [steps, lastStep] = [160, 159];
/** Of so many intervals four in five lie so close together, as a share of the median. */
const windows = [
  { intervals: 32, spread: 0.24 },
  { intervals: 64, spread: 0.32 },
  { intervals: 128, spread: 0.42 },
].map(({ intervals, spread }) => ({
  intervals,
  spread,
  share: Math.ceil(together * intervals),
  span: Math.ceil(-Math.log(1 - spread) * stepsPerE) + 1,
}));
const most = 128;

/** Where intervals are counted and sorted, of whichever session: nothing is allocated for it. */
const counts = new Uint8Array(steps);
const sorted = new Float32Array(most);

export class EvenPace {
  /** The latest intervals, ms, and the step that each falls into, as rings. */
  readonly #intervals = new Float32Array(most);
  readonly #steps = new Uint8Array(most);
  #seen = 0;

  /** Whether anything is remembered. */
  get empty(): boolean {
    return this.#seen === 0;
  }

  /** @param interval ms between two keys, above 1 */
  add(interval: number): void {
    const at = this.#seen++ % most;
    this.#intervals[at] = interval;
    this.#steps[at] = Math.min(lastStep, Math.log(interval) * stepsPerE);
  }

  /** What tells of an even pace, as one lower-case sentence; null where nothing does. */
  look(): string | null {
    counts.fill(0);
    let counted = 0;
    for (const { intervals, spread, share, span } of windows) {
      if (this.#seen < intervals) return null;
      for (; counted < intervals; counted++) counts[this.#steps[(this.#seen - 1 - counted) % most]]++;
      if (fullest(span) < share) continue;
      const width = this.#width(intervals, share);
      if (width < spread * sorted[intervals >> 1])
        return `presses keys at an even pace: of ${intervals} times between them four in five differ by under ${Math.ceil(width)} ms`;
    }
    return null;
  }

  clear(): void {
    this.#seen = 0;
    this.#intervals.fill(0);
    this.#steps.fill(0);
  }

  /** For measuring how near people come to the sign: below 1 it is one. */
  get nearness(): number {
    let nearest = Number.POSITIVE_INFINITY;
    for (const { intervals, spread, share } of windows)
      if (this.#seen >= intervals)
        nearest = Math.min(nearest, this.#width(intervals, share) / (spread * sorted[intervals >> 1]));
    return nearest;
  }

  /** How close together the closest `share` of the latest intervals lie, ms. */
  #width(intervals: number, share: number): number {
    this.#sort(intervals);
    let width = Number.POSITIVE_INFINITY;
    for (let n = 0; n + share <= intervals; n++) width = Math.min(width, sorted[n + share - 1] - sorted[n]);
    return width;
  }

  /** Puts the latest intervals in ascending order. */
  #sort(count: number): void {
    for (let n = 0; n < count; n++) {
      const value = this.#intervals[(this.#seen - 1 - n) % most];
      let to = n;
      for (; to > 0 && sorted[to - 1] > value; to--) sorted[to] = sorted[to - 1];
      sorted[to] = value;
    }
  }
}

/** The most intervals that any so many neighbouring steps hold. */
function fullest(span: number): number {
  let [held, most] = [0, 0];
  for (let step = 0; step < steps; step++) {
    held += counts[step];
    if (step >= span) held -= counts[step - span];
    if (held > most) most = held;
  }
  return most;
}
