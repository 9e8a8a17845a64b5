/**
 * What the judge knows of each agent and learns: it reads profiles (`known-profiles.ts`), makes verifiers of them against
 * the farm's background, and has what sessions teach written back (`profile-changes.ts`).
 */
import { adapting, confirm, giveUp } from "../../models/adaptation.ts";
import type { Background } from "../../models/background.ts";
import { KeyboardStatistics } from "../../models/keyboard/statistics.ts";
import { Verifier } from "../../models/verifier.ts";
import type { Clock } from "../core/clock.ts";
import { asSamehandError } from "../core/errors.ts";
import type { Fleet } from "../core/fleet.ts";
import type { Log } from "../core/log.ts";
import { type Enrolment, type Maturity, maturityOf } from "../core/maturity.ts";
import type { AgentName, SessionId } from "../core/units.ts";
import type { LateVerifier, Making } from "../inspect/late-verifier.ts";
import type { AgentId, AgentRecord, Store } from "../store/store.ts";
import type { Typing } from "./challenge.ts";
import { FarmBackground } from "./farm-background.ts";
import { KnownProfiles, type ProfileFacts } from "./known-profiles.ts";
import { type Lesson, wipe } from "./lessons.ts";
import { PacedQueue, type Steps } from "./paced-queue.ts";
import { atOnce, type Change, ProfileChanges } from "./profile-changes.ts";
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
export interface Known extends Pick<ProfileFacts, "keystrokes" | "actions" | "peaks"> {
  readonly maturity: Maturity;
}

const dayLength = 86_400_000;
/** Between two verifiers that are made, ms. Each is in time for its session's first window, which takes seconds to fill. */
const verifierPause = 2;

function* quietly(steps: Steps): Steps {
  try {
    yield* steps;
  } catch {}
}

export class Learning {
  readonly #options: LearningOptions;
  readonly #profiles: KnownProfiles;
  readonly #changes: ProfileChanges;
  /** The background that each agent is verified with: made from the farm's own mature agents, without this one. */
  readonly #farm: FarmBackground;
  readonly #trees: TreeGrowth;
  readonly #verifiers = new PacedQueue<LateVerifier>(verifierPause);

  constructor(options: LearningOptions) {
    this.#options = options;
    this.#profiles = new KnownProfiles(options.store, options.background);
    this.#changes = new ProfileChanges({ ...options, onChanged: (id, name) => this.#changed(id, name) });
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
    const { consented, onMature } = this.#options;
    this.#profiles.met(name, id);
    const facts = consented(id) ? this.#profiles.factsOf(id, version) : null;
    if (facts === null) return null;
    const maturity = maturityOf(facts, enrolment);
    if (maturity === "mature") onMature?.(name);
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
    const profile = this.#profiles.of(id);
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
    const profile = this.#profiles.of(id);
    if (profile !== null) verifier.useFarm(this.#farm.backgroundFor(name), profile);
  }

  /**
   * The agent's typing alone, for the phrase of a challenge; null where nothing was learned yet.
   * @throws SamehandError `profile-unreadable`, `store-unavailable`
   */
  typing(id: AgentId): Typing | null {
    const profile = this.#profiles.of(id);
    if (profile === null) return null;
    // Without colleagues: who answers a challenge for somebody else is likelier a stranger to the farm.
    const { background } = this.#options;
    const statistics = profile.enrolled(background).keyboard;
    if (!(statistics instanceof KeyboardStatistics)) return null;
    return { statistics, scorer: () => background.keyboard.scorer(statistics) };
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
    this.#changes.add(id, name, change, done, () => stretches.forEach(wipe));
    this.#changes.beside(id, () => this.#offerTrees(name, id));
  }

  /** The agent was confirmed in a session: what was held back is learned, and the device in use counts. Never throws. */
  confirmed({ id, name }: AgentRecord, session: SessionId): void {
    const { background } = this.#options;
    const change = atOnce((profile) => {
      const devices = profile.confirmModes(background, session);
      return confirm(background, profile) || devices;
    });
    this.#changes.add(id, name, change);
  }

  /** A session ended in doubt: what it taught is given up. Never throws. */
  doubted({ id, name }: AgentRecord, session: SessionId): void {
    this.#changes.add(
      id,
      name,
      atOnce((profile) => giveUp(profile, session)),
    );
  }

  /** Hands everything that waits to the store now. */
  flush(): void {
    this.#changes.flush();
  }

  /** Writes what waits, and ends what runs beside. */
  async close(): Promise<void> {
    this.flush();
    this.#verifiers.clear();
    await Promise.all([this.#farm.close(), this.#trees.close()]);
  }

  /** Another version of a profile was handed to the store. */
  #changed(id: AgentId, name: AgentName): void {
    this.#profiles.written(id);
    this.#options.fleet?.publish("learned", { agent: name });
    this.#lookAt(name);
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
      done: (trees, among) => {
        const change = atOnce((profile) => {
          profile.grown(trees, among);
          return true;
        });
        this.#changes.add(id, name, change);
      },
    });
  }

  /** Another process learned of an agent: what is kept here is old. */
  learnedElsewhere(name: AgentName): void {
    const id = this.#profiles.idOf(name);
    if (id !== undefined) this.#profiles.written(id);
    this.#lookAt(name);
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
    const id = this.#profiles.idOf(name);
    if (id !== undefined) {
      this.#changes.drop(id);
      this.#trees.forget(id);
    }
    this.#profiles.forget(name);
  }
}
