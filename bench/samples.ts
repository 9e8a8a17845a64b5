/** What was measured: one number a measure, contender and repetition; ratios are taken within a repetition. */
import { type Figure, figure } from "./statistics.ts";

/** One row of the table. */
export interface Measure {
  readonly family: string;
  /** What was done, such as `heavy, 50 sessions`. */
  readonly load: string;
  readonly quantity: string;
  readonly unit: string;
}

export const key = ({ family, load, quantity }: Omit<Measure, "unit">): string => `${family}: ${load}: ${quantity}`;

export class Samples {
  readonly #measures = new Map<string, Measure>();
  readonly #values = new Map<string, number[]>();

  add(measure: Measure, contender: string, repetition: number, value: number): void {
    this.#measures.set(key(measure), measure);
    const at = `${key(measure)}: ${contender}`;
    const values = this.#values.get(at) ?? [];
    values[repetition] = value;
    this.#values.set(at, values);
  }

  get measures(): Measure[] {
    return [...this.#measures.values()];
  }

  /** By repetition; a hole where one failed. */
  values(measure: string, contender: string): readonly number[] {
    return this.#values.get(`${measure}: ${contender}`) ?? [];
  }

  /** `combine` of two contenders' values, repetition by repetition. */
  paired(measure: string, one: string, other: string, combine: (one: number, other: number) => number): number[] {
    const others = this.values(measure, other);
    return this.values(measure, one)
      .map((value, repetition) => combine(value, others[repetition] ?? Number.NaN))
      .filter(Number.isFinite);
  }

  figure(measure: string, contender: string): Figure {
    return figure(this.values(measure, contender));
  }
}
