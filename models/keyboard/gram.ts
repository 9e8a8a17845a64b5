/** The sums that a window's Gaussian needs, over the contexts that it has, and their factor: most of what a window costs. */
import { block, lanes, memoryOf } from "./lanes.ts";

const numberBytes = 8;
/** Columns of a row at most: the dimensions of people and of windows, and the residual. */
const mostColumns = 64;
const pivotsFrom = mostColumns * mostColumns;
const rowsFrom = pivotsFrom + mostColumns;

interface Scratch {
  readonly gram: Float64Array;
  readonly pivots: Float64Array;
  readonly rows: Float64Array;
}

const viewOf = (rows: number): Scratch => {
  const memory = memoryOf((rowsFrom + rows) * numberBytes);
  return {
    gram: new Float64Array(memory, 0, pivotsFrom),
    pivots: new Float64Array(memory, pivotsFrom * numberBytes, mostColumns),
    rows: new Float64Array(memory, rowsFrom * numberBytes),
  };
};

/** Working memory of all likelihoods: each is done with it before the next begins, and leaves nothing in its rows. */
let scratch = viewOf(0);

/** The numbers that a row of `columns` takes. */
export const widthOf = (columns: number): number => Math.ceil(columns / block) * block;

/** Room for so many rows of `width` numbers; those behind a row's columns must be 0, as all are at first. */
export function rowsFor(count: number, width: number): Float64Array {
  if (count * width > scratch.rows.length) scratch = viewOf(count * width);
  return scratch.rows;
}

/**
 * Adds up rowsᵀ · rows, and wipes the rows.
 * @returns the upper triangle, `width` numbers a row; good until the next call
 */
export function gramOf(count: number, width: number): Float64Array {
  const { gram, rows } = scratch;
  const line = width * numberBytes;
  const from = rowsFrom * numberBytes;
  if (count === 0) gram.fill(0, 0, width * width);
  else
    for (let i = 0; i < width; i += block)
      for (let j = i; j < width; j += block)
        lanes.tile(from + i * numberBytes, from + j * numberBytes, count, i * line + j * numberBytes, line);
  rows.fill(0, 0, count * width);
  return gram;
}

/** Pivots of which one logarithm is taken: products of so many are still numbers. */
const pivotsAtOnce = 8;

/**
 * Replaces the upper triangle of the first n rows and columns of what `gramOf` gave, a = Lᵀᵀ Lᵀ, by Cholesky's Lᵀ, and
 * each column x behind them by L⁻¹ x; below the diagonal is nothing of use.
 * @returns ln det a, or NaN where a is not positive definite
 */
export function factor(n: number, width: number): number {
  const { pivots } = scratch;
  const line = width * numberBytes;
  for (let i = 0; i < n; i += block) {
    const row = i * line;
    if (i > 0)
      for (let j = i; j < width; j += block)
        lanes.less(i * numberBytes, j * numberBytes, i, row + j * numberBytes, line);
    const rows = Math.min(block, n - i);
    lanes.finish(row + i * numberBytes, (width - i) / 2, rows, (pivotsFrom + i) * numberBytes, line);
  }
  let logDeterminant = 0;
  let product = 1;
  for (let i = 0; i < n; i += 1) {
    if (!(pivots[i] > 0)) return Number.NaN;
    product *= pivots[i];
    if (i % pivotsAtOnce !== pivotsAtOnce - 1) continue;
    logDeterminant += Math.log(product);
    product = 1;
  }
  return logDeterminant + Math.log(product);
}
