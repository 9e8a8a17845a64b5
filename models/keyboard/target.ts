/**
 * The enrolled typist's density. Given y, context c has mean (1 - g) w_c · y + g x_c and variance psi_c (1 - g), where
 * g = psi_c / (psi_c + error of x_c) says how far the enrolment is believed in that context. What a context takes is
 * worked out when it is first asked about: a session sees half of them, one after the other.
 */
import type { ContextSums } from "./contexts.ts";
import type { Density, Population } from "./density.ts";
import { factor, gramOf, rowsFor, widthOf } from "./gram.ts";
import { solveLower, solveUpper } from "./matrix.ts";

/** The loadings that are worked on. */
let column = new Float64Array(0);

export class Target implements Density {
  readonly base: Float64Array;
  readonly people: number;
  readonly loadings: Float32Array;
  readonly own: Float64Array;
  readonly #population: Population;
  /** What the enrolment says of y: its mean, and the Cholesky factor of its precision. */
  readonly #mean: Float64Array;
  readonly #precision: Float64Array;
  readonly #settled: Uint8Array;

  /** @param noise the variance of the typist's single times in each context */
  constructor(population: Population, enrolled: ContextSums, noise: Float64Array) {
    const { people } = population;
    const contexts = noise.length;
    this.#population = population;
    this.people = people.dimensions;
    this.base = new Float64Array(contexts);
    this.own = Float64Array.from(people.specific);
    this.loadings = new Float32Array(contexts * people.dimensions);
    this.#mean = new Float64Array(people.dimensions);
    this.#precision = new Float64Array(people.dimensions ** 2);
    this.#settled = new Uint8Array(contexts);
    this.#posterior(enrolled, noise);
  }

  /** Works out a context's mean and loadings, where that was not done. */
  settle(context: number): void {
    if (this.#settled[context] !== 0) return;
    this.#settled[context] = 1;
    if (column.length < this.people) column = new Float64Array(this.people);
    const { people } = this.#population;
    const k = people.dimensions;
    // 1 - g
    const rest = this.own[context] / people.specific[context];
    let predicted = 0;
    for (let i = 0; i < k; i += 1) {
      const w = people.loadings[context * k + i];
      column[i] = w * rest;
      predicted += w * this.#mean[i];
    }
    this.base[context] += rest * predicted;
    // y ~ N(mean, (L Lᵀ)⁻¹): w · y has the loadings L⁻¹ w
    solveLower(this.#precision, k, column);
    for (let i = 0; i < k; i += 1) this.loadings[context * k + i] = column[i];
  }

  settleAll(): this {
    for (let context = 0; context < this.own.length; context += 1) this.settle(context);
    return this;
  }

  /** As `posterior` of models/keyboard/factor-analysis.ts, by what windows are scored with, and how far each context is believed. */
  #posterior({ n, sum }: ContextSums, noise: Float64Array): void {
    const { dimensions: k, loadings, specific } = this.#population.people;
    const width = widthOf(k + 1);
    const rows = rowsFor(n.length, width);
    let count = 0;
    for (let context = 0; context < n.length; context += 1) {
      if (n[context] <= 0) continue;
      const psi = specific[context];
      const variance = psi + noise[context] / n[context];
      const mean = sum[context] / n[context];
      const gain = psi / variance;
      this.own[context] = psi * (1 - gain);
      this.base[context] = gain * mean;
      const precision = 1 / Math.sqrt(variance);
      const to = count * width;
      for (let i = 0; i < k; i += 1) rows[to + i] = loadings[context * k + i] * precision;
      rows[to + k] = mean * precision;
      count += 1;
    }
    const gram = gramOf(count, width);
    for (let i = 0; i < k; i += 1) gram[i * width + i] += 1;
    factor(k, width);
    for (let row = 0; row < k; row += 1) {
      for (let i = 0; i <= row; i += 1) this.#precision[row * k + i] = gram[i * width + row];
      this.#mean[row] = gram[row * width + k];
    }
    solveUpper(this.#precision, k, this.#mean);
    gram.fill(0, 0, k * width);
  }
}
