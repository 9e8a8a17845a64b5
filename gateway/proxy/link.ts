/** Round trips over the viewer's link: of guacd's frames (with the drawing), and of probes (without). */
import type { Clock } from "../core/clock.ts";
import { type Millis, millis } from "../core/units.ts";
import type { ServerScanner } from "../protocol/guacamole/server-scanner.ts";
import type { Viewer } from "./viewer.ts";

const none = -1;
const ticksPerProbe = 5;

export class Link {
  #syncs = 0;
  /** guacd's frame that the answer is awaited of, and when it went out. One at a time: that is often enough. */
  #awaited = none;
  #sentAt = 0;
  #probedAt = none;
  #ticks = 0;

  /** Display went out at `at`. */
  sent(scanner: ServerScanner, at: Millis): void {
    if (scanner.syncs === this.#syncs) return;
    this.#syncs = scanner.syncs;
    if (this.#awaited !== none) return;
    this.#awaited = scanner.syncTimestamp;
    this.#sentAt = at;
  }

  /** Display was withheld: of what was in it no answer is awaited. */
  withheld(scanner: ServerScanner): void {
    this.#syncs = scanner.syncs;
  }

  /** The viewer answered a frame. Returns the round trip, or null where another answer is awaited. */
  answered(timestamp: number, at: Millis): Millis | null {
    if (timestamp !== this.#awaited) {
      // A viewer may answer only the newest of several frames.
      if (timestamp > this.#awaited) this.#awaited = none;
      return null;
    }
    this.#awaited = none;
    return millis(at - this.#sentAt);
  }

  /** About once a second: sends a probe now and then, where nothing waits that it would wait behind. */
  tick(viewer: Viewer, clock: Clock): void {
    this.#ticks += 1;
    if (this.#ticks % ticksPerProbe !== 0 || viewer.waiting > 0) return;
    this.#probedAt = clock.now();
    viewer.probe();
  }

  /** A pong came. Returns the round trip, or null where no probe was sent. */
  pong(at: Millis): Millis | null {
    if (this.#probedAt === none) return null;
    const trip = millis(at - this.#probedAt);
    this.#probedAt = none;
    return trip;
  }
}
