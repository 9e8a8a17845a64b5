/** The sums that a window's Gaussian needs, over the contexts that it has: most of what a window costs. */
import { memoryOf, tile } from "./lanes.ts";

/** Cells are worked on in blocks of so many by so many; a row of anything here takes a whole number of them. */
const block = 4;
const numberBytes = 8;
/** Columns of a row at most: the dimensions of people and of windows, and the residual. */
const mostColumns = 64;
const rowsFrom = mostColumns * mostColumns;

const viewOf = (rows: number): { readonly gram: Float64Array; readonly rows: Float64Array } => {
  const memory = memoryOf((rowsFrom + rows) * numberBytes);
  return { gram: new Float64Array(memory, 0, rowsFrom), rows: new Float64Array(memory, rowsFrom * numberBytes) };
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
 * @returns the lower triangle, `width` numbers a row; good until the next call
 */
export function gramOf(count: number, width: number): Float64Array {
  const { gram, rows } = scratch;
  const line = width * numberBytes;
  const from = rowsFrom * numberBytes;
  if (count === 0) gram.fill(0, 0, width * width);
  else
    for (let i = 0; i < width; i += block)
      for (let j = 0; j <= i; j += block)
        tile(from + i * numberBytes, from + j * numberBytes, count, i * line + j * numberBytes, line);
  rows.fill(0, 0, count * width);
  return gram;
}
