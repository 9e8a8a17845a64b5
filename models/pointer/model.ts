/**
 * Pointer verification: one session's actions against one enrolled agent, relative to a reference population.
 * A population from elsewhere misleads (AUC 0.94 falls to 0.73), so that it is taken from the farm's own agents
 * as soon as there are some; what was learned about how features add up stays.
 */
import { SamehandError } from "../../gateway/core/errors.ts";
import type { ModalityModel, Scorer, Statistics } from "../modality.ts";
import { featureCount, type PointerAction } from "./action.ts";
import { usualOf } from "./explanation.ts";
import { amounts, type Fusion, inputCount, untrainedFusion } from "./fusion.ts";
import { coarsen, histogramOf, logRatios, populationOf } from "./histogram.ts";
import { PointerScorer, type Reference } from "./scorer.ts";
import { PointerStatistics, rowBytes } from "./statistics.ts";
import { growTrees, Trees } from "./trees.ts";

const magic = 0x50_54_4d_33; // "PTM3"
const bins = 12;
/** Pseudo-counts of the population in an agent's histograms. */
const relevance = 10;
/** Rows of others that trees are grown against. */
const mostAgainst = 9000;
/** Rows that stand for each person of a large farm. */
const fewestEach = 64;
/** Fewer rows of the agent than this teach trees nothing that lasts. */
const fewestRows = 120;
/** Trees are grown to this many for 4,096 rows and more, fewer for fewer. */
const mostTrees = 160;
const fewestTrees = 60;
/** Enrolled actions at which an agent's scores are believed by half. */
const halfBelieved = 100;
/** Fewer trees of others than this are no cohort. */
const fewestCohort = 4;
/** Other agents whose trees a session is compared with. */
const mostCohort = 48;

/** Trained per-agent trees as bytes, made by `PointerModel.grow`, kept beside the profile. Empty: none. */
export type PointerTrees = Uint8Array;

export interface GrowOptions {
  readonly seed: number;
  /** Told the share done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** Weights learned with the agent's trees and a cohort's, with the agent's trees alone, and without any. */
export interface Fusions {
  readonly withCohort: Fusion;
  readonly withTrees: Fusion;
  readonly without: Fusion;
}

export const untrainedFusions = (): Fusions => ({
  withCohort: untrainedFusion(),
  withTrees: untrainedFusion(),
  without: untrainedFusion(),
});

export class PointerModel implements ModalityModel<PointerAction> {
  readonly #people: readonly PointerStatistics[];
  readonly #fusions: Fusions;
  readonly #cohort: readonly Trees[];
  readonly #population: Float32Array;
  readonly #map: Uint8Array;

  /**
   * @param people the reference population, none of them the one to be verified
   * @param cohort trees of other agents of the same farm
   */
  constructor(people: readonly PointerStatistics[], fusions: Fusions, cohort: readonly Trees[] = []) {
    this.#people = people;
    this.#fusions = fusions;
    this.#cohort = cohort.length < fewestCohort ? [] : cohort.slice(0, mostCohort);
    this.#population = populationOf(people.map((each) => histogramOf(each)));
    this.#map = coarsen(this.#population, bins);
  }

  statistics(): PointerStatistics {
    return new PointerStatistics();
  }

  /** @throws SamehandError `profile-unreadable` */
  decode(bytes: Uint8Array): PointerStatistics {
    return PointerStatistics.decode(bytes);
  }

  /**
   * The same model with the farm's other agents (never the one claimed) as its reference population.
   * @param trees those agents' own trees, where they have some: a session that fits one of them well is doubted
   * @throws SamehandError `profile-unreadable` for trees that `grow` did not make
   */
  adaptToFarm(others: readonly PointerStatistics[], trees: readonly PointerTrees[] = []): PointerModel {
    const known = others.filter((each) => each.count > 0);
    if (known.length === 0) return this;
    const cohort = trees
      .filter((each) => each.length > 0)
      .slice(0, mostCohort)
      .map(treesOf);
    const each = Math.max(fewestEach, Math.ceil(mostAgainst / known.length));
    return new PointerModel(
      known.map((other) => other.thinned(each)),
      this.#fusions,
      cohort,
    );
  }

  /**
   * Grows the agent's own trees against the reference population; takes seconds, made for a worker thread.
   * Empty where there is too little to learn from.
   */
  grow(enrolled: PointerStatistics, options: GrowOptions): PointerTrees {
    const against = sampleOf(this.#people, mostAgainst);
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
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    });
    return grown.encode();
  }

  /**
   * @param trees what `grow` made for this agent
   * @throws SamehandError `profile-unreadable` for trees that `grow` did not make
   */
  scorer(enrolled: Statistics<PointerAction>, trees: PointerTrees = new Uint8Array(0)): Scorer<PointerAction> {
    return new PointerScorer(this.reference(enrolled, trees));
  }

  /** What a scorer reads actions with; see `scorer`. */
  reference(enrolled: Statistics<PointerAction>, trees: PointerTrees): Reference {
    if (!(enrolled instanceof PointerStatistics)) throw new TypeError("not pointer statistics");
    const own = trees.length > 0 ? treesOf(trees) : null;
    return {
      ratios: logRatios(histogramOf(enrolled), this.#population, this.#map, bins, relevance),
      trees: own,
      cohort: own === null ? [] : this.#cohort,
      fusion: this.#fusions[own === null ? "without" : this.#cohort.length === 0 ? "withTrees" : "withCohort"],
      belief: enrolled.count / (enrolled.count + halfBelieved),
      usual: usualOf(enrolled),
    };
  }

  encode(): Uint8Array {
    const { withCohort, withTrees, without } = this.#fusions;
    const fusions = [withCohort, withTrees, without].flatMap((each) => [
      ...each.weights,
      ...each.slopes,
      ...each.offsets,
    ]);
    const people = this.#people.map((each) => each.encode());
    const size = people.reduce((sum, each) => sum + 4 + each.length, 12 + 4 * fusions.length);
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, magic);
    view.setUint32(4, featureCount);
    view.setUint32(8, people.length);
    fusions.forEach((value, i) => view.setFloat32(12 + 4 * i, value));
    let at = 12 + 4 * fusions.length;
    for (const each of people) {
      view.setUint32(at, each.length);
      bytes.set(each, at + 4);
      at += 4 + each.length;
    }
    return bytes;
  }

  /** @throws SamehandError `background-unreadable` for bytes that `encode` did not make */
  static decode(bytes: Uint8Array): PointerModel {
    const refuse = (why: string): never => {
      throw new SamehandError("background-unreadable", `pointer model: ${why}`);
    };
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 12;
    if (bytes.length < at + 12 * (inputCount + 2 * amounts.length)) refuse("too short");
    if (view.getUint32(0) !== magic || view.getUint32(4) !== featureCount) refuse("another version");
    const numbers = (count: number): Float32Array => {
      const values = Float32Array.from({ length: count }, (_, i) => view.getFloat32(at + 4 * i));
      if (values.some((value) => !Number.isFinite(value))) refuse("a number that is none");
      at += 4 * count;
      return values;
    };
    const fusion = (): Fusion => ({
      weights: numbers(inputCount),
      slopes: numbers(amounts.length),
      offsets: numbers(amounts.length),
    });
    const fusions = { withCohort: fusion(), withTrees: fusion(), without: fusion() };
    const people: PointerStatistics[] = [];
    const count = view.getUint32(8);
    for (let i = 0; i < count; i++) {
      if (at + 4 > bytes.length) refuse("too short");
      const length = view.getUint32(at);
      if (length > bytes.length - at - 4) refuse("too short");
      people.push(PointerStatistics.decode(bytes.subarray(at + 4, at + 4 + length)));
      at += 4 + length;
    }
    if (at !== bytes.length) refuse("too long");
    return new PointerModel(people, fusions);
  }
}

/** Decoded trees by their bytes: a farm's agents stand in one another's cohorts, and are decoded once. */
const decoded = new WeakMap<PointerTrees, Trees>();

function treesOf(bytes: PointerTrees): Trees {
  let trees = decoded.get(bytes);
  if (trees === undefined) {
    trees = Trees.decode(bytes, rowBytes);
    decoded.set(bytes, trees);
  }
  return trees;
}

/** About `most` rows in all, the same number from everybody as far as they have them. */
function sampleOf(people: readonly PointerStatistics[], most: number): Uint8Array {
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
