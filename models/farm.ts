/**
 * A farm's own agents as the reference population: each is verified against the others, never against itself. What
 * that needs is put together once, as plain arrays, so that a worker thread can make it beside the sessions.
 */
import type { Background } from "./background.ts";
import { addShares, cellCount, histogramOf, populationOfShares, sharesOf } from "./pointer/histogram.ts";
import { rowsOfEach } from "./pointer/model.ts";
import { PointerStatistics, rowBytes } from "./pointer/statistics.ts";
import type { Profile } from "./profile.ts";

/** Agents are left out of the farm's background in groups of this many, where there are more than `mostAlone`. */
const groups = 20;
const mostAlone = 80;
/** Fewer of a farm's agents than this say too little about their domain. */
const fewestForFarm = 5;

/** What is taken of one agent. */
export interface FarmMember {
  readonly name: string;
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
}

const groupCountOf = (agents: number): number => (agents > mostAlone ? groups : agents);

/** Puts a farm together. About a millisecond an agent. */
export function farmTables(members: readonly FarmMember[]): FarmTables {
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
  return { names: known.map(({ name }) => name), trees: known.map(({ trees }) => trees), rows, starts, shares, maps };
}

/** The backgrounds of a farm: for each agent one that was made from the others only. */
export class Farm {
  readonly #background: Background;
  readonly #tables: FarmTables;
  readonly #index: ReadonlyMap<string, number>;
  readonly #people: readonly PointerStatistics[];
  readonly #made = new Map<number, Background>();

  constructor(background: Background, farm: FarmTables | ReadonlyMap<string, Profile>) {
    const tables = farm instanceof Map ? farmTables(membersOf(background, farm)) : (farm as FarmTables);
    this.#background = background;
    this.#tables = tables;
    this.#index = new Map(tables.names.map((name, index) => [name, index]));
    this.#people = tables.names.map((_, index) =>
      PointerStatistics.ofRows(
        tables.rows.subarray(tables.starts[index] * rowBytes, tables.starts[index + 1] * rowBytes),
      ),
    );
  }

  /** The background that verifies claims to be `agent`: the farm's where there are enough others, else the one given. */
  backgroundFor(agent: string): Background {
    const count = groupCountOf(this.#people.length);
    const index = this.#index.get(agent);
    const group = index === undefined ? count : index % count;
    let made = this.#made.get(group);
    if (made === undefined) {
      made = this.#make(group, count);
      this.#made.set(group, made);
    }
    return made;
  }

  #make(group: number, count: number): Background {
    const { trees, shares, maps } = this.#tables;
    const isOther = (index: number): boolean => group === count || index % count !== group;
    const others = this.#people.filter((_, index) => isOther(index));
    if (others.length < fewestForFarm) return this.#background;
    const from = group * cellCount;
    const population = { shares: shares.subarray(from, from + cellCount), map: maps.subarray(from, from + cellCount) };
    const cohort = trees.filter((_, index) => isOther(index));
    return this.#background.withPointer(this.#background.pointer.withReference(others, cohort, population));
  }
}

function membersOf(background: Background, profiles: ReadonlyMap<string, Profile>): FarmMember[] {
  return [...profiles].map(([name, profile]) => {
    const { pointer } = profile.enrolled(background);
    if (!(pointer instanceof PointerStatistics)) throw new TypeError("not pointer statistics");
    return { name, pointer, trees: profile.trees };
  });
}
