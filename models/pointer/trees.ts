/**
 * Gradient-boosted trees over quantised features: small, of one depth, for a weighted two-class log loss.
 * Newton boosting with histogram splits, after Friedman, "Greedy function approximation" (2001), and
 * Chen and Guestrin, "XGBoost" (2016), formulas 5 to 7.
 */
import { SamehandError } from "../../gateway/core/errors.ts";
import { codeCount } from "./quantise.ts";

/** Levels of splits of each tree. */
export const depth = 4;
const splits = (1 << depth) - 1;
const leaves = 1 << depth;
const magic = 0x50_54_47_31; // "PTG1"
const leafStep = 1 / 4096;
const treeBytes = 2 * splits + 2 * leaves;
/** A split that sends every row to the left. */
const noSplit = codeCount;

export interface GrowOptions {
  readonly trees: number;
  /** Shrinkage of each tree. */
  readonly rate: number;
  /** Least sum of the loss's second derivative in a leaf. */
  readonly leastHessian: number;
  /** Ridge penalty of the leaves. */
  readonly ridge: number;
  /** Shares of rows and of features that each tree sees. */
  readonly rowShare: number;
  readonly featureShare: number;
  readonly seed: number;
  /** Told the share done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** A sum of trees in flat arrays: node n of tree k is at `k * splits + n`, its children are 2n + 1 and 2n + 2. */
export class Trees {
  readonly count: number;
  readonly features: Uint8Array;
  readonly thresholds: Uint8Array;
  /** In steps of `leafStep`: sums of whole numbers are exact, and half the memory. */
  readonly values: Int16Array;

  constructor(count: number) {
    this.count = count;
    this.features = new Uint8Array(count * splits);
    this.thresholds = new Uint8Array(count * splits).fill(noSplit);
    this.values = new Int16Array(count * leaves);
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(8 + this.count * treeBytes);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, magic);
    view.setUint32(4, this.count);
    bytes.set(this.features, 8);
    bytes.set(this.thresholds, 8 + this.features.length);
    const leavesAt = 8 + 2 * this.features.length;
    this.values.forEach((value, i) => view.setInt16(leavesAt + 2 * i, value));
    return bytes;
  }

  /** @throws SamehandError `profile-unreadable` for bytes that `encode` did not make, or that look beyond `width` */
  static decode(bytes: Uint8Array, width: number): Trees {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 8 || view.getUint32(0) !== magic || bytes.length !== 8 + view.getUint32(4) * treeBytes) {
      throw new SamehandError("profile-unreadable", "pointer trees");
    }
    const trees = new Trees(view.getUint32(4));
    trees.features.set(bytes.subarray(8, 8 + trees.features.length));
    trees.thresholds.set(bytes.subarray(8 + trees.features.length, 8 + 2 * trees.features.length));
    const leavesAt = 8 + 2 * trees.features.length;
    for (let i = 0; i < trees.values.length; i++) trees.values[i] = view.getInt16(leavesAt + 2 * i);
    if (trees.features.some((feature) => feature >= width)) {
      throw new SamehandError("profile-unreadable", "pointer trees: feature");
    }
    return trees;
  }

  /** The log odds of a row of codes that starts at `offset`. */
  score(codes: Uint8Array, offset = 0): number {
    const { count, features, thresholds, values } = this;
    let sum = 0;
    for (let tree = 0; tree < count; tree++) {
      const start = tree * splits;
      let node = 0;
      for (let level = 0; level < depth; level++) {
        node = 2 * node + (codes[offset + features[start + node]] > thresholds[start + node] ? 2 : 1);
      }
      sum += values[tree * leaves + node - splits];
    }
    return sum * leafStep;
  }
}

/** Even numbers in [0, 1) from a seed (mulberry32, public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Grows trees that tell label 1 from label 0.
 * @param columns codes, one column of `rows` after the other
 * @param labels 0 or 1 a row
 * @param weights a row's weight; make both classes' sums equal for scores that are log-likelihood ratios
 */
export function growTrees(columns: Uint8Array, labels: Uint8Array, weights: Float32Array, options: GrowOptions): Trees {
  const rows = labels.length;
  const width = columns.length / rows;
  const random = randomFrom(options.seed);
  const trees = new Trees(options.trees);
  const scores = new Float64Array(rows);
  const gradient = new Float64Array(rows);
  const hessian = new Float64Array(rows);
  const node = new Uint8Array(rows);
  const used = new Int32Array(rows);
  const sums = new Float64Array(2 * leaves * codeCount);
  const best = new Float64Array(leaves);
  for (let k = 0; k < options.trees; k++) {
    options.onProgress?.(k / options.trees);
    let taken = 0;
    for (let i = 0; i < rows; i++) {
      const p = 1 / (1 + Math.exp(-scores[i]));
      gradient[i] = weights[i] * (labels[i] - p);
      hessian[i] = weights[i] * Math.max(p * (1 - p), 1e-6);
      node[i] = 0;
      if (random() < options.rowShare) used[taken++] = i;
    }
    const chosen: number[] = [];
    for (let f = 0; f < width; f++) if (random() < options.featureShare) chosen.push(f);
    for (let level = 0; level < depth; level++) {
      const nodes = 1 << level;
      const first = k * splits + nodes - 1;
      best.fill(1e-9);
      for (const f of chosen) {
        const column = f * rows;
        sums.fill(0, 0, 2 * nodes * codeCount);
        for (let u = 0; u < taken; u++) {
          const i = used[u];
          const cell = 2 * (node[i] * codeCount + columns[column + i]);
          sums[cell] += gradient[i];
          sums[cell + 1] += hessian[i];
        }
        for (let n = 0; n < nodes; n++) {
          let g = 0;
          let h = 0;
          const cells = 2 * n * codeCount;
          for (let c = 0; c < codeCount; c++) {
            g += sums[cells + 2 * c];
            h += sums[cells + 2 * c + 1];
          }
          if (h < 2 * options.leastHessian) continue;
          const whole = (g * g) / (h + options.ridge);
          let gl = 0;
          let hl = 0;
          for (let c = 0; c < codeCount - 1; c++) {
            gl += sums[cells + 2 * c];
            hl += sums[cells + 2 * c + 1];
            if (hl < options.leastHessian) continue;
            if (h - hl < options.leastHessian) break;
            const gain = (gl * gl) / (hl + options.ridge) + ((g - gl) * (g - gl)) / (h - hl + options.ridge) - whole;
            if (gain > best[n]) {
              best[n] = gain;
              trees.features[first + n] = f;
              trees.thresholds[first + n] = c;
            }
          }
        }
      }
      for (let i = 0; i < rows; i++) {
        const at = first + node[i];
        node[i] = 2 * node[i] + (columns[trees.features[at] * rows + i] > trees.thresholds[at] ? 1 : 0);
      }
    }
    const g = new Float64Array(leaves);
    const h = new Float64Array(leaves);
    for (let u = 0; u < taken; u++) {
      g[node[used[u]]] += gradient[used[u]];
      h[node[used[u]]] += hessian[used[u]];
    }
    for (let n = 0; n < leaves; n++) {
      const value = (options.rate * g[n]) / (h[n] + options.ridge);
      trees.values[k * leaves + n] = Math.round(Math.min(7, Math.max(-7, value)) / leafStep);
    }
    for (let i = 0; i < rows; i++) scores[i] += trees.values[k * leaves + node[i]] * leafStep;
  }
  return trees;
}
