/** A synthetic person at a browser: what a typist does, done with the page's own keyboard and mouse. */
import type { Page } from "playwright-core";
import type { InputSink } from "../../gateway/core/input.ts";
import type { ButtonMask, Keysym, Millis } from "../../gateway/core/units.ts";

const names: Readonly<Record<number, string>> = {
  0xff0d: "Enter",
  0xff08: "Backspace",
  0xff1b: "Escape",
  0xffe1: "Shift",
};

/**
 * Keeps Guacamole's client from typing a key again that is down for half a second: on a busy machine the release of one
 * that was only tapped may be so late. To be called before the page is opened.
 */
export const withoutRepeats = (page: Page): Promise<unknown> => page.addInitScript(noRepeats);

/** Runs in the page: it is the client's only wait of that length. */
const noRepeats = `{
  const { setTimeout } = window;
  window.setTimeout = (work, wait, ...rest) => (wait === 500 ? 0 : setTimeout(work, wait, ...rest));
}`;

export class Hand implements InputSink {
  readonly #page: Page;
  /** Where the typist's place 0, 0 is on the page. */
  readonly #origin: readonly [number, number];
  #mask = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(page: Page, origin: readonly [number, number] = [0, 0]) {
    this.#page = page;
    this.#origin = origin;
  }

  key(_at: Millis, keysym: Keysym, pressed: boolean): void {
    const { keyboard } = this.#page;
    const key = names[keysym] ?? String.fromCharCode(keysym);
    this.#send(pressed ? keyboard.down(key) : keyboard.up(key));
  }

  pointer(_at: Millis, x: number, y: number, mask: ButtonMask): void {
    const { mouse } = this.#page;
    const [left, top] = this.#origin;
    if (mask === this.#mask) this.#send(mouse.move(left + x, top + y));
    else this.#send((mask & 1) === 1 ? mouse.down() : mouse.up());
    this.#mask = mask;
  }

  /** Passes once the browser has taken all of it in. */
  async idle(): Promise<void> {
    await this.#last;
  }

  /** Not waited for one by one, which would make every hand as slow as the browser. */
  #send(act: Promise<void>): void {
    this.#last = Promise.allSettled([this.#last, act]);
  }
}
