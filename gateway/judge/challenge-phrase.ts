/**
 * A phrase while it is typed: which words are right so far, and how like the agent's the typing is. What is typed
 * lives here for as long as it is asked for, and nowhere else.
 */
import { keyOf } from "../../models/keyboard/keys.ts";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import type { Scorer } from "../../models/modality.ts";
import type { PromptField, PromptWord } from "../core/prompt.ts";
import type { Keysym, Millis } from "../core/units.ts";
import { Keystrokes } from "../inspect/keystrokes.ts";

export const enterKeys: ReadonlySet<number> = new Set([0xff0d, 0xff8d]);
export const backspaceKey = 0xff08;
export const escapeKey = 0xff1b;
const space = keyOf(0x20);
/** A word is cut here: no word that is asked for is so long. */
const longestWord = 16;

/** The character of a keysym that prints; empty for the others. Keysyms: X11's keysymdef.h. */
export function characterOf(keysym: number): string {
  if ((keysym >= 0x20 && keysym < 0x7f) || (keysym >= 0xa0 && keysym < 0x100)) return String.fromCharCode(keysym);
  if (keysym >= 0xffb0 && keysym <= 0xffb9) return String.fromCharCode(keysym - 0xff80);
  if (keysym > 0x1000100 && keysym <= 0x110ffff) return String.fromCodePoint(keysym - 0x1000000);
  return "";
}

export class Phrase {
  readonly #scorer: Scorer<Keystroke>;
  readonly #keystrokes: Keystrokes;
  readonly #words: string[];
  /** What was typed, by words; the last one is being typed. */
  #typed: string[] = [""];

  /** @param scorer of this phrase alone */
  constructor(words: readonly string[], scorer: Scorer<Keystroke>) {
    this.#words = [...words];
    this.#scorer = scorer;
    this.#keystrokes = new Keystrokes((keystroke) => void scorer.add(keystroke));
  }

  /** How many words are asked for. */
  get length(): number {
    return this.#words.length;
  }

  get keystrokes(): number {
    return this.#scorer.count;
  }

  /** All words are there as asked. */
  get complete(): boolean {
    const typed = this.#typed.at(-1) === "" ? this.#typed.slice(0, -1) : this.#typed;
    return typed.length === this.#words.length && typed.every((word, index) => word === this.#words[index]);
  }

  /** Typed to its end, but not as asked. */
  get wrong(): boolean {
    return this.#typed.length > this.#words.length && !this.complete;
  }

  /** Takes in a key. @returns whether what is shown changed */
  key(at: Millis, keysym: Keysym, pressed: boolean): boolean {
    this.#keystrokes.key(at, keysym, pressed);
    if (!pressed) return false;
    const current = this.#typed.at(-1) ?? "";
    if (keysym === escapeKey) this.#typed = [""];
    else if (keysym === backspaceKey) this.#erase(current);
    else if (keyOf(keysym) === space || enterKeys.has(keysym)) {
      if (current === "" || this.#typed.length > this.#words.length) return false;
      this.#typed.push("");
    } else {
      const character = characterOf(keysym);
      if (character === "" || current.length >= longestWord) return false;
      const asked = this.#words[this.#typed.length - 1]?.[current.length] ?? "";
      // The same key in another shift state or layout is the same key: the hand is asked, not the keymap.
      const same = asked !== "" && keyOf(asked.charCodeAt(0)) === keyOf(keysym);
      this.#typed[this.#typed.length - 1] = current + (same ? asked : character);
    }
    return true;
  }

  #erase(current: string): void {
    if (current !== "") this.#typed[this.#typed.length - 1] = current.slice(0, -1);
    else if (this.#typed.length > 1) this.#typed.pop();
  }

  /** More words, to be typed after these. */
  extend(words: readonly string[]): void {
    if (this.#typed.at(-1) !== "") this.#typed.push("");
    this.#words.push(...words);
  }

  /** Timing until now lies. */
  interrupt(): void {
    this.#keystrokes.interrupt();
  }

  /** The ratio of all its keystrokes so far, nats. */
  llr(): number {
    this.#keystrokes.flush();
    return this.#scorer.sessionLlr();
  }

  get field(): PromptField {
    const current = this.#typed.length - 1;
    const words = this.#words.map((text, index): PromptWord => {
      const typed = this.#typed[index] ?? "";
      if (index > current) return { text, state: "to-come" };
      if (index < current) return { text, state: typed === text ? "right" : "wrong" };
      if (typed === text) return { text, state: "right" };
      return { text, state: text.startsWith(typed) ? "current" : "wrong" };
    });
    return { kind: "phrase", words, typed: this.#typed.join(" ") };
  }
}
