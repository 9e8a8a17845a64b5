/**
 * What is known of each agent: profiles read from the store through a bounded cache, and what sessions teach
 * written back. A profile's anchor is sealed when it first becomes mature; later learning only adapts beside it.
 */
import { LRUCache } from "lru-cache";
import { adapting, confirm, finished, giveUp } from "../../models/adaptation.ts";
import type { Background } from "../../models/background.ts";
import { KeyboardStatistics } from "../../models/keyboard/statistics.ts";
import { Profile } from "../../models/profile.ts";
import { Verifier } from "../../models/verifier.ts";
import type { Clock } from "../core/clock.ts";
import { asSamehandError } from "../core/errors.ts";
import { type Amount, type Enrolment, type Maturity, maturityOf } from "../core/maturity.ts";
import type { Fleet } from "../core/fleet.ts";
import type { Log } from "../core/log.ts";
import type { LateVerifier, Making } from "../inspect/late-verifier.ts";
import type { AgentName, SessionId } from "../core/units.ts";
import type { AgentId, AgentRecord, Learned, Store, Profile as StoredProfile } from "../store/store.ts";
import type { Typing } from "./challenge.ts";
import { FarmBackground } from "./farm-background.ts";
import { type Lesson, wipe } from "./lessons.ts";
import { PacedQueue, type Steps } from "./paced-queue.ts";
import { TreeGrowth } from "./tree-growth.ts";

export interface LearningOptions {
  readonly store: Store;
  readonly background: Background;
  readonly log: Log;
  readonly clock: Clock;
  readonly fleet?: Fleet;
  readonly enrolment: () => Enrolment;
  /** An agent is mature, or is found to be. */
  readonly onMature?: (agent: AgentName) => void;
  /** Whether an agent may be learned from and verified at all. */
  readonly consented: (id: AgentId) => boolean;
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

const nothing = (): void => {};
/** Between two lessons, ms. What waits when the process dies is lost. */
const lessonPause = 250;
/** Between two verifiers that are made, ms. Each is in time for its session's first window, which takes seconds to fill. */
const verifierPause = 2;

/** Changes a profile, step by step. @returns whether something is to be saved */
type Change = (profile: Profile) => Generator<undefined, boolean>;
type Merge = (newest: StoredProfile | null) => Learned | null;

/** A change of one step, in a turn of its own. */
const atOnce = (change: (profile: Profile) => boolean): Change =>
  function* (profile) {
    yield;
    return change(profile);
  };

function* quietly(steps: Steps): Steps {
  try {
    yield* steps;
  } catch {}
}

const learned = (profile: Profile): Learned => ({ ...profile.amount, body: profile.encode() });

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

  /** The background that each agent is verified with: made from the farm's own mature agents, without this one. */
  readonly #farm: FarmBackground;
  readonly #trees: TreeGrowth;
  readonly #lessons = new PacedQueue<AgentId>(lessonPause);
  readonly #verifiers = new PacedQueue<LateVerifier>(verifierPause);

  constructor(options: LearningOptions) {
    this.#options = options;
    this.#farm = new FarmBackground(options);
    this.#trees = new TreeGrowth(options.log);
  }

  /** The background of the farm's own agents. */
  get farm(): FarmBackground {
    return this.#farm;
  }

  /**
   * What is known of an agent; null where nothing was learned yet, or the agent has not consented.
   * @param version of the newest profile, where the caller has just read it
   * @throws SamehandError `profile-unreadable`, `store-unavailable`
   */
  known(name: AgentName, id: AgentId, enrolment: Enrolment, version = this.#versionOf(name)): Known | null {
    this.#ids.set(name, id);
    if (!this.#options.consented(id)) return null;
    const facts = this.#facts.get(id);
    if (facts?.version === version && facts !== undefined) return this.#told(name, facts, enrolment);
    // Somebody else may have written it, such as `samehand enrol` beside a running gateway.
    if (this.#cache.get(id)?.stored.version !== version) this.#cache.delete(id);
    const cached = this.#cache.get(id);
    const stored = cached?.stored ?? this.#options.store.profile(id);
    if (stored === null) return null;
    const { keystrokes, actions } = stored;
    const peaks = cached?.profile.peaks ?? Profile.factsOf(stored.body).peaks;
    const read = { version: stored.version, days: stored.days, keystrokes, actions, peaks };
    this.#facts.set(id, read);
    return this.#told(name, read, enrolment);
  }

  #told(name: AgentName, facts: Amount & Pick<Known, "peaks">, enrolment: Enrolment): Known {
    const maturity = maturityOf(facts, enrolment);
    if (maturity === "mature") this.#options.onMature?.(name);
    return { ...facts, maturity };
  }

  #versionOf(name: AgentName): number | undefined {
    return this.#options.store.agent(name)?.profileVersion;
  }

  /**
   * Makes a verifier of claims to be the agent, in steps; null where nothing was learned yet.
   * @throws SamehandError `profile-unreadable`, `store-unavailable`
   */
  *verifying(name: AgentName, id: AgentId): Making {
    const profile = this.#profile(id);
    if (profile === null) return null;
    yield;
    return new Verifier(this.#farm.backgroundFor(name), profile);
  }

  /** Has a verifier made before it is needed. Never throws: what fails here fails again, and is told, where it is needed. */
  prepare(verifier: LateVerifier): void {
    this.#verifiers.add(verifier, () => quietly(verifier.steps()));
  }

  /**
   * Verifies from now on with the background that serves now.
   * @throws SamehandError `profile-unreadable`, `store-unavailable`
   */
  renew(verifier: Verifier, name: AgentName, id: AgentId): void {
    const profile = this.#profile(id);
    if (profile !== null) verifier.useFarm(this.#farm.backgroundFor(name), profile);
  }

  /**
   * The agent's typing alone, for the phrase of a challenge; null where nothing was learned yet.
   * @throws SamehandError `profile-unreadable`, `store-unavailable`
   */
  typing(id: AgentId): Typing | null {
    const profile = this.#profile(id);
    if (profile === null) return null;
    // Without colleagues: who answers a challenge for somebody else is likelier a stranger to the farm.
    const { background } = this.#options;
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
   * Hands on what a session showed, beside the sessions: within seconds, and at the latest at `close`. Never throws; what
   * cannot be written waits.
   * @param done when it was handed to the store
   */
  teach({ id, name }: AgentRecord, session: SessionId, { stretches, peaks }: Lesson, done: () => void): void {
    const day = Math.floor(this.#options.clock.wall() / dayLength);
    const background = this.#farm.backgroundFor(name);
    const change: Change = function* (profile) {
      const { version } = profile;
      yield* adapting(background, profile, { stretches, session, day, peaks });
      return profile.version !== version;
    };
    // Not before it is saved: what must wait for the store is taken in again, whole.
    this.#later(id, name, done, change, () => stretches.forEach(wipe));
    this.#beside(id, () => this.#offerTrees(name, id));
  }

  /** The agent was confirmed in a session: what was held back is learned, and the device in use counts. Never throws. */
  confirmed({ id, name }: AgentRecord, session: SessionId): void {
    const { background } = this.#options;
    this.#later(
      id,
      name,
      nothing,
      atOnce((profile) => {
        const devices = profile.confirmModes(background, session);
        return confirm(background, profile) || devices;
      }),
    );
  }

  /** A session ended in doubt: what it taught is given up. Never throws. */
  doubted({ id, name }: AgentRecord, session: SessionId): void {
    this.#later(
      id,
      name,
      nothing,
      atOnce((profile) => giveUp(profile, session)),
    );
  }

  /** Hands everything that waits to the store now. */
  flush(): void {
    this.#lessons.flush();
  }

  /** Writes what waits, and ends what runs beside. */
  async close(): Promise<void> {
    this.flush();
    this.#verifiers.clear();
    await Promise.all([this.#farm.close(), this.#trees.close()]);
  }

  /**
   * Does something when it holds no input up. Sessions go on with what they know where it fails.
   * @param lost called where it fails, or the agent is forgotten before
   */
  #beside(id: AgentId, work: () => Steps | void, lost = nothing): void {
    this.#lessons.add(id, () => this.#guarded(work, lost), lost);
  }

  *#guarded(work: () => Steps | void, lost: () => void): Steps {
    try {
      yield* work() ?? [];
    } catch (error) {
      const { code, detail } = asSamehandError(error, "store-unavailable");
      this.#options.log.warn({ code, detail }, "nothing could be learned");
      lost();
    }
  }

  /**
   * Changes a profile beside the sessions.
   * @param done it was handed to the store
   * @param over the store has it, or never will: it was given up, or the agent takes part no more
   */
  #later(id: AgentId, name: AgentName, done: () => void, change: Change, over = nothing): void {
    this.#beside(id, () => this.#save(id, name, change, done, over), over);
  }

  *#save(id: AgentId, name: AgentName, change: Change, done: () => void, over: () => void): Steps {
    const { store, fleet } = this.#options;
    const merge = this.#options.consented(id) ? yield* this.#prepared(id, change) : null;
    if (merge === null || !this.#options.consented(id)) over();
    else {
      this.#cache.delete(id);
      store.learn(id, merge, over);
      fleet?.publish("learned", { agent: name });
      this.#lookAt(name);
      done();
    }
  }

  /**
   * Makes the change on the newest version of the profile, so that it only need be written; should another version have
   * come by then, it is made again on that one, in one go.
   */
  *#prepared(id: AgentId, change: Change): Generator<Promise<void> | undefined, Merge> {
    const inOneGo: Merge = (newest) => {
      const profile = this.#opened(newest);
      return finished(change(profile)) ? learned(profile) : null;
    };
    let before: StoredProfile | null;
    try {
      before = this.#options.store.profile(id);
    } catch {
      return inOneGo; // when the store works again
    }
    const profile = this.#opened(before);
    yield;
    const changed = yield* change(profile);
    if (changed) yield profile.squeeze();
    return (newest) => {
      if (newest?.version !== before?.version) return inOneGo(newest);
      return changed ? learned(profile) : null;
    };
  }

  #opened(stored: StoredProfile | null): Profile {
    const { background, enrolment } = this.#options;
    if (stored === null) return Profile.empty(background);
    const profile = Profile.decode(stored.body, background);
    if (maturityOf(stored, enrolment()) === "mature") profile.sealed = true;
    return profile;
  }

  #offerTrees(name: AgentName, id: AgentId): void {
    const { store, enrolment } = this.#options;
    const record = store.agent(name);
    if (record === null || !this.#options.consented(id) || maturityOf(record, enrolment()) !== "mature") return;
    this.#trees.offer({
      id,
      actions: record.actions,
      background: () => this.#farm.backgroundFor(name),
      profile: () => store.profile(id)?.body ?? null,
      done: (trees, among) =>
        this.#later(
          id,
          name,
          nothing,
          atOnce((profile) => {
            profile.grown(trees, among);
            return true;
          }),
        ),
    });
  }

  /** Another process learned of an agent: what is kept here is old. */
  learnedElsewhere(name: AgentName): void {
    this.#readAgain(name);
    this.#lookAt(name);
  }

  #readAgain(name: AgentName): void {
    const id = this.#ids.get(name);
    if (id !== undefined) this.#cache.delete(id);
  }

  /** Tells whether the agent is mature by now, where the farm does not know the agent. Never throws. */
  #lookAt(name: AgentName): void {
    const { onMature, store, enrolment, consented, log } = this.#options;
    if (onMature === undefined || this.#farm.has(name)) return;
    try {
      const record = store.agent(name);
      if (record !== null && consented(record.id) && maturityOf(record, enrolment()) === "mature") onMature(name);
    } catch (error) {
      log.debug({ code: asSamehandError(error, "store-unavailable").code }, "whether an agent is mature is not known");
    }
  }

  /** Keeps nothing of an agent who was forgotten. */
  forget(name: AgentName): void {
    const id = this.#ids.get(name);
    if (id !== undefined) {
      this.#lessons.drop(id);
      this.#trees.forget(id);
      this.#facts.delete(id);
    }
    this.#readAgain(name);
    this.#ids.delete(name);
  }
}
