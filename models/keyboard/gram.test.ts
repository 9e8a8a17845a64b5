import t from "tap";
import { gramOf, rowsFor, widthOf } from "./gram.ts";
import { cholesky, solveLower } from "./matrix.ts";
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
        if (gram[row * width + column] !== plain[row * columns + column])
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

t.test("Cholesky's factor gives the matrix back, and solves the rows below it", async (t) => {
  const random = new Random(4);
  const order = 41;
  const { width } = laid(90, order + 1, random);
  const gram = gramOf(90, width);
  const before = gram.slice();
  const logDeterminant = cholesky(gram, order, width, order + 1);
  const at = (matrix: Float64Array, row: number, column: number): number => matrix[row * width + column];
  let [worst, diagonal] = [0, 0];
  for (let row = 0; row < order; row += 1) {
    diagonal += 2 * Math.log(at(gram, row, row));
    for (let column = 0; column <= row; column += 1) {
      let sum = 0;
      for (let k = 0; k <= column; k += 1) sum += at(gram, row, k) * at(gram, column, k);
      worst = Math.max(worst, Math.abs(sum - at(before, row, column)));
    }
  }
  t.ok(worst < 1e-9 && Math.abs(diagonal - logDeterminant) < 1e-9);
  const compact = Float64Array.from({ length: order * order }, (_, cell) =>
    at(gram, Math.floor(cell / order), cell % order),
  );
  const right = before.slice(order * width, order * width + order);
  solveLower(compact, order, right);
  t.strictSame([...gram.subarray(order * width, order * width + order)], [...right]);
  t.ok(Number.isNaN(cholesky(Float64Array.of(1, 0, 2, 1), 2)), "what is not positive definite is told");
});
