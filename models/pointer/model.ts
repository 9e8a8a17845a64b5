/**
 * Pointer verification: one session's actions against one enrolled agent, relative to a reference population.
 * A population from elsewhere misleads (AUC 0.94 falls to 0.73), so that it is taken from the farm's own agents
 * as soon as there are some; what was learned about how features add up stays.
 */
import { SamehandError } from "../../gateway/core/errors.ts";
import type { ModalityModel, Scorer, Statistics } from "../modality.ts";
import { featureCount, type PointerAction } from "./action.ts";
import { amounts, type Fusion, inputCount, untrainedFusion } from "./fusion.ts";
import { growAgainst, type GrowOptions, mostAgainst, type PointerTrees, sampleOf } from "./growth.ts";
import { Habits } from "./habits.ts";
import { beliefsOf, type Population, populationOf } from "./histogram.ts";
import { likenessOf, PointerScorer, type Reference } from "./scorer.ts";
import { PointerStatistics, rowBytes } from "./statistics.ts";
import { Trees } from "./trees.ts";

const magic = 0x50_54_4d_33; // "PTM3"
/** Enrolled actions at which an agent's scores are believed by half. */
const halfBelieved = 100;
/** Fewer trees of others than this are no cohort. */
const fewestCohort = 4;
/** Other agents whose trees a session is compared with. */
const mostCohort = 48;
/**
 * The most that a window may say for the agent where nobody, or fewer than `fewOthers`, are known to compare with, nats: who
 * points otherwise than they do may still be a stranger. Against the agent it counts in full. Chosen on pace with mauth.
 */
const [mostForAlone, mostForFew, fewOthers] = [0.45, 0.6, 5];

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

/** Rows that stand for each of so many people of a farm. */
export const rowsOfEach = (people: number): number => Math.max(fewestEach, Math.ceil(mostAgainst / people));

/** Rows that stand for each person of a large farm. */
const fewestEach = 64;

export class PointerModel implements ModalityModel<PointerAction> {
  readonly #people: readonly PointerStatistics[];
  readonly #fusions: Fusions;
  readonly #cohort: readonly Trees[];
  readonly #population: Population;
  /** Worked out when they are first asked for. */
  #beliefs: Float64Array | null = null;
  /** Its people are of elsewhere. */
  #foreign = false;

  /**
   * @param people the reference population, none of them the one to be verified
   * @param cohort trees of other agents of the same farm
   * @param population of those people, where it is known already
   */
  constructor(
    people: readonly PointerStatistics[],
    fusions: Fusions,
    cohort: readonly Trees[] = [],
    population = populationOf(people),
  ) {
    this.#people = people;
    this.#fusions = fusions;
    this.#cohort = cohort.length < fewestCohort ? [] : cohort.slice(0, mostCohort);
    this.#population = population;
  }

  /**
   * The same model for an agent who is alone. Against people of elsewhere everybody of a place points like the agent, so that
   * a window says little for anybody, and no trees are grown.
   */
  foreign(): PointerModel {
    const model = new PointerModel(this.#people, this.#fusions, [], this.#population);
    model.#foreign = true;
    return model;
  }

  /** Of how many people its reference is made; 0 where they are of elsewhere. */
  get others(): number {
    return this.#foreign ? 0 : this.#people.length;
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
    const each = rowsOfEach(known.length);
    return this.withReference(
      known.map((other) => other.thinned(each)),
      trees,
    );
  }

  /**
   * As `adaptToFarm`, of samples that are small already.
   * @param population of those people, where it is known already
   */
  withReference(
    people: readonly PointerStatistics[],
    trees: readonly PointerTrees[],
    population?: Population,
  ): PointerModel {
    const cohort = trees
      .filter((each) => each.length > 0)
      .slice(0, mostCohort)
      .map(treesOf);
    return new PointerModel(people, this.#fusions, cohort, population);
  }

  /** Rows of the reference population to grow an agent's trees against, `rowBytes` each. */
  get against(): Uint8Array {
    return sampleOf(this.#people, mostAgainst);
  }

  /**
   * Grows the agent's own trees against the reference population; takes seconds, made for a worker thread.
   * Empty where there is too little to learn from.
   */
  grow(enrolled: PointerStatistics, options: GrowOptions): PointerTrees {
    if (this.#foreign) return new Uint8Array(0);
    return growAgainst(enrolled, this.against, options);
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
    const own = trees.length > 0 ? treesOf(trees) : null;
    return {
      habits: new Habits(pointed(enrolled), this.#population, (this.#beliefs ??= beliefsOf(this.#people))),
      trees: own,
      cohort: own === null ? [] : this.#cohort,
      fusion: this.#fusions[own === null ? "without" : this.#cohort.length === 0 ? "withTrees" : "withCohort"],
      belief: enrolled.count / (enrolled.count + halfBelieved),
      mostFor: this.others === 0 ? mostForAlone : this.others < fewOthers ? mostForFew : Number.POSITIVE_INFINITY,
    };
  }

  /** What an enrolment says of other pointing by its statistics alone, without trees: the calibrated LLR of all of it. */
  likenessTo(enrolled: Statistics<PointerAction>): (shown: Statistics<PointerAction>) => number {
    const reference = this.reference(enrolled, new Uint8Array(0));
    return (shown) => likenessOf(reference, pointed(shown));
  }

  encode(): Uint8Array {
    const { withCohort, withTrees, without } = this.#fusions;
    const fusions = [withCohort, withTrees, without].flatMap((each) => [
      ...each.weights,
      ...each.slopes,
      ...each.offsets,
    ]);
    const people = this.#people.map((each) => each.encodePlain());
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

function pointed(statistics: Statistics<PointerAction>): PointerStatistics {
  if (!(statistics instanceof PointerStatistics)) throw new TypeError("not pointer statistics");
  return statistics;
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
