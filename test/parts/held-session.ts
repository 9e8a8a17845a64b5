/** A held session as the person in front of it sees it: reads what the hold screen asks, and answers with a given hand. */
import { setTimeout as sleep } from "node:timers/promises";
import type { InputSink } from "../../gateway/core/input.ts";
import type { Prompt } from "../../gateway/core/prompt.ts";
import type { SessionControl } from "../../gateway/core/session.ts";
import { keysym, millis } from "../../gateway/core/units.ts";
import type { Player, Typist } from "./typist.ts";

const [enter, escape] = [0xff0d, 0xff1b];

export class HeldSession {
  /** What was asked, oldest first. */
  readonly prompts: Prompt[] = [];
  /** Whether it was let go again. */
  released = false;
  readonly #sink: InputSink;
  readonly #play: Player;

  /** @param sink where the person's keys go: a browser's page, or a client without a screen */
  constructor(control: SessionControl, sink: InputSink, play: Player) {
    this.#sink = sink;
    this.#play = play;
    const show = control.show.bind(control);
    control.show = (prompt) => {
      this.prompts.push(prompt);
      show(prompt);
    };
    const release = control.release.bind(control);
    control.release = (decision) => {
      this.released = true;
      release(decision);
    };
  }

  /** Whether anything is asked yet. */
  get asked(): boolean {
    return this.prompts.length > 0;
  }

  /** Passes once the hold screen asks for this. @throws Error where it does not in time */
  async asks(kind: Prompt["field"]["kind"], seconds = 40): Promise<void> {
    for (let tries = 0; this.prompts.at(-1)?.field.kind !== kind; tries++) {
      if (tries === seconds * 20) throw new Error(`the hold screen does not ask for a ${kind}`);
      await sleep(50);
    }
  }

  /** Lets the challenge listen: it hears nobody who typed on into it. */
  async settle(): Promise<void> {
    await sleep(1200);
  }

  /** @param whole Enter confirms it */
  async giveCode(code: string, whole = true): Promise<void> {
    await this.#begin(code.charCodeAt(0));
    for (const character of code.slice(1)) await this.#press(character.charCodeAt(0));
    if (whole) await this.#press(enter);
  }

  /** Presses a code's first character until it is shown: what was typed into the question may still be on its way. */
  async #begin(symbol: number): Promise<void> {
    const typed = (): number => {
      const field = this.prompts.at(-1)?.field;
      return field?.kind === "code" ? field.typed : 0;
    };
    const before = typed();
    for (let tries = 0; tries < 4 && typed() === before; tries++) {
      await this.#press(symbol);
      for (let wait = 0; wait < 100 && typed() === before; wait++) await sleep(50);
    }
  }

  /** Types what is asked as long as anything is. @returns the words */
  async givePhrase(hand: Typist, over: () => boolean): Promise<string[]> {
    const typed: string[] = [];
    for (let tries = 0; tries < 9 && !over(); tries++) {
      const field = this.prompts.at(-1)?.field;
      const asked = field?.kind === "phrase" ? field.words : [];
      const wrong = asked.some((word) => word.state === "wrong");
      if (wrong) await this.#press(escape);
      const words = asked.filter((word) => wrong || word.state !== "right");
      typed.push(...words.map(({ text }) => text));
      // to the last key's release, even where the last press was enough: a key that stays down types nothing later
      await this.#play(hand.type(words.map(({ text }) => text).join(" "), 0, tries), this.#sink);
      await sleep(600);
    }
    return typed;
  }

  async #press(symbol: number): Promise<void> {
    this.#sink.key(millis(0), keysym(symbol), true);
    await sleep(40);
    this.#sink.key(millis(0), keysym(symbol), false);
    await sleep(60);
  }
}
