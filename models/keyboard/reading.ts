/** A recording's keystrokes as the network sees them: read once, for all the agents who are asked about it. */
import type { Keystroke } from "./keystroke.ts";
import { type Network, type StateStream, hidden } from "./network.ts";

export class Reading {
  readonly #states: Float32Array;

  /** @param keystrokes all of the recording's, in order */
  constructor(network: Network, keystrokes: readonly Keystroke[]) {
    const stream = network.stream();
    this.#states = new Float32Array(keystrokes.length * hidden);
    keystrokes.forEach((keystroke, index) => this.#states.set(stream.read(keystroke), index * hidden));
  }

  /** Gives the states again, from the first keystroke on: for a scorer that is told just these keystrokes. */
  stream(): StateStream {
    let next = 0;
    return {
      read: () => this.#states.subarray(next, (next += hidden)),
      wipe: () => {},
    };
  }
}
