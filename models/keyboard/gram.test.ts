import t from "tap";
import { factor, gramOf, rowsFor, widthOf } from "./gram.ts";
import { cholesky, solveLower } from "./matrix.ts";
import { lanesOf, plainLanes } from "./lanes.ts";
import { memoryFor } from "./machine.ts";
import { Random } from "./random.ts";

/** So many rows of random columns, the places behind them empty, and their sums of products one by one. */
function laid(count: number, columns: number, random: Random) {
  const width = widthOf(columns);
  const rows = rowsFor(count, width);
  for (let at = 0; at < count * width; at += 1) rows[at] = at % width < columns ? random.normal() : 0;
  const plain = Array.from({ length: columns ** 2 }, (_, cell) => {
    let sum = 0;
    for (let row = 0; row < count; row += 1)
      sum += rows[row * width + Math.floor(cell / columns)] * rows[row * width + (cell % columns)];
    return sum;
  });
  return { width, rows, plain };
}

t.test("two numbers at once give what one at a time gives, whatever the size", async (t) => {
  const random = new Random(3);
  for (const [count, columns] of [
    [1, 9],
    [55, 41],
    [56, 4],
    [700, 41],
    [3000, 61],
  ]) {
    const { width, rows, plain } = laid(count, columns, random);
    const gram = gramOf(count, width);
    for (let row = 0; row < columns; row += 1)
      for (let column = 0; column <= row; column += 1)
        if (gram[column * width + row] !== plain[row * columns + column])
          t.fail(`${count} rows of ${columns}: cell ${row}, ${column}`);
    t.ok(
      rows.subarray(0, count * width).every((value) => value === 0),
      "the rows are wiped",
    );
  }
  t.ok(
    gramOf(0, 44).every((value, at) => at >= 44 * 44 || value === 0),
    "nothing adds up to nothing",
  );
});

t.test("the factor is Cholesky's, and solves the columns behind the matrix", async (t) => {
  const random = new Random(4);
  // whole blocks, and what is left of one
  for (const order of [8, 40, 41, 43]) {
    const { width } = laid(90, order + 1, random);
    const gram = gramOf(90, width);
    const at = (row: number, column: number): number => gram[column * width + row];
    const expected = Float64Array.from({ length: order * order }, (_, cell) => {
      const [row, column] = [Math.floor(cell / order), cell % order];
      return at(Math.max(row, column), Math.min(row, column));
    });
    const right = Float64Array.from({ length: order }, (_, row) => at(order, row));
    const logDeterminant = factor(order, width);
    t.ok(Math.abs(cholesky(expected, order) - logDeterminant) < 1e-11);
    solveLower(expected, order, right);
    t.strictSame(
      Array.from({ length: order }, (_, row) => at(order, row)),
      [...right],
    );
    for (let row = 0; row < order; row += 1)
      for (let column = 0; column < row; column += 1)
        if (at(row, column) !== expected[row * order + column]) t.fail(`order ${order}: cell ${row}, ${column}`);
  }
});

t.test("the same in JavaScript, where WebAssembly is missing, to the last bit", async (t) => {
  const random = new Random(5);
  const [width, count] = [12, 30];
  const bytes = 8 * (width * (count + width) + 4);
  const numbers = Float64Array.from({ length: bytes / 8 }, () => random.normal());
  const [one, two] = [lanesOf, plainLanes].map((make) => {
    const memory = memoryFor(bytes);
    const cells = new Float64Array(memory.buffer);
    cells.set(numbers);
    const lanes = make(memory);
    const out = 8 * width * count;
    lanes.tile(0, 32, count, out, 8 * width);
    lanes.less(32, 64, count, out + 32, 8 * width);
    // pivots that have a root
    for (const row of [0, 1, 2, 3]) cells[out / 8 + row * (width + 1)] = 1000 + row;
    for (const rows of [3, 4]) lanes.finish(out, 6, rows, 8 * width * (count + width), 8 * width);
    return cells;
  });
  t.ok(one.every((value, index) => Object.is(value, two[index])));
  t.notSame(one[width * count], numbers[width * count], "and something was done");
});

t.test("what is not positive definite is told", async (t) => {
  t.ok(Number.isNaN(cholesky(Float64Array.of(1, 0, 2, 1), 2)));
  const gram = gramOf(0, 4);
  t.ok(Number.isNaN(factor(2, 4)));
  gramOf(0, 4);
  gram[0] = gram[5] = 1;
  t.equal(factor(2, 4), 0);
});
