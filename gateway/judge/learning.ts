/**
 * What is known of each agent: profiles read from the store through a bounded cache, and what sessions teach
 * written back. A profile's anchor is sealed when it first becomes mature; later learning only adapts beside it.
 */
import { LRUCache } from "lru-cache";
import type { Background } from "../../models/background.ts";
import { Farm } from "../../models/farm.ts";
import { KeyboardStatistics } from "../../models/keyboard/statistics.ts";
import { type Part, Profile } from "../../models/profile.ts";
import { Verifier } from "../../models/verifier.ts";
import type { Clock } from "../core/clock.ts";
import { type Amount, type Enrolment, type Maturity, maturityOf } from "../core/maturity.ts";
import type { Fleet } from "../core/fleet.ts";
import type { Log } from "../core/log.ts";
import type { AgentName } from "../core/units.ts";
import type { AgentId, AgentRecord, Store, Profile as StoredProfile } from "../store/store.ts";
import type { Typing } from "./challenge.ts";
import { TreeGrowth } from "./tree-growth.ts";

export interface LearningOptions {
  readonly store: Store;
  readonly background: Background;
  readonly log: Log;
  readonly clock: Clock;
  readonly fleet?: Fleet;
}

/** How much is known of an agent: all that a session needs before its first input. */
export interface Known {
  readonly maturity: Maturity;
  readonly keystrokes: number;
  readonly actions: number;
  /** Highest suspicion in each stretch of the agent's own genuine input. */
  readonly peaks: readonly number[];
}

/** Bytes of encoded profiles whose decoded form is kept. */
const cacheBytes = 128 * 1024 * 1024;
const mostAgents = 50_000;
const dayLength = 86_400_000;
/** Mature agents that stand for the farm: more cost time at a session's start and change little. */
const mostInFarm = 200;

export class Learning {
  readonly #options: LearningOptions;
  readonly #cache = new LRUCache<AgentId, { profile: Profile; stored: StoredProfile }>({
    maxSize: cacheBytes,
    sizeCalculation: ({ stored }) => stored.body.length + 1,
  });
  readonly #ids = new LRUCache<AgentName, AgentId>({ max: mostAgents });
  /**
   * What a session asks before its first input, by the version of the profile: reading and decrypting 84 KB was
   * two fifths of what opening a session took.
   */
  readonly #facts = new LRUCache<AgentId, Amount & Pick<Known, "peaks"> & { readonly version: number }>({
    max: mostAgents,
  });

  readonly #trees: TreeGrowth;
  #farm: Farm | null = null;

  constructor(options: LearningOptions) {
    this.#options = options;
    this.#trees = new TreeGrowth(options.log);
  }

  /**
   * The background that an agent is verified with: rebuilt from the farm's own mature agents, without this one.
   * A foreign population ruins the pointer's scores (docs/ACCURACY.md).
   */
  #backgroundFor(name: AgentName, enrolment: Enrolment): Background {
    this.#farm ??= new Farm(this.#options.background, this.#matureProfiles(enrolment));
    return this.#farm.backgroundFor(name);
  }

  /** Lets the farm's background be made anew from what was learned since. */
  refresh(): void {
    this.#farm = null;
  }

  /**
   * What is known of an agent; null where nothing was learned yet.
   * @throws SamehandError `profile-unreadable`, `store-unavailable`
   */
  known(name: AgentName, id: AgentId, enrolment: Enrolment): Known | null {
    this.#ids.set(name, id);
    const version = this.#options.store.agent(name)?.profileVersion;
    const facts = this.#facts.get(id);
    if (facts?.version === version && facts !== undefined) return { ...facts, maturity: maturityOf(facts, enrolment) };
    const cached = this.#cache.get(id);
    const stored = cached?.stored ?? this.#options.store.profile(id);
    if (stored === null) return null;
    const { keystrokes, actions } = stored;
    const peaks = cached?.profile.peaks ?? Profile.peaksOf(stored.body);
    this.#facts.set(id, { version: stored.version, days: stored.days, keystrokes, actions, peaks });
    return { maturity: maturityOf(stored, enrolment), keystrokes, actions, peaks };
  }

  /**
   * A verifier of claims to be the agent; null where nothing was learned yet.
   * @throws SamehandError `profile-unreadable`, `store-unavailable`
   */
  verifier(name: AgentName, id: AgentId, enrolment: Enrolment): Verifier | null {
    const profile = this.#profile(id);
    return profile === null ? null : new Verifier(this.#backgroundFor(name, enrolment), profile);
  }

  /**
   * The agent's typing alone, for the phrase of a challenge; null where nothing was learned yet.
   * @throws SamehandError `profile-unreadable`, `store-unavailable`
   */
  typing(name: AgentName, id: AgentId, enrolment: Enrolment): Typing | null {
    const profile = this.#profile(id);
    if (profile === null) return null;
    const background = this.#backgroundFor(name, enrolment);
    const statistics = profile.enrolled(background).keyboard;
    if (!(statistics instanceof KeyboardStatistics)) return null;
    return { statistics, scorer: () => background.keyboard.scorer(statistics) };
  }

  #profile(id: AgentId): Profile | null {
    const cached = this.#cache.get(id);
    if (cached !== undefined) return cached.profile;
    const stored = this.#options.store.profile(id);
    if (stored === null) return null;
    const profile = Profile.decode(stored.body, this.#options.background);
    this.#cache.set(id, { profile, stored });
    return profile;
  }

  /**
   * Adds what a stretch of a session showed to the agent's profile. Never throws; what cannot be written waits.
   * @param peaks the highest suspicion of each genuine stretch
   */
  teach({ id, name }: AgentRecord, part: Part, peaks: readonly number[], enrolment: Enrolment): void {
    const { store, background, clock } = this.#options;
    const day = Math.floor(clock.wall() / dayLength);
    this.#cache.delete(id);
    store.learn(id, (newest) => {
      const profile = newest === null ? Profile.empty(background) : Profile.decode(newest.body, background);
      if (newest !== null && maturityOf(newest, enrolment) === "mature") profile.sealed = true;
      profile.learn(part, day);
      for (const peak of peaks) profile.peaked(peak);
      return { keystrokes: profile.keystrokes, actions: profile.actions, body: profile.encode() };
    });
    this.#options.fleet?.publish("learned", { agent: name });
    this.#offerTrees(name, id, enrolment);
  }

  /** Ends what runs beside. */
  async close(): Promise<void> {
    await this.#trees.close();
  }

  #offerTrees(name: AgentName, id: AgentId, enrolment: Enrolment): void {
    const { store, background } = this.#options;
    const record = store.agent(name);
    if (record === null || maturityOf(record, enrolment) !== "mature") return;
    this.#trees.offer({
      id,
      actions: record.actions,
      background: () => this.#backgroundFor(name, enrolment),
      profile: () => store.profile(id)?.body ?? null,
      done: (trees) => {
        this.#cache.delete(id);
        store.learn(id, (newest) => {
          const profile = newest === null ? Profile.empty(background) : Profile.decode(newest.body, background);
          profile.trees = trees;
          return { keystrokes: profile.keystrokes, actions: profile.actions, body: profile.encode() };
        });
      },
    });
  }

  #matureProfiles(enrolment: Enrolment): Map<AgentName, Profile> {
    const { store, background } = this.#options;
    const profiles = new Map<AgentName, Profile>();
    for (const record of store.agents()) {
      if (profiles.size >= mostInFarm) break;
      if (maturityOf(record, enrolment) !== "mature") continue;
      const stored = store.profile(record.id);
      if (stored !== null) profiles.set(record.name, Profile.decode(stored.body, background));
    }
    return profiles;
  }

  /** Keeps nothing of an agent who was forgotten. */
  forget(name: AgentName): void {
    const id = this.#ids.get(name);
    if (id !== undefined) this.#cache.delete(id);
    if (id !== undefined) this.#facts.delete(id);
    this.#ids.delete(name);
  }
}
