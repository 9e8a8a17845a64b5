/**
 * Gradient-boosted trees over quantised features: small, of one depth, for a weighted two-class log loss.
 * Newton boosting with histogram splits, after Friedman, "Greedy function approximation" (2001), and
 * Chen and Guestrin, "XGBoost" (2016), formulas 5 to 7.
 */
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { SamehandError } from "../../gateway/core/errors.ts";
import { codeCount } from "./quantise.ts";

/** Levels of splits of each tree. */
export const depth = 4;
const splits = (1 << depth) - 1;
const leaves = 1 << depth;
const magic = 0x50_54_47_32; // "PTG2"
/** The form before: not compressed. */
const plainMagic = 0x50_54_47_31; // "PTG1"
/** More trees than are ever grown, so that a damaged count cannot ask for memory. */
const mostTrees = 4096;
const leafStep = 1 / 4096;
const treeBytes = 2 * splits + 2 * leaves;
/** Numbers of a tree in memory: one that is not used, the splits, the leaves. */
const treeSize = 2 * leaves;
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
}

/**
 * A sum of trees, `treeSize` numbers each: node n, from 1 on, holds a feature and a threshold, and its children are 2n and
 * 2n + 1; the leaves stand where their children would.
 */
export class Trees {
  readonly count: number;
  readonly #nodes: Int16Array;

  constructor(count: number) {
    this.count = count;
    this.#nodes = new Int16Array(count * treeSize);
    for (let tree = 0; tree < count; tree++)
      for (let node = 1; node <= splits; node++) this.split(tree, node, 0, noSplit);
  }

  /** Sends rows whose code of `feature` is above `threshold` to the right. @param node 1 to `splits` */
  split(tree: number, node: number, feature: number, threshold: number): void {
    this.#nodes[tree * treeSize + node] = feature | (threshold << 8);
  }

  /** Writes a leaf's value, in steps of `leafStep`: sums of whole numbers are exact. */
  leaf(tree: number, leaf: number, value: number): void {
    this.#nodes[tree * treeSize + leaves + leaf] = value;
  }

  valueOf(tree: number, leaf: number): number {
    return this.#nodes[tree * treeSize + leaves + leaf];
  }

  /** The features of all nodes, then the thresholds, then the leaves; compressed. */
  encode(): Uint8Array {
    const body = new Uint8Array(this.count * treeBytes);
    const view = new DataView(body.buffer);
    const thresholdsAt = this.count * splits;
    const leavesAt = 2 * thresholdsAt;
    for (let tree = 0; tree < this.count; tree++) {
      for (let node = 1; node <= splits; node++) {
        const split = this.#nodes[tree * treeSize + node];
        body[tree * splits + node - 1] = split & 0xff;
        body[thresholdsAt + tree * splits + node - 1] = split >> 8;
      }
      for (let leaf = 0; leaf < leaves; leaf++)
        view.setInt16(leavesAt + 2 * (tree * leaves + leaf), this.valueOf(tree, leaf));
    }
    const squeezed = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
    const bytes = new Uint8Array(8 + squeezed.length);
    new DataView(bytes.buffer).setUint32(0, magic);
    new DataView(bytes.buffer).setUint32(4, this.count);
    bytes.set(squeezed, 8);
    return bytes;
  }

  /** @throws SamehandError `profile-unreadable` for bytes that `encode` did not make, or that look beyond `width` */
  static decode(bytes: Uint8Array, width: number): Trees {
    const { count, body } = opened(bytes);
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const trees = new Trees(count);
    const thresholdsAt = count * splits;
    const leavesAt = 2 * thresholdsAt;
    for (let tree = 0; tree < count; tree++) {
      for (let node = 1; node <= splits; node++) {
        const feature = body[tree * splits + node - 1];
        if (feature >= width) throw new SamehandError("profile-unreadable", "pointer trees: feature");
        trees.split(tree, node, feature, Math.min(noSplit, body[thresholdsAt + tree * splits + node - 1]));
      }
      for (let leaf = 0; leaf < leaves; leaf++)
        trees.leaf(tree, leaf, view.getInt16(leavesAt + 2 * (tree * leaves + leaf)));
    }
    return trees;
  }

  /** The log odds of a row of codes that starts at `offset`. Written out for the four levels. */
  score(codes: Uint8Array, offset = 0): number {
    const nodes = this.#nodes;
    // The sign of a difference instead of a branch, which would be guessed wrongly half of the time.
    let sum = 0;
    for (let tree = 0; tree < nodes.length; tree += treeSize) {
      let split = nodes[tree + 1];
      let node = 2 + (((split >> 8) - codes[offset + (split & 0xff)]) >>> 31);
      split = nodes[tree + node];
      node = 2 * node + (((split >> 8) - codes[offset + (split & 0xff)]) >>> 31);
      split = nodes[tree + node];
      node = 2 * node + (((split >> 8) - codes[offset + (split & 0xff)]) >>> 31);
      split = nodes[tree + node];
      sum += nodes[tree + 2 * node + (((split >> 8) - codes[offset + (split & 0xff)]) >>> 31)];
    }
    return sum * leafStep;
  }
}

/** The count and the plain numbers of encoded trees, of either form. @throws SamehandError `profile-unreadable` */
function opened(bytes: Uint8Array): { readonly count: number; readonly body: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const form = bytes.length < 8 ? 0 : view.getUint32(0);
  const count = form === 0 ? 0 : view.getUint32(4);
  const size = count * treeBytes;
  let body: Uint8Array | null = null;
  if (form === plainMagic) body = bytes.subarray(8);
  else if (form === magic && count > 0 && count <= mostTrees)
    try {
      body = brotliDecompressSync(bytes.subarray(8), { maxOutputLength: size });
    } catch {
      // told below
    }
  if (body?.length !== size) throw new SamehandError("profile-unreadable", "pointer trees");
  return { count, body };
}

/** Even numbers in [0, 1) from a seed (mulberry32, public domain). */
function randomFrom(seed: number): () => number {
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
  const splitFeatures = new Uint8Array(leaves);
  const splitThresholds = new Uint8Array(leaves);
  for (let k = 0; k < options.trees; k++) {
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
      best.fill(1e-9);
      splitFeatures.fill(0);
      splitThresholds.fill(noSplit);
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
              splitFeatures[n] = f;
              splitThresholds[n] = c;
            }
          }
        }
      }
      for (let n = 0; n < nodes; n++) trees.split(k, nodes + n, splitFeatures[n], splitThresholds[n]);
      for (let i = 0; i < rows; i++) {
        const n = node[i];
        node[i] = 2 * n + (columns[splitFeatures[n] * rows + i] > splitThresholds[n] ? 1 : 0);
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
      trees.leaf(k, n, Math.round(Math.min(7, Math.max(-7, value)) / leafStep));
    }
    for (let i = 0; i < rows; i++) scores[i] += trees.valueOf(k, node[i]) * leafStep;
  }
  return trees;
}
