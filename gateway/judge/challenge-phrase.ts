/**
 * A phrase while it is typed: which words are right so far, and how like the agent's the typing is. Of what is typed
 * only what was asked for is kept.
 *
 * Each letter that is asked for counts once, when it is first typed in its place and right after the one before it:
 * whoever types chooses neither what is compared nor how much of it. What arrived together, or after a pause, does not
 * count at all.
 */
import { keyOf } from "../../models/keyboard/keys.ts";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import type { Scorer } from "../../models/modality.ts";
import type { PromptField, PromptWord } from "../core/prompt.ts";
import type { Keysym, Millis } from "../core/units.ts";
import { KeystrokeRows } from "../inspect/keystroke-rows.ts";
import { Keystrokes } from "../inspect/keystrokes.ts";

export const enterKeys: ReadonlySet<number> = new Set([0xff0d, 0xff8d]);
export const backspaceKey = 0xff08;
export const escapeKey = 0xff1b;
const space = keyOf(0x20);
/** A word is cut here: no word that is asked for is so long. */
const longestWord = 16;
/** Stands for a wrong letter: what is not of the phrase is not kept, for it may be meant for somewhere else. */
const wrongLetter = "×";
/** Two events closer than this, ms, waited for one another on their way: no hand is so fast for long. */
const together = 2;
/** More than one event completes: all keys that may be down, and one. */
const mostTold = 16;
/** No letter's place, nor beside one. */
const nowhere = -2;

/** A press that was not told yet as a keystroke. */
interface Press {
  readonly at: number;
  readonly key: number;
  counts: boolean;
}

/** The character of a keysym that prints; empty for the others. Keysyms: X11's keysymdef.h. */
export function characterOf(keysym: number): string {
  if ((keysym >= 0x20 && keysym < 0x7f) || (keysym >= 0xa0 && keysym < 0x100)) return String.fromCharCode(keysym);
  if (keysym >= 0xffb0 && keysym <= 0xffb9) return String.fromCharCode(keysym - 0xff80);
  if (keysym > 0x1000100 && keysym <= 0x110ffff) return String.fromCodePoint(keysym - 0x1000000);
  return "";
}

const endsWord = (keysym: number): boolean => keyOf(keysym) === space || enterKeys.has(keysym);

export class Phrase {
  readonly #scorer: Scorer<Keystroke>;
  readonly #keystrokes: Keystrokes;
  readonly #words: string[];
  /** What was typed, by words; the last one is being typed. */
  #typed: string[] = [""];
  /** Where the words begin that are shown: those before are done with. */
  #page = 0;
  /** Presses that may count, in their order: of letters that are asked for alone. */
  #presses: Press[] = [];
  /** What the newest event completed: whether its time is one is known with the next event. */
  readonly #told = new KeystrokeRows(mostTold);
  #toldCount = 0;
  /** The first letter that did not count yet, over all words and the spaces between them. */
  #next = 0;
  /** The letter that was typed last; `nowhere` where the last press was none that was asked for. */
  #before = nowhere;
  #last = Number.NEGATIVE_INFINITY;
  /** The newest event came together with the one before. */
  #came = false;

  /** @param scorer of this phrase alone */
  constructor(words: readonly string[], scorer: Scorer<Keystroke>) {
    this.#words = [...words];
    this.#scorer = scorer;
    this.#keystrokes = new Keystrokes((keystroke) => this.#tell(keystroke));
  }

  /** How many words are asked for. */
  get length(): number {
    return this.#words.length;
  }

  /** How many keystrokes count so far. */
  get keystrokes(): number {
    return this.#scorer.count + this.#toldCount;
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
    this.#attend(at);
    if (pressed) this.#press(keysym);
    this.#keystrokes.key(at, keysym, pressed);
    return pressed && this.#type(keysym);
  }

  #press(keysym: Keysym): void {
    const place = this.#placeOf(keysym);
    if (place >= this.#next) {
      this.#presses.push({ at: this.#last, key: keyOf(keysym), counts: this.#before === place - 1 });
      this.#next = place + 1;
    }
    this.#before = place;
  }

  /** Events that come together tell no times, nor does the way from them to the next one. */
  #attend(at: Millis): void {
    const came = at - this.#last < together;
    const first = this.#presses.at(-1);
    if (came && first?.at === this.#last) first.counts = false;
    this.#count(!came);
    if (came || this.#came) this.interrupt();
    this.#came = came;
    this.#last = Math.max(at, this.#last);
  }

  #type(keysym: Keysym): boolean {
    const current = this.#typed.at(-1) ?? "";
    if (keysym === escapeKey) this.#typed = [...this.#typed.slice(0, this.#page), ""];
    else if (keysym === backspaceKey) this.#erase(current);
    else if (endsWord(keysym)) {
      if (current === "" || this.#typed.length > this.#words.length) return false;
      this.#typed.push("");
    } else {
      if (characterOf(keysym) === "" || current.length >= longestWord) return false;
      this.#typed[this.#typed.length - 1] = current + (this.#isAsked(keysym) ? this.#asked : wrongLetter);
    }
    return true;
  }

  /** The letter that is to be typed now; empty at a word's end. */
  get #asked(): string {
    return this.#words[this.#typed.length - 1]?.[this.#typed.at(-1)?.length ?? 0] ?? "";
  }

  /** The same key in another shift state or layout is the same key: the hand is asked, not the keymap. */
  #isAsked(keysym: Keysym): boolean {
    const asked = this.#asked;
    return asked !== "" && keyOf(asked.charCodeAt(0)) === keyOf(keysym);
  }

  /** Where the letter is that this key types, over all words; `nowhere` where it is none that is asked for. */
  #placeOf(keysym: Keysym): number {
    const word = this.#typed.length - 1;
    const typed = this.#typed.at(-1) ?? "";
    const asked = this.#words[word] ?? "";
    if (!asked.startsWith(typed)) return nowhere;
    if (endsWord(keysym) ? typed !== asked : !this.#isAsked(keysym)) return nowhere;
    return this.#words.slice(0, word).reduce((sum, { length }) => sum + length + 1, typed.length);
  }

  #tell(keystroke: Keystroke): void {
    const index = this.#presses.findIndex(({ at, key }) => at === keystroke.at && key === keystroke.key);
    const [press] = this.#presses.splice(0, index + 1).slice(-1);
    const { at, key, before, hold, downDown, upDown } = keystroke;
    if (!press?.counts || Number.isNaN(downDown) || this.#toldCount === mostTold) return;
    this.#told.put(this.#toldCount++, at, key, before, hold, downDown, upDown);
  }

  /** What was told counts now, or not at all. */
  #count(counts: boolean): void {
    for (let index = 0; index < this.#toldCount; index++) {
      if (counts) this.#scorer.add(this.#told.row(index));
      this.#told.wipe(index);
    }
    this.#toldCount = 0;
  }

  #erase(current: string): void {
    if (current !== "") this.#typed[this.#typed.length - 1] = current.slice(0, -1);
    else if (this.#typed.length > this.#page + 1) this.#typed.pop();
  }

  /** More words, to be typed after these; they alone are shown. */
  extend(words: readonly string[]): void {
    if (this.#typed.at(-1) !== "") this.#typed.push("");
    this.#page = this.#words.length;
    this.#words.push(...words);
    this.#before = nowhere;
  }

  /** Timing until now lies. */
  interrupt(): void {
    this.#keystrokes.interrupt();
  }

  /** Nobody asks any more: nothing of the typing stays in memory. */
  wipe(): void {
    this.#keystrokes.flush();
    this.#count(false);
    this.#scorer.wipe();
  }

  /** The ratio of all its keystrokes so far, nats. */
  llr(): number {
    this.#keystrokes.flush();
    this.#count(true);
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
    return { kind: "phrase", words: words.slice(this.#page), typed: this.#typed.slice(this.#page).join(" ") };
  }
}
