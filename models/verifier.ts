/** Scores one session against one enrolled person: both modalities, streaming, on calibrated scales that add up. */
import { type Llr, llr } from "../gateway/core/units.ts";
import type { Background } from "./background.ts";
import { fuse } from "./fusion.ts";
import type { Keystroke } from "./keyboard/keystroke.ts";
import type { Evidence, Scorer } from "./modality.ts";
import type { PointerAction } from "./pointer/action.ts";
import type { Profile } from "./profile.ts";

/** One observation in words, and the modality it is about. */
export interface Explanation {
  readonly modality: "keyboard" | "pointer";
  /** Such as `holds keys 40 % longer than usual`. */
  readonly text: string;
}

export class Verifier {
  readonly #keyboard: Scorer<Keystroke>;
  #pointer: Scorer<PointerAction>;
  #background: Background;

  constructor(background: Background, profile: Profile) {
    const enrolled = profile.enrolled(background);
    this.#background = background;
    this.#keyboard = background.keyboard.scorer(enrolled.keyboard);
    this.#pointer = background.pointer.scorer(enrolled.pointer, profile.trees);
  }

  /**
   * Scores pointing from now on with another background of the same keyboard model, such as a farm's made since. The
   * keyboard's colleagues stay those of the session's start: its windows are not taken apart under way.
   */
  usePointer(background: Background, profile: Profile): void {
    this.#background = background;
    this.#pointer = background.pointer.scorer(profile.enrolled(background).pointer, profile.trees);
  }

  /** Only the session's score is wanted from now on: no window is scored. */
  withoutWindows(): this {
    this.#keyboard.windows = this.#pointer.windows = false;
    return this;
  }

  /** Takes in a keystroke; returns evidence when a window became full. */
  keystroke(keystroke: Keystroke): Evidence | null {
    return this.#keyboard.add(keystroke);
  }

  /** Takes in a pointer action; returns evidence when a window became full. */
  action(action: PointerAction): Evidence | null {
    return this.#pointer.add(action);
  }

  get keystrokes(): number {
    return this.#keyboard.count;
  }

  get actions(): number {
    return this.#pointer.count;
  }

  /** Calibrated log-likelihood ratio of all input so far, both modalities together. 0 before there is anything to say. */
  sessionLlr(): Llr {
    return llr(fuse(this.#background.fusion, this.#keyboard.sessionLlr(), this.#pointer.sessionLlr()));
  }

  /** What weighed most lately, in words, the modalities in turn. */
  explain(most: number): Explanation[] {
    const keyboard = this.#keyboard.explain(most);
    const pointer = this.#pointer.explain(most);
    const told: Explanation[] = [];
    for (let index = 0; told.length < most && index < Math.max(keyboard.length, pointer.length); index++) {
      const key = keyboard[index];
      if (key !== undefined) told.push({ modality: "keyboard", text: key });
      const point = pointer[index];
      if (point !== undefined && told.length < most) told.push({ modality: "pointer", text: point });
    }
    return told;
  }
}
