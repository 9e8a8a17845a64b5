/**
 * A farm's own agents as the reference population: each is verified against the others, never against itself. What
 * that needs is put together once, as plain arrays, so that a worker thread can make it beside the sessions.
 */
import type { Background } from "./background.ts";
import type { Colleague } from "./keyboard/colleagues.ts";
import type { KeyboardModel } from "./keyboard/model.ts";
import { KeyboardStatistics } from "./keyboard/statistics.ts";
import { addShares, cellCount, histogramOf, populationOfShares, sharesOf } from "./pointer/histogram.ts";
import { type PointerModel, rowsOfEach } from "./pointer/model.ts";
import { PointerStatistics, rowBytes } from "./pointer/statistics.ts";
import type { Profile } from "./profile.ts";

/** Agents are left out of the farm's background in groups of this many, where there are more than `mostAlone`. */
const groups = 20;
const mostAlone = 80;
/** Fewer rows of a farm's other agents than this, two an action, say too little of how people point there. */
const fewestRows = 200;

/** What is taken of one agent. */
export interface FarmMember {
  readonly name: string;
  readonly keyboard: KeyboardStatistics;
  readonly pointer: PointerStatistics;
  /** The agent's own trees; empty where there are none. */
  readonly trees: Uint8Array;
}

/** A farm as plain arrays: what a worker thread makes, and hands over without a copy. */
export interface FarmTables {
  readonly names: readonly string[];
  readonly trees: readonly Uint8Array[];
  /** A sample of each agent's actions, one agent behind the other; agent i's rows are `starts[i]` to `starts[i + 1]`. */
  readonly rows: Uint8Array;
  readonly starts: Uint32Array;
  /** Populations without each group in turn, then of all: shares and coarse bins, `cellCount` each. */
  readonly shares: Float32Array;
  readonly maps: Uint8Array;
  readonly typists: readonly string[];
  /** Each typist's vector, mean and variance of every context, one typist behind the other. */
  readonly vectors: Float64Array;
  readonly means: Float64Array;
  readonly variances: Float64Array;
}

const groupCountOf = (agents: number): number => (agents > mostAlone ? groups : agents);

/** Puts a farm together. A few milliseconds an agent. */
export function farmTables(model: KeyboardModel, members: readonly FarmMember[]): FarmTables {
  const known = members.filter(({ pointer }) => pointer.count > 0);
  const samples = known.map(({ pointer }) => pointer.thinned(rowsOfEach(Math.max(1, known.length))));
  const starts = new Uint32Array(known.length + 1);
  samples.forEach((sample, index) => (starts[index + 1] = starts[index] + sample.kept));
  const rows = new Uint8Array(starts[known.length] * rowBytes);
  samples.forEach((sample, index) => rows.set(sample.rows, starts[index] * rowBytes));
  const each = samples.map((sample) => sharesOf(histogramOf(sample)));
  const all = new Float64Array(cellCount);
  for (const own of each) addShares(all, own, 1);
  const count = groupCountOf(known.length);
  const shares = new Float32Array((count + 1) * cellCount);
  const maps = new Uint8Array((count + 1) * cellCount);
  for (let group = 0; group <= count; group++) {
    const rest = all.slice();
    each.filter((_, index) => index % count === group).forEach((own) => addShares(rest, own, -1));
    const population = populationOfShares(rest);
    shares.set(population.shares, group * cellCount);
    maps.set(population.map, group * cellCount);
  }
  const names = known.map(({ name }) => name);
  const trees = known.map((member) => member.trees);
  return { names, trees, rows, starts, shares, maps, ...typistsOf(model, members) };
}

function typistsOf(
  model: KeyboardModel,
  members: readonly FarmMember[],
): Pick<FarmTables, "typists" | "vectors" | "means" | "variances"> {
  const known = members.flatMap(({ name, keyboard }) => {
    const colleague = model.colleague(keyboard);
    return colleague === null ? [] : [{ name, colleague }];
  });
  const table = (of: (colleague: Colleague) => Float64Array): Float64Array => {
    const width = known.length === 0 ? 0 : of(known[0].colleague).length;
    const values = new Float64Array(known.length * width);
    known.forEach(({ colleague }, index) => values.set(of(colleague), index * width));
    return values;
  };
  return {
    typists: known.map(({ name }) => name),
    vectors: table(({ vector }) => vector),
    means: table(({ density }) => density.base),
    variances: table(({ density }) => density.own),
  };
}

/** The backgrounds of a farm: for each agent one that was made from the others only. */
export class Farm {
  readonly #background: Background;
  readonly #tables: FarmTables;
  readonly #index: ReadonlyMap<string, number>;
  readonly #people: readonly PointerStatistics[];
  readonly #colleagues: readonly Colleague[];
  readonly #typists: ReadonlyMap<string, number>;
  readonly #pointers = new Map<number, PointerModel>();

  constructor(background: Background, farm: FarmTables | ReadonlyMap<string, Profile>) {
    const tables = farm instanceof Map ? tablesOf(background, farm) : (farm as FarmTables);
    this.#background = background;
    this.#tables = tables;
    this.#index = new Map(tables.names.map((name, index) => [name, index]));
    this.#people = tables.names.map((_, index) =>
      PointerStatistics.ofRows(
        tables.rows.subarray(tables.starts[index] * rowBytes, tables.starts[index + 1] * rowBytes),
      ),
    );
    const { typists, vectors, means, variances } = tables;
    const part = (values: Float64Array, index: number): Float64Array => {
      const width = values.length / typists.length;
      return values.subarray(index * width, (index + 1) * width);
    };
    this.#typists = new Map(typists.map((name, index) => [name, index]));
    this.#colleagues = typists.map((_, index) => ({
      vector: part(vectors, index),
      density: background.keyboard.colleagueDensity(part(means, index), part(variances, index)),
    }));
  }

  /**
   * The background that verifies claims to be `agent`. One other agent of the same farm is a better reference than all the
   * people of elsewhere (docs/ACCURACY.md); an agent who is alone has no better than those.
   */
  backgroundFor(agent: string): Background {
    const count = groupCountOf(this.#people.length);
    const index = this.#index.get(agent);
    const group = index === undefined ? count : index % count;
    let pointer = this.#pointers.get(group);
    if (pointer === undefined) {
      pointer = this.#make(group, count);
      this.#pointers.set(group, pointer);
    }
    const keyboard = this.#background.keyboard.withColleagues(this.#colleagues, this.#typists.get(agent) ?? -1);
    return this.#background.withModels(keyboard, pointer);
  }

  #make(group: number, count: number): PointerModel {
    const { trees, shares, maps } = this.#tables;
    const isOther = (index: number): boolean => group === count || index % count !== group;
    const others = this.#people.filter((_, index) => isOther(index));
    if (others.reduce((sum, { kept }) => sum + kept, 0) < fewestRows) return this.#background.pointer.foreign();
    const from = group * cellCount;
    const population = { shares: shares.subarray(from, from + cellCount), map: maps.subarray(from, from + cellCount) };
    const cohort = trees.filter((_, index) => isOther(index));
    return this.#background.pointer.withReference(others, cohort, population);
  }
}

function tablesOf(background: Background, profiles: ReadonlyMap<string, Profile>): FarmTables {
  const members = [...profiles].map(([name, profile]) => {
    const { keyboard, pointer } = profile.enrolled(background);
    if (!(keyboard instanceof KeyboardStatistics) || !(pointer instanceof PointerStatistics))
      throw new TypeError("not statistics of keyboard and pointer");
    return { name, keyboard, pointer, trees: profile.trees };
  });
  return farmTables(background.keyboard, members);
}
