/**
 * A sample's rows laid out so that they compress well: column by column, the rows sorted by kind, and many features as
 * their difference from one that nearly tells them already, such as the spread of speeds from their mean. Without loss.
 */
import { featureCount, featureIndex, kinds } from "./action.ts";
import { codeCount } from "./quantise.ts";

const rowBytes = featureCount + 1;
const bins = codeCount - 1;

/** What each feature is told from, where that saves something (measured on the hands of balabit, mauth and sapimouse). */
const toldFrom: Readonly<Record<string, string>> = {
  chord: "path",
  deviation: "turning",
  "curvature-mean": "sharp-turns",
  "curvature-sd": "curvature-mean",
  duration: "turning",
  "longest-stop": "duration",
  speed: "path",
  pace: "duration",
  "mid-speed-sd": "speed",
  "mid-speed-max": "mid-speed-sd",
  "mid-speed-crest": "duration",
  "mid-acceleration-mean": "speed",
  "mid-acceleration-sd": "mid-acceleration-mean",
  "mid-acceleration-max": "mid-acceleration-sd",
  "mid-acceleration-min": "mid-acceleration-sd",
  "mid-jerk-mean": "mid-acceleration-mean",
  "mid-jerk-sd": "mid-jerk-mean",
  "mid-turn-sd": "mid-turn-mean",
  "mid-horizontal": "mid-acceleration-sd",
  "mid-vertical": "speed",
  "slow-speed-sd": "mid-speed-sd",
  "slow-speed-max": "mid-speed-max",
  "slow-speed-crest": "mid-speed-crest",
  "slow-acceleration-mean": "mid-acceleration-mean",
  "slow-acceleration-sd": "slow-acceleration-mean",
  "slow-acceleration-max": "mid-acceleration-max",
  "slow-acceleration-min": "slow-acceleration-sd",
  "slow-jerk-mean": "slow-acceleration-mean",
  "slow-jerk-sd": "slow-jerk-mean",
  "slow-turn-mean": "mid-turn-mean",
  "slow-turn-sd": "mid-turn-sd",
  "slow-peak-share": "mid-peak-share",
  "slow-end-speed": "mid-end-speed",
  "slow-homing": "mid-homing",
  "slow-horizontal": "mid-horizontal",
  "slow-vertical": "mid-vertical",
};

const noParents = new Int8Array(featureCount).fill(-1);
/** For each feature the one before it that it is told from, or -1. */
const parents = new Int8Array(featureCount).fill(-1);
for (const [name, from] of Object.entries(toldFrom))
  parents[featureIndex.get(name) ?? 0] = featureIndex.get(from) ?? -1;

/** The difference that stands in the middle of the codes. */
const middle = (bins + 1) / 2;

/** How far a code lies from another, as a code; missing stays missing, and next to a missing one a code stays itself. */
function apart(code: number, from: number): number {
  return code === 0 || from === 0 ? code : wrapped(code - from + middle);
}

function together(difference: number, from: number): number {
  return difference === 0 || from === 0 ? difference : wrapped(difference + from - middle);
}

const wrapped = (code: number): number => (code < 1 ? code + bins : code > bins ? code - bins : code);

/** Where each of the rows stands when they are sorted by kind: each kind has features that it never has. */
function byKind(kindOf: (row: number) => number, kept: number): Uint32Array {
  const starts = new Uint32Array(kinds.length + 1);
  for (let row = 0; row < kept; row++) starts[kindOf(row) + 1]++;
  for (let kind = 1; kind <= kinds.length; kind++) starts[kind] += starts[kind - 1];
  return Uint32Array.from({ length: kept }, (_, row) => starts[kindOf(row)]++);
}

/** The kinds first, then each feature of all rows. */
export function columnsOf(rows: Uint8Array, kept: number): Uint8Array {
  const columns = new Uint8Array(kept * rowBytes);
  const kindOf = (row: number): number => rows[row * rowBytes + featureCount];
  const places = byKind(kindOf, kept);
  for (let row = 0; row < kept; row++) columns[row] = kindOf(row);
  for (let f = 0; f < featureCount; f++) {
    const parent = parents[f];
    const column = (f + 1) * kept;
    for (let row = 0, from = 0; row < kept; row++, from += rowBytes) {
      const code = rows[from + f];
      columns[column + places[row]] = parent < 0 ? code : apart(code, rows[from + parent]);
    }
  }
  return columns;
}

/**
 * The rows that `columnsOf` laid out; null where it did not.
 * @param told whether features are differences, as they are now, or codes, as they were before
 */
export function rowsOf(columns: Uint8Array, kept: number, told: boolean): Uint8Array | null {
  if (columns.length !== kept * rowBytes) return null;
  for (let row = 0; row < kept; row++) if (columns[row] >= kinds.length) return null;
  const places = byKind((row) => columns[row], kept);
  const rows = new Uint8Array(columns.length);
  const from = told ? parents : noParents;
  let highest = 0;
  // row by row: what is written, and each feature's column, is gone through in order
  for (let row = 0, start = 0; row < kept; row++, start += rowBytes) {
    for (let f = 0, at = kept + places[row]; f < featureCount; f++, at += kept) {
      const code = columns[at];
      if (code > highest) highest = code;
      const parent = from[f];
      rows[start + f] = parent < 0 ? code : together(code, rows[start + parent]);
    }
    rows[start + featureCount] = columns[row];
  }
  return highest < codeCount ? rows : null;
}
