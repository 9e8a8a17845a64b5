/**
 * Draws the picture once more where it may be wrong. What a desktop draws while its picture is fetched is drawn twice;
 * a copy from place to place (scrolling) is not the same twice. So the picture is fetched again, with the display
 * stopped for that moment, until one comes during which nothing was copied.
 */
import type { SamehandError } from "../core/errors.ts";
import { InstructionReader } from "../protocol/guacamole/instruction-reader.ts";
import { sync } from "../protocol/guacamole/instructions.ts";
import { KeptDisplay } from "../protocol/guacamole/kept-display.ts";
import { disposeLayers, firstReturnStream } from "../protocol/guacamole/overlay.ts";
import { withoutPictureUser } from "../protocol/guacamole/picture-user.ts";
import type { SnapshotReader } from "../protocol/guacamole/snapshot-reader.ts";
import { Messages } from "./messages.ts";
import { type Fetch, pictureLimits } from "./picture-return.ts";
import type { SnapshotOwner } from "./snapshot.ts";
import type { Target } from "./target.ts";
import type { Viewer } from "./viewer.ts";

/** So often it looks whether anything was copied since: some moments in a row without are a good time. */
const lookMillis = 50;
const quietLooks = 4;
/** Between two attempts, twice as long each time; after the longest one it tries in any case. */
const firstPause = 100;
const longestPause = 5000;
/** More than this is not held up: the attempt is given up. */
const mostStopped = 4 * 1024 * 1024;
/** Far from the hold screen's own frames. */
const firstSync = -1_000_000_000;

export class Mending implements SnapshotOwner {
  readonly #fetch: Fetch;
  readonly #viewer: Viewer;
  readonly #target: Target;
  #timer: NodeJS.Timeout | undefined;
  #attempt = 0;
  #over = false;
  #fetching: { cancel(): void } | null = null;
  /** What came while the display is stopped; null while it passes. */
  #stopped: Buffer[] | null = null;
  #bytes = 0;
  #drawn = new KeptDisplay();

  constructor(fetch: Fetch, viewer: Viewer, target: Target) {
    this.#fetch = fetch;
    this.#viewer = viewer;
    this.#target = target;
    this.#later();
  }

  /** Whether the display must be given to `take`. */
  get stops(): boolean {
    return this.#stopped !== null;
  }

  /** No attempt comes any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Whole instructions of the target's. */
  take(buffer: Uint8Array, start: number, end: number): void {
    this.#stopped!.push(Buffer.from(buffer.subarray(start, end)));
    this.#bytes += end - start;
    const reader = new InstructionReader(buffer, start, end);
    while (reader.next()) {
      const { opcode } = reader;
      if (opcode === "sync") this.#drawn.frameEnds(reader.number(1));
      else if (opcode === "copy" || opcode === "transfer") this.#drawn.keep(reader);
    }
    if (this.#bytes <= mostStopped) return;
    this.#fetching?.cancel();
    this.#goOn();
  }

  /** A hold begins, or the session is over: no picture comes. @returns what was stopped and has not gone out */
  cancel(): readonly Buffer[] {
    clearTimeout(this.#timer);
    this.#fetching?.cancel();
    this.#over = true;
    const stopped = this.#stopped ?? [];
    this.#stopped = null;
    return stopped;
  }

  joins(): void {
    this.#stopped = [];
    this.#bytes = 0;
    this.#drawn = new KeptDisplay();
  }

  fetched(picture: SnapshotReader): void {
    if (this.#stopped === null) return;
    if (this.#drawn.copiesTwice(picture)) {
      this.#goOn();
      return;
    }
    const { lowestLayer, highestLayer } = this.#target.scanner;
    const messages = new Messages(this.#viewer);
    let stream = firstReturnStream;
    messages.add([Buffer.from(disposeLayers(lowestLayer, highestLayer))]);
    messages.add(picture.picture.instructions(() => stream++, "drop"));
    messages.add([Buffer.from(sync(firstSync - this.#attempt))]);
    messages.end();
    this.#over = true;
    this.#goOn();
  }

  failed(_error: SamehandError): void {
    this.#goOn();
  }

  /** The display passes again, and there may be another attempt. */
  #goOn(): void {
    const messages = new Messages(this.#viewer);
    messages.add((this.#stopped ?? []).map(withoutPictureUser));
    messages.end();
    this.#stopped = null;
    this.#fetching = null;
    this.#later();
  }

  #later(): void {
    if (this.#over) return;
    const pause = Math.min(firstPause * 2 ** this.#attempt, longestPause);
    this.#attempt += 1;
    this.#look(pause, 0, 0, this.#target.scanner.copies);
  }

  /**
   * @param waited milliseconds since the last attempt
   * @param quiet looks in a row before which nothing was copied
   * @param copies seen by then
   */
  #look(pause: number, waited: number, quiet: number, copies: number): void {
    this.#timer = setTimeout(() => {
      const { scanner } = this.#target;
      const now = waited + lookMillis;
      const still = scanner.copies === copies ? quiet + 1 : 0;
      if (now >= longestPause || (now >= pause && still >= quietLooks)) this.#try();
      else this.#look(pause, now, still, scanner.copies);
    }, lookMillis);
  }

  #try(): void {
    try {
      this.#fetching = this.#fetch(pictureLimits, this);
    } catch {
      this.#later();
    }
  }
}
