/** Growing one agent's own trees against samples of others; takes seconds, made for a worker thread. */
import { PointerStatistics, rowBytes } from "./statistics.ts";
import { growTrees } from "./trees.ts";

/** Rows of others that trees are grown against. */
export const mostAgainst = 9000;
/** Fewer rows of the agent than this teach trees nothing that lasts. */
const fewestRows = 120;
/** Trees are grown to this many for 4,096 rows and more, fewer for fewer. */
const mostTrees = 160;
const fewestTrees = 60;

/** Trained per-agent trees as bytes, kept beside the profile. Empty: none. */
export type PointerTrees = Uint8Array;

export interface GrowOptions {
  readonly seed: number;
}

/**
 * Grows trees that tell the agent from others. Empty where there is too little to learn from.
 * @param against rows of others, `rowBytes` each
 */
export function growAgainst(enrolled: PointerStatistics, against: Uint8Array, options: GrowOptions): PointerTrees {
  const own = enrolled.kept;
  const rows = own + against.length / rowBytes;
  if (own < fewestRows || rows - own < fewestRows) return new Uint8Array(0);
  const columns = new Uint8Array(rows * rowBytes);
  const labels = new Uint8Array(rows);
  const weights = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const mine = row < own;
    const from = mine ? enrolled.rows : against;
    const start = (mine ? row : row - own) * rowBytes;
    for (let f = 0; f < rowBytes; f++) columns[f * rows + row] = from[start + f];
    labels[row] = mine ? 1 : 0;
    weights[row] = mine ? 1 : own / (rows - own);
  }
  const grown = growTrees(columns, labels, weights, {
    trees: Math.round(fewestTrees + (mostTrees - fewestTrees) * Math.min(1, own / 4096)),
    rate: 0.1,
    leastHessian: Math.min(30, own / 40),
    ridge: 1,
    rowShare: 0.6,
    featureShare: 0.4,
    seed: options.seed,
  });
  return grown.encode();
}

/** About `most` rows in all, the same number from everybody as far as they have them. */
export function sampleOf(people: readonly PointerStatistics[], most: number): Uint8Array {
  const each = Math.ceil(most / Math.max(1, people.length));
  const samples = people.map((person) => person.thinned(each));
  const rows = new Uint8Array(samples.reduce((sum, sample) => sum + sample.kept, 0) * rowBytes);
  let at = 0;
  for (const sample of samples) {
    rows.set(sample.rows, at);
    at += sample.kept * rowBytes;
  }
  return rows;
}
