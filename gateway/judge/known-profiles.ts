/** Agents' profiles as the judge reads them: out of the store through bounded caches, decoded only where it must be. */
import { LRUCache } from "lru-cache";
import type { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import type { Amount } from "../core/maturity.ts";
import type { AgentName } from "../core/units.ts";
import type { AgentId, Store, Profile as StoredProfile } from "../store/store.ts";

/** What a session asks of a profile before its first input. */
export interface ProfileFacts extends Amount {
  readonly version: number;
  /** Highest suspicion in each stretch of the agent's own genuine input. */
  readonly peaks: readonly number[];
}

/** Bytes of encoded profiles whose decoded form is kept. */
const cacheBytes = 128 * 1024 * 1024;
const mostAgents = 50_000;

export class KnownProfiles {
  readonly #store: Store;
  readonly #background: Background;
  readonly #cache = new LRUCache<AgentId, { profile: Profile; stored: StoredProfile }>({
    maxSize: cacheBytes,
    sizeCalculation: ({ stored }) => stored.body.length + 1,
  });
  readonly #ids = new LRUCache<AgentName, AgentId>({ max: mostAgents });
  /** Reading and decrypting 84 KB was two fifths of what opening a session took. */
  readonly #facts = new LRUCache<AgentId, ProfileFacts>({ max: mostAgents });

  constructor(store: Store, background: Background) {
    this.#store = store;
    this.#background = background;
  }

  /**
   * The facts of a version of the profile, or of a newer one; null where nothing was learned yet.
   * @param version the newest, as far as it is known
   * @throws SamehandError `profile-unreadable`, `store-unavailable`
   */
  factsOf(id: AgentId, version: number | undefined): ProfileFacts | null {
    const facts = this.#facts.get(id);
    if (facts?.version === version && facts !== undefined) return facts;
    // Somebody else may have written it, such as `samehand enrol` beside a running gateway.
    if (this.#cache.get(id)?.stored.version !== version) this.#cache.delete(id);
    const cached = this.#cache.get(id);
    const stored = cached?.stored ?? this.#store.profile(id);
    if (stored === null) return null;
    const { keystrokes, actions, days } = stored;
    const peaks = cached?.profile.peaks ?? Profile.factsOf(stored.body).peaks;
    const read = { version: stored.version, days, keystrokes, actions, peaks };
    this.#facts.set(id, read);
    return read;
  }

  /** The newest profile; null where nothing was learned yet. @throws SamehandError as `factsOf` */
  of(id: AgentId): Profile | null {
    const cached = this.#cache.get(id);
    if (cached !== undefined) return cached.profile;
    const stored = this.#store.profile(id);
    if (stored === null) return null;
    const profile = Profile.decode(stored.body, this.#background);
    this.#cache.set(id, { profile, stored });
    return profile;
  }

  /** Whose id a name is, as far as a session of theirs was here. */
  idOf(name: AgentName): AgentId | undefined {
    return this.#ids.get(name);
  }

  /** A session of the agent's is here. */
  met(name: AgentName, id: AgentId): void {
    this.#ids.set(name, id);
  }

  /** Another version was written: what is kept of the profile is old. */
  written(id: AgentId): void {
    this.#cache.delete(id);
  }

  /** Keeps nothing of an agent who was forgotten. */
  forget(name: AgentName): void {
    const id = this.#ids.get(name);
    if (id === undefined) return;
    this.#facts.delete(id);
    this.#cache.delete(id);
    this.#ids.delete(name);
  }
}
