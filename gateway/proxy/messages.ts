/** Puts instructions together into WebSocket messages that are not too large. */
import { frame } from "../protocol/websocket/frame.ts";
import type { Viewer } from "./viewer.ts";

const messageBytes = 64 * 1024;

export class Messages {
  readonly #viewer: Viewer;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
  }

  /** @param instructions each of them one or more whole instructions */
  add(instructions: Iterable<Uint8Array>): void {
    for (const each of instructions) {
      this.#parts.push(each);
      this.#bytes += each.length;
      if (this.#bytes >= messageBytes) this.end();
    }
  }

  /** Sends what is left. */
  end(): void {
    if (this.#bytes > 0) this.#viewer.write(frame(Buffer.concat(this.#parts)));
    this.#parts = [];
    this.#bytes = 0;
  }
}
