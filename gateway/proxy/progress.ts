/** Notices a viewer that is silent or takes nothing, and a guacd that takes nothing. Checked once a second. */
import { SamehandError } from "../core/errors.ts";
import type { Millis } from "../core/units.ts";
import type { Timeouts } from "./options.ts";

export class Progress {
  #heardAt: Millis;
  #viewerTookAt: Millis;
  #upstreamTookAt: Millis;
  #viewerTook = true;

  constructor(at: Millis) {
    this.#heardAt = at;
    this.#viewerTookAt = at;
    this.#upstreamTookAt = at;
  }

  /** An instruction of the viewer's came. */
  heard(at: Millis): void {
    this.#heardAt = at;
  }

  /** The viewer took something. */
  took(): void {
    this.#viewerTook = true;
  }

  /**
   * What has gone on for too long, or null.
   * @param waiting bytes that wait for the viewer
   * @param paused whether the viewer is not read, because guacd does not read
   */
  check(at: Millis, waiting: number, paused: boolean, limits: Timeouts): SamehandError | null {
    if (this.#viewerTook || waiting === 0) this.#viewerTookAt = at;
    this.#viewerTook = false;
    if (paused) this.#heardAt = at;
    else this.#upstreamTookAt = at;
    if (at - this.#viewerTookAt > limits.viewerStall * 1000) return new SamehandError("client-stalled");
    if (at - this.#heardAt > limits.viewerSilence * 1000) return new SamehandError("client-timeout");
    if (at - this.#upstreamTookAt > limits.viewerStall * 1000)
      return new SamehandError("upstream-timeout", "guacd does not read");
    return null;
  }
}
