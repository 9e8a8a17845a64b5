/** Who is told of what this process, or another one, changed in the store. */
import type { Profiles } from "./profiles.ts";
import type { SessionJournal } from "./session-journal.ts";
import type { StoreChange } from "./store.ts";

export class Changes {
  readonly #profiles: Profiles;
  readonly #journal: SessionJournal;
  readonly #listeners = new Set<(change: StoreChange) => void>();
  readonly #onErased = new Set<() => void>();
  /** `Profiles.forgetMark` as of the last look. */
  #mark: string;

  /** @throws SamehandError `store-unavailable` */
  constructor(profiles: Profiles, journal: SessionJournal) {
    this.#profiles = profiles;
    this.#journal = journal;
    this.#mark = profiles.forgetMark;
  }

  /** As `Store.onChange`. */
  on(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** As `Store.onErased`. */
  onErased(listener: () => void): () => void {
    this.#onErased.add(listener);
    return () => void this.#onErased.delete(listener);
  }

  tell(change: StoreChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  /**
   * Looks whether another process forgot somebody, and tells. Other processes, and the thread of the checkpoints, write
   * often; this is rare.
   * @throws SamehandError `store-unavailable`
   */
  look(): void {
    const mark = this.#profiles.forgetMark;
    if (mark === this.#mark) return;
    this.#journal.eachForgotten((agent) => this.tell({ kind: "forgotten", agent }));
    this.#mark = mark;
    for (const listener of this.#onErased) listener();
  }
}
