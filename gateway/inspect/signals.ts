/** The signals of one session: what of its input no hand makes. Each detector is made when its input first comes. */
import type { Contexts } from "../../models/keyboard/contexts.ts";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import type { Signal } from "../core/signal.ts";
import type { ButtonMask, Millis } from "../core/units.ts";
import { ScriptedPointing } from "./scripted-pointing.ts";
import { ScriptedTyping } from "./scripted-typing.ts";

const none: readonly Signal[] = [];
/** A link that is believed less than this bends times too much for any of them to be a sign. */
const leastBelief = 0.5;

export class Signals {
  readonly #contexts: Contexts;
  #typing: ScriptedTyping | null = null;
  #pointing: ScriptedPointing | null = null;
  #standing = none;

  /** @param contexts what people in general take for each pair of keys */
  constructor(contexts: Contexts) {
    this.#contexts = contexts;
  }

  /** The signals that stand now. */
  get standing(): readonly Signal[] {
    return this.#standing;
  }

  /** @param linkWeight how far the link's timing is believed, 0 to 1 @returns whether a signal began or ended */
  keystroke(keystroke: Keystroke, linkWeight: number): boolean {
    this.#typing ??= new ScriptedTyping(this.#contexts);
    return this.#typing.keystroke(keystroke, linkWeight >= leastBelief) && this.#changed();
  }

  /** As `InputSink.pointer`. @returns whether a signal began or ended */
  pointer(at: Millis, x: number, y: number, mask: ButtonMask): boolean {
    this.#pointing ??= new ScriptedPointing();
    return this.#pointing.pointer(at, x, y, mask) && this.#changed();
  }

  /** Times up to now lie: nothing is counted across this moment. */
  interrupt(): void {
    this.#typing?.interrupt();
    this.#pointing?.interrupt();
  }

  /** Nothing stands any more: somebody has proved to be there, or the session is over. Forgets the input. */
  clear(): void {
    this.#typing?.clear();
    this.#pointing?.clear();
    this.#standing = none;
  }

  #changed(): boolean {
    const standing: Signal[] = [];
    const typing = this.#typing?.sign ?? null;
    const pointing = this.#pointing?.sign ?? null;
    if (typing !== null) standing.push({ name: "scripted-typing", text: typing });
    if (pointing !== null) standing.push({ name: "scripted-pointing", text: pointing });
    this.#standing = standing;
    return true;
  }
}
