/** What covers the desktop while input is held: an overlay of instructions, in the unmodified client. */
import { sync } from "../protocol/guacamole/instructions.ts";
import { disposeOverlay, drawOverlay, overlayStream } from "../protocol/guacamole/overlay.ts";
import type { Panel } from "./panel.ts";

export class HoldScreen {
  readonly #width: number;
  readonly #height: number;
  #syncs = 0;

  /** The size is what the viewer asked for, until guacd says the desktop's. */
  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
  }

  /** Covers a desktop of this size (0 where it is not known yet), with the panel in its middle. */
  draw(panel: Panel, width: number, height: number): string {
    const wide = width === 0 ? this.#width : width;
    const high = height === 0 ? this.#height : height;
    const x = Math.max(0, (wide - panel.width) >> 1);
    const y = Math.max(0, (high - panel.height) >> 1);
    return drawOverlay({ width: wide, height: high, png: panel.png, x, y }) + this.#sync();
  }

  /** Uncovers it. */
  remove(): string {
    return disposeOverlay + this.#sync();
  }

  /** Our own frames are numbered -1, -2 and so on: guacd's are never negative, and one that reached it would end the user. */
  #sync(): string {
    this.#syncs += 1;
    return sync(-this.#syncs);
  }

  /** Whether a viewer's `sync` answers one of ours. */
  static ownsSync(timestamp: number): boolean {
    return timestamp < 0;
  }

  /** Whether a viewer's `ack` is for a picture of ours. */
  static ownsStream(stream: number): boolean {
    return stream === overlayStream;
  }
}
