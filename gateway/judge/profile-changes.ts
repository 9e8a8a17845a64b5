/**
 * Changes of profiles, made beside the sessions: one after the other, step by step between input, each on the newest
 * version and saved in one transaction.
 */
import { finished } from "../../models/adaptation.ts";
import type { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { recognises } from "../../models/recogniser.ts";
import { asSamehandError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { type Enrolment, maturityOf } from "../core/maturity.ts";
import type { AgentName } from "../core/units.ts";
import type { AgentId, Learned, Store, Profile as StoredProfile } from "../store/store.ts";
import { PacedQueue, type Steps } from "./paced-queue.ts";

export interface ProfileChangesOptions {
  readonly store: Store;
  readonly background: Background;
  readonly log: Log;
  readonly enrolment: () => Enrolment;
  /** Whether an agent may be learned from at all. */
  readonly consented: (id: AgentId) => boolean;
  /** A change was handed to the store. */
  readonly onChanged: (id: AgentId, name: AgentName) => void;
}

/** Changes a profile, step by step. @returns whether something is to be saved */
export type Change = (profile: Profile) => Generator<undefined, boolean>;
type Merge = (newest: StoredProfile | null) => Learned | null;

/** A change of one step, in a turn of its own. */
export const atOnce = (change: (profile: Profile) => boolean): Change =>
  function* (profile) {
    yield;
    return change(profile);
  };

/** Between two changes, ms. What waits when the process dies is lost. */
const pause = 250;

const nothing = (): void => {};
const learned = (profile: Profile): Learned => ({ ...profile.amount, body: profile.encode() });

export class ProfileChanges {
  readonly #options: ProfileChangesOptions;
  readonly #queue = new PacedQueue<AgentId>(pause);

  constructor(options: ProfileChangesOptions) {
    this.#options = options;
  }

  /**
   * Changes a profile. Never throws; what cannot be written waits.
   * @param done it was handed to the store
   * @param over the store has it, or never will: it was given up, or the agent takes part no more
   */
  add(id: AgentId, name: AgentName, change: Change, done = nothing, over = nothing): void {
    this.beside(id, () => this.#save(id, name, change, done, over), over);
  }

  /**
   * Does something about an agent when it holds no input up. Sessions go on with what they know where it fails.
   * @param lost called where it fails, or the agent is forgotten before
   */
  beside(id: AgentId, work: () => Steps | void, lost = nothing): void {
    this.#queue.add(id, () => this.#guarded(work, lost), lost);
  }

  /** Hands everything that waits to the store now. */
  flush(): void {
    this.#queue.flush();
  }

  /** Leaves out what waits about an agent. */
  drop(id: AgentId): void {
    this.#queue.drop(id);
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

  *#save(id: AgentId, name: AgentName, change: Change, done: () => void, over: () => void): Steps {
    const { store, consented, onChanged } = this.#options;
    const merge = consented(id) ? yield* this.#prepared(id, change) : null;
    if (merge === null || !consented(id)) over();
    else {
      store.learn(id, merge, over);
      onChanged(id, name);
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

  /** A profile's anchor is sealed when it is first mature and recognises anybody; later learning only adapts beside it. */
  #opened(stored: StoredProfile | null): Profile {
    const { background, enrolment } = this.#options;
    if (stored === null) return Profile.empty(background);
    const profile = Profile.decode(stored.body, background);
    profile.sealed = recognises(profile.anchor) && (profile.sealed || maturityOf(stored, enrolment()) === "mature");
    return profile;
  }
}
