/**
 * Whether a session is held, and what that does: its input goes nowhere, and a screen covers the desktop. It may be
 * held for what it did itself and for what another one on the same desktop did; either is enough.
 */
import type { Prompt } from "../core/prompt.ts";
import type { Tally } from "../core/tally.ts";
import type { Millis } from "../core/units.ts";
import { HoldScreen } from "./hold-screen.ts";
import type { InputPath } from "./input-path.ts";
import type { Notice } from "./options.ts";
import type { Target } from "./target.ts";
import type { Viewer } from "./viewer.ts";

export class Hold {
  readonly #screen: HoldScreen;
  readonly #viewer: Viewer;
  readonly #tally: Tally;
  #own = false;
  #companion = false;
  /** There once the session is open. */
  #input: InputPath | null = null;
  #upstream: Target | null = null;

  /**
   * @param size what the viewer asked for, until guacd says the desktop's
   * @param notice the organisation's words, which a reload may change
   */
  constructor(size: { width: number; height: number }, notice: () => Notice, viewer: Viewer, tally: Tally) {
    this.#screen = new HoldScreen(size.width, size.height, notice);
    this.#viewer = viewer;
    this.#tally = tally;
  }

  /** Whether the session is held for what it did itself. */
  get own(): boolean {
    return this.#own;
  }

  /** Whether it is held at all. */
  get on(): boolean {
    return this.#own || this.#companion;
  }

  /** The session is held, or no longer, for what it did itself. */
  setOwn(own: boolean, at: Millis): void {
    const before = this.on;
    this.#own = own;
    this.#turn(before, at);
  }

  /** The same for what another one on the same desktop did. */
  setCompanion(companion: boolean, at: Millis): void {
    const before = this.on;
    this.#companion = companion;
    this.#turn(before, at);
  }

  /** The session is open: a hold that stands already takes effect. */
  opened(input: InputPath, upstream: Target): void {
    this.#input = input;
    this.#upstream = upstream;
    if (this.on) this.#begin();
  }

  /** The session is over. */
  ended(): void {
    if (this.on && this.#input !== null) this.#tally.sessionsHeld -= 1;
  }

  /** What the hold screen shows from now on, and in a hold that is still to come. */
  show(prompt: Prompt): void {
    const change = this.#screen.show(prompt);
    if (change !== "") this.#viewer.say(change);
  }

  /** The desktop has another size. */
  resized(): void {
    if (this.on) this.#draw();
  }

  #turn(before: boolean, at: Millis): void {
    if (this.on === before || this.#input === null) return;
    if (this.on) this.#begin();
    else this.#end(this.#input, at);
  }

  #begin(): void {
    this.#tally.sessionsHeld += 1;
    this.#input!.hold();
    this.#draw();
  }

  #end(input: InputPath, at: Millis): void {
    this.#tally.sessionsHeld -= 1;
    input.release(at);
    this.#viewer.say(this.#screen.remove());
  }

  #draw(): void {
    const { width, height } = this.#upstream!.scanner;
    this.#viewer.say(this.#screen.draw(width, height));
  }
}
