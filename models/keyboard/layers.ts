/** The network's hidden layers: most of what a keystroke costs between two windows. */
import {
  type Pages,
  type Routine,
  add,
  advance,
  assembled,
  code,
  constant,
  get,
  loadInt,
  loadSingles,
  loadTwice,
  memoryFor,
  multiply,
  plus,
  round,
  set,
  storeSingles,
  times,
  widen,
} from "./machine.ts";

/** A row that is added takes so many bytes: its place, 4 bytes that are not used, its weight. */
const rowBytes = 16;
const singleBytes = 4;
/** Numbers of a layer that are added up at once. */
const atOnce = 16;
const pairs = atOnce / 2;

interface Kernel {
  /**
   * Writes a layer: its bias and weighted rows, rounded to single precision after each row, as if they were added one by
   * one. All places are in bytes.
   * @param rows where they are listed @param count of rows, at least 1 @param groups of 16 numbers of the layer
   */
  weighted(rows: number, count: number, bias: number, out: number, groups: number): void;
}

function weightedRoutine(): Routine {
  const [rows, count, bias, out, groups] = [0, 1, 2, 3, 4];
  /** The row that is read, where its numbers are, how many are left, how far the group is from the layer's start. */
  const [row, from, left, behind, weight, sums] = [5, 6, 7, 8, 9, 10];
  const each = (work: (pair: number) => number[]): number[] => Array.from({ length: pairs }, (_, n) => work(n)).flat();
  const body = times(groups, [
    ...each((n) => [...get(bias), ...loadSingles(8 * n), ...widen, ...set(sums + n)]),
    ...code(get(rows), set(row), get(count), set(left)),
    ...times(left, [
      ...code(get(row), loadInt(0), get(behind), plus, set(from)),
      ...code(get(row), loadTwice(8), set(weight)),
      ...each((n) => [
        ...code(get(sums + n), get(from), loadSingles(8 * n), widen, get(weight), multiply, add),
        ...code(round, widen, set(sums + n)),
      ]),
      ...advance(row, constant(rowBytes)),
    ]),
    ...each((n) => [...get(out), ...get(sums + n), ...round, ...storeSingles(8 * n)]),
    ...[bias, out, behind].flatMap((place) => [
      ...advance(place, constant(atOnce * 2)),
      ...advance(place, constant(atOnce * 2)),
    ]),
  ]);
  return { name: "weighted", parameters: 5, ints: 4, pairs: 1 + pairs, body };
}

/** The same in JavaScript, to the last bit. */
export function plainKernel(memory: Pages): Kernel {
  const singles = new Float32Array(memory.buffer);
  const places = new Int32Array(memory.buffer);
  const numbers = new Float64Array(memory.buffer);
  return {
    weighted: (rows, count, bias, out, groups) => {
      for (let n = 0; n < groups * atOnce; n += 1) singles[out / singleBytes + n] = singles[bias / singleBytes + n];
      for (let row = 0, at = rows; row < count; row += 1, at += rowBytes) {
        const from = places[at / 4] / singleBytes;
        const weight = numbers[at / 8 + 1];
        for (let n = 0; n < groups * atOnce; n += 1) singles[out / singleBytes + n] += weight * singles[from + n];
      }
    },
  };
}

export const kernelOf = assembled<Kernel>([weightedRoutine()], plainKernel);

/** Where each layer begins among the parameters; the first layer's rows are where a keystroke says. */
interface Layout {
  readonly firstBias: number;
  readonly second: number;
  readonly secondBias: number;
  readonly total: number;
}

/** Two layers of as many units each, with their parameters, in a memory of their own. */
export class Layers {
  readonly parameters: Float32Array;
  /** What the last `run` gave. */
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly #layout: Layout;
  readonly #kernel: Kernel;
  /** Rows that are added up, places and weights in turn in the same bytes; zeros between calls. */
  readonly #places: Int32Array;
  readonly #weights: Float64Array;
  readonly #rowsAt: number;

  /** @param units a multiple of 16 */
  constructor(layout: Layout, units: number, kernel = kernelOf) {
    const parameters = layout.total * singleBytes;
    this.#rowsAt = Math.ceil(parameters / rowBytes) * rowBytes;
    const layersAt = this.#rowsAt + units * rowBytes;
    const memory = memoryFor(layersAt + 2 * units * singleBytes);
    const { buffer } = memory;
    this.#layout = layout;
    this.#kernel = kernel(memory);
    this.parameters = new Float32Array(buffer, 0, layout.total);
    this.first = new Float32Array(buffer, layersAt, units);
    this.second = new Float32Array(buffer, layersAt + units * singleBytes, units);
    this.#places = new Int32Array(buffer, this.#rowsAt, (units * rowBytes) / 4);
    this.#weights = new Float64Array(buffer, this.#rowsAt, (units * rowBytes) / 8);
  }

  /** Passes `count` weighted rows, no more than there are units, through both layers. @param from the first of them */
  run(offsets: Int32Array, weights: Float32Array, from: number, count: number): void {
    const { firstBias, second, secondBias } = this.#layout;
    const listed = this.#places;
    const weighed = this.#weights;
    let rows = 0;
    for (let index = from; index < from + count; index += 1) {
      const weight = weights[index];
      if (weight === 0) continue;
      listed[4 * rows] = offsets[index] * singleBytes;
      weighed[2 * rows + 1] = weight;
      rows += 1;
    }
    this.#add(rows, firstBias, this.first);
    const { first, second: top } = this;
    const line = first.length * singleBytes;
    rows = 0;
    for (let unit = 0, place = second * singleBytes; unit < first.length; unit += 1, place += line) {
      const value = first[unit];
      if (value <= 0) {
        first[unit] = 0;
        continue;
      }
      listed[4 * rows] = place;
      weighed[2 * rows + 1] = value;
      rows += 1;
    }
    this.#add(rows, secondBias, top);
    for (let unit = 0; unit < top.length; unit += 1) if (top[unit] < 0) top[unit] = 0;
  }

  /** Forgets what was passed through last. */
  wipe(): void {
    this.first.fill(0);
    this.second.fill(0);
  }

  /** Adds the listed rows to a bias, and wipes them: they tell which key it was. */
  #add(rows: number, bias: number, layer: Float32Array): void {
    // a row without weight adds nothing
    const count = Math.max(1, rows);
    this.#kernel.weighted(this.#rowsAt, count, bias * singleBytes, layer.byteOffset, layer.length / atOnce);
    this.#weights.fill(0, 0, rows * 2);
  }
}
