/**
 * Fetches a picture and tells of it only once the session's own display has come as far as the picture: guacd may send
 * a frame to whoever joined before it sends it to the session. What is in the picture already would else follow it once
 * more, and a copy from place to place (scrolling) is wrong the second time.
 */
import type { SamehandError } from "../core/errors.ts";
import type { ServerScanner } from "../protocol/guacamole/server-scanner.ts";
import type { SnapshotReader } from "../protocol/guacamole/snapshot-reader.ts";
import type { Fetch } from "./picture-return.ts";
import type { SnapshotOwner } from "./snapshot.ts";

const lookMillis = 5;
/** A display without a frame for so long has nothing on its way: the picture's frame was never one of its own. */
const quietLooks = 50;
/** Nor is it, where frames went by for so long: guacd sends one to all of its users at once. */
const mostLooks = 600;

/** @param scanner of the session's own display, all of which is taken in meanwhile */
export function settledFetch(fetch: Fetch, scanner: ServerScanner): Fetch {
  return (limits, owner) => {
    const settling = new Settling(scanner, owner);
    const fetching = fetch(limits, settling);
    if (fetching === null) return null;
    const cancel = (): void => {
      settling.cancel();
      fetching.cancel();
    };
    return { cancel };
  };
}

class Settling implements SnapshotOwner {
  readonly #scanner: ServerScanner;
  readonly #owner: SnapshotOwner;
  #looks = 0;
  #quiet = 0;
  #syncs = -1;
  #timer: NodeJS.Timeout | undefined;

  constructor(scanner: ServerScanner, owner: SnapshotOwner) {
    this.#scanner = scanner;
    this.#owner = owner;
  }

  joins(): void {
    this.#owner.joins();
  }

  fetched(picture: SnapshotReader): void {
    const frame = picture.timestamp ?? picture.nextFrame;
    const { syncs, syncTimestamp } = this.#scanner;
    this.#quiet = syncs === this.#syncs ? this.#quiet + 1 : 0;
    this.#syncs = syncs;
    this.#looks += 1;
    const over = this.#quiet > quietLooks || this.#looks > mostLooks;
    if (frame === null || syncTimestamp >= frame || over) this.#owner.fetched(picture);
    else this.#timer = setTimeout(() => this.fetched(picture), lookMillis);
  }

  failed(error: SamehandError): void {
    this.#owner.failed(error);
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }
}
