/** The innermost loops of a window's score, and the memory that they work on. */
import {
  type Pages,
  type Routine,
  add,
  advance,
  assembled,
  atMost,
  code,
  constant,
  divide,
  get,
  keep,
  load,
  loadOne,
  loadTwice,
  memoryFor,
  multiply,
  pageBytes,
  plus,
  root,
  set,
  store,
  storeOne,
  subtract,
  times,
  unless,
} from "./machine.ts";

/** Rows and columns of a cell block. */
export const block = 4;

/** All places are in bytes; a `width` is that of a row. */
export interface Lanes {
  /**
   * Writes a block of rowsᵀ · rows.
   * @param left where the first row's left columns are @param right and its right ones
   * @param count of rows, at least 1 @param out where the block goes
   */
  tile(left: number, right: number, count: number, out: number, width: number): void;
  /** As `tile`, taken off what is at `out`. */
  less(left: number, right: number, count: number, out: number, width: number): void;
  /**
   * Ends a block's rows of Cholesky's factor, from which the rows above were taken off already.
   * @param at the block's first cell @param pairs of columns from there on, at least 1
   * @param rows 1 to 4 of the block @param pivots where those of its rows go
   */
  finish(at: number, pairs: number, rows: number, pivots: number, width: number): void;
}

const four = [0, 1, 2, 3] as const;
const halves = [0, 1] as const;

function tileRoutine(name: "tile" | "less", combine: readonly number[]): Routine {
  const [left, right, count, out, width] = [0, 1, 2, 3, 4];
  /** Where the row goes that is read or written; then eight sums, the right columns, a left one. */
  const [at, sums, rightPairs, leftTwice] = [5, 6, 14, 16];
  const eachRow = (work: (row: number) => number[]): number[] => [
    ...code(get(out), set(at)),
    ...four.flatMap((row) => [...work(row), ...advance(at, get(width))]),
  ];
  const product = (column: number): number[] => [
    ...code(get(left), loadTwice(8 * column), set(leftTwice)),
    ...halves.flatMap((half) => {
      const sum = sums + 2 * column + half;
      return [...get(sum), ...get(leftTwice), ...get(rightPairs + half), ...multiply, ...combine, ...set(sum)];
    }),
  ];
  const begin = (row: number): number[] =>
    halves.flatMap((half) => [...get(at), ...load(16 * half), ...set(sums + 2 * row + half)]);
  const end = (row: number): number[] =>
    halves.flatMap((half) => [...get(at), ...get(sums + 2 * row + half), ...store(16 * half)]);
  const body = [
    ...(name === "less" ? eachRow(begin) : []),
    ...times(count, [
      ...halves.flatMap((half) => [...get(right), ...load(16 * half), ...set(rightPairs + half)]),
      ...four.flatMap(product),
      ...advance(left, get(width)),
      ...advance(right, get(width)),
    ]),
    ...eachRow(end),
  ];
  return { name, parameters: 5, ints: 1, pairs: 11, body };
}

function finishRoutine(): Routine {
  const [at, pairs, rows, pivots, width] = [0, 1, 2, 3, 4];
  /** The row that is ended, a pair of its columns, how many are left; its root, the pair, and three rows' shares of it. */
  const [start, here, left, rootTwice, pair, shares] = [5, 6, 7, 8, 9, 10];
  const below = (row: number): number[] => four.filter((other) => other > row).map((other) => other - row - 1);
  /** The place of the pair in a later row. */
  const place = (later: number): number[] => [
    ...get(here),
    ...Array.from({ length: later + 1 }, () => [...get(width), ...plus]).flat(),
  ];
  const endRow = (row: number): number[] => [
    ...code(get(pivots), get(start), loadOne(8 * row), storeOne(8 * row)),
    ...code(get(start), loadTwice(8 * row), root, set(rootTwice)),
    ...below(row).flatMap((later) => [
      ...code(get(start), loadTwice(8 * (row + later + 1)), get(rootTwice), divide),
      ...set(shares + later),
    ]),
    ...code(get(start), set(here), get(pairs), set(left)),
    ...times(left, [
      ...code(get(here), get(here), load(0), get(rootTwice), divide, keep(pair), store(0)),
      ...below(row).flatMap((later) => [
        ...code(place(later), place(later), load(0)),
        ...code(get(shares + later), get(pair), multiply, subtract, store(0)),
      ]),
      ...advance(here, constant(16)),
    ]),
    ...advance(start, get(width)),
  ];
  const body = [
    ...code(get(at), set(start)),
    ...four.flatMap((row) => unless([...get(rows), ...constant(row), ...atMost], endRow(row))),
  ];
  return { name: "finish", parameters: 5, ints: 3, pairs: 5, body };
}

/** The same in JavaScript, to the last bit. */
export function plainLanes(memory: Pages): Lanes {
  const numbers = (): Float64Array => new Float64Array(memory.buffer);
  const tiled =
    (first: boolean): Lanes["tile"] =>
    (left, right, count, out, width) => {
      const cells = numbers();
      const line = width / 8;
      for (let row = 0; row < block; row += 1)
        for (let column = 0; column < block; column += 1) {
          const cell = out / 8 + row * line + column;
          let sum = first ? 0 : cells[cell];
          for (let each = 0, at = 0; each < count; each += 1, at += line) {
            const product = cells[left / 8 + at + row] * cells[right / 8 + at + column];
            sum = first ? sum + product : sum - product;
          }
          cells[cell] = sum;
        }
    };
  return {
    tile: tiled(true),
    less: tiled(false),
    finish: (at, pairs, rows, pivots, width) => {
      const cells = numbers();
      const line = width / 8;
      for (let row = 0, start = at / 8; row < rows; row += 1, start += line) {
        cells[pivots / 8 + row] = cells[start + row];
        const pivotRoot = Math.sqrt(cells[start + row]);
        for (let column = 0; column < 2 * pairs; column += 1) cells[start + column] = cells[start + column] / pivotRoot;
        for (let later = 1; row + later < block; later += 1) {
          const share = cells[start + row + later];
          for (let column = 0; column < 2 * pairs; column += 1)
            cells[start + later * line + column] -= share * cells[start + column];
        }
      }
    },
  };
}

export const lanesOf = assembled<Lanes>(
  [tileRoutine("tile", add), tileRoutine("less", subtract), finishRoutine()],
  plainLanes,
);

const memory = memoryFor(5 * pageBytes);

export const lanes = lanesOf(memory);

/** The memory of `lanes`, of at least so many bytes: what was got before may then be out of use. */
export function memoryOf(bytes: number): ArrayBuffer {
  const { byteLength } = memory.buffer;
  if (bytes > byteLength) memory.grow(Math.ceil((bytes - byteLength) / pageBytes));
  return memory.buffer;
}
