/**
 * Brings the picture back when a hold ends: fetches it as another user while the session's own display is kept from
 * the last frame on, and tries again where that fails.
 */
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { SnapshotReader } from "../protocol/guacamole/snapshot-reader.ts";
import type { WithheldDisplay } from "../protocol/guacamole/withheld-display.ts";
import type { SnapshotLimits, SnapshotOwner } from "./snapshot.ts";

/** Begins to fetch the picture; null where nobody may join the desktop. @throws SamehandError where that cannot begin */
export type Fetch = (limits: SnapshotLimits, owner: SnapshotOwner) => { cancel(): void } | null;

export interface ReturnOwner {
  /** It is there: the picture, and what was drawn since is in the withheld display. */
  fetched(picture: SnapshotReader): void;
  /** It cannot be had. */
  lost(error: SamehandError): void;
}

/** A picture of four screens of 4K in PNG is below it. */
export const pictureLimits: SnapshotLimits = { bytes: 64 * 1024 * 1024, millis: 5000 };
const attempts = 3;
const pauseMillis = 250;

export class PictureReturn implements SnapshotOwner {
  readonly #fetch: Fetch;
  readonly #withheld: WithheldDisplay;
  readonly #owner: ReturnOwner;
  #attempt = 0;
  #fetching: { cancel(): void } | null = null;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(fetch: Fetch, withheld: WithheldDisplay, owner: ReturnOwner) {
    this.#fetch = fetch;
    this.#withheld = withheld;
    this.#owner = owner;
    this.#try();
  }

  /** The hold goes on, or the session is over. Idempotent. */
  cancel(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#fetching?.cancel();
    this.#withheld.rest();
  }

  joins(): void {
    this.#withheld.gather();
  }

  fetched(picture: SnapshotReader): void {
    if (this.#over) return;
    if (this.#withheld.gathered === null) {
      this.failed(new SamehandError("picture-lost", "too much was drawn meanwhile"));
      return;
    }
    this.#over = true;
    this.#owner.fetched(picture);
  }

  failed(error: SamehandError): void {
    if (this.#over) return;
    this.#withheld.rest();
    if (this.#attempt >= attempts) {
      this.#over = true;
      this.#owner.lost(
        new SamehandError("picture-lost", `${this.#attempt} attempts; ${error.code} ${error.detail}`, error),
      );
    } else this.#timer = setTimeout(() => this.#try(), pauseMillis);
  }

  #try(): void {
    this.#attempt += 1;
    try {
      this.#fetching = this.#fetch(pictureLimits, this);
    } catch (error) {
      this.failed(asSamehandError(error, "picture-lost"));
    }
  }
}
