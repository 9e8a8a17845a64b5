import { brotliDecompressSync } from "node:zlib";
import t from "tap";
import { seeded } from "../metrics.ts";
import { codeCount } from "./quantise.ts";
import { growTrees, Trees } from "./trees.ts";

const options = {
  trees: 60,
  rate: 0.2,
  leastHessian: 2,
  ridge: 1,
  rowShare: 0.8,
  featureShare: 1,
  seed: 1,
};

/** Rows of `width` random codes with the label that `rule` gives. */
function table(rows: number, width: number, rule: (row: Uint8Array) => boolean, seed = 1) {
  const random = seeded(seed);
  const columns = new Uint8Array(rows * width);
  const labels = new Uint8Array(rows);
  const list: Uint8Array[] = [];
  for (let r = 0; r < rows; r++) {
    const row = Uint8Array.from({ length: width }, () => Math.floor(random() * codeCount));
    for (let f = 0; f < width; f++) columns[f * rows + r] = row[f];
    labels[r] = rule(row) ? 1 : 0;
    list.push(row);
  }
  return { columns, labels, rows: list, weights: new Float32Array(rows).fill(1) };
}

const right = (trees: Trees, rows: readonly Uint8Array[], labels: Uint8Array): number =>
  rows.filter((row, r) => trees.score(row) > 0 === (labels[r] === 1)).length / rows.length;

t.test("trees learn a threshold, and a rule that no single feature shows", async (t) => {
  const rules = [(row: Uint8Array) => row[1] > 20, (row: Uint8Array) => row[0] > 31 !== row[2] > 31];
  for (const rule of rules) {
    const learned = table(3000, 3, rule, 1);
    const trees = growTrees(learned.columns, learned.labels, learned.weights, options);
    const fresh = table(1000, 3, rule, 2);
    t.ok(right(trees, fresh.rows, fresh.labels) > 0.93);
  }
});

t.test("labels without a rule teach nothing that holds on fresh rows", async (t) => {
  const random = seeded(5);
  const learned = table(3000, 4, () => random() < 0.5, 3);
  const trees = growTrees(learned.columns, learned.labels, learned.weights, options);
  const fresh = table(2000, 4, () => random() < 0.5, 4);
  t.ok(Math.abs(right(trees, fresh.rows, fresh.labels) - 0.5) < 0.05);
});

t.test("with equal class weights a score is the log of the likelihood ratio", async (t) => {
  const random = seeded(6);
  // Code 1 three times as often under label 1 as under label 0: log 3.
  const rows = 8000;
  const labels = Uint8Array.from({ length: rows }, (_, r) => r % 2);
  const columns = Uint8Array.from(labels, (label) => (random() < (label === 1 ? 0.6 : 0.2) ? 1 : 2));
  const trees = growTrees(columns, labels, new Float32Array(rows).fill(1), options);
  t.ok(Math.abs(trees.score(Uint8Array.of(1)) - Math.log(3)) < 0.15);
  t.ok(Math.abs(trees.score(Uint8Array.of(2)) - Math.log(0.5)) < 0.15);
});

t.test("the same seed grows the same trees, another seed others, and they survive being stored", async (t) => {
  const data = table(1000, 3, (row) => row[0] + row[1] > 60);
  const grow = (seed: number) => growTrees(data.columns, data.labels, data.weights, { ...options, seed });
  const bytes = grow(1).encode();
  t.same(grow(1).encode(), bytes);
  t.notSame(grow(2).encode(), bytes);
  const again = Trees.decode(bytes, 3);
  const grown = grow(1);
  t.ok(data.rows.every((row) => again.score(row) === grown.score(row)));
  const before = Buffer.concat([bytes.subarray(0, 8), brotliDecompressSync(bytes.subarray(8))]);
  before.writeUInt32BE(0x50_54_47_31);
  t.same(Trees.decode(before, 3).encode(), bytes, "the form of before is still read");
});

t.test("bytes that are no trees are refused", async (t) => {
  const data = table(300, 3, (row) => row[0] > 30);
  const bytes = growTrees(data.columns, data.labels, data.weights, { ...options, trees: 2 }).encode();
  for (const bad of [new Uint8Array(0), bytes.subarray(1), bytes.subarray(0, -1)]) {
    t.throws(() => Trees.decode(bad, 3), { code: "profile-unreadable" });
  }
  t.throws(() => Trees.decode(bytes, 0), { code: "profile-unreadable" });
});
