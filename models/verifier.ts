/** Scores one session against one enrolled person: both modalities, streaming, on calibrated scales that add up. */
import type { Modality } from "../gateway/core/input.ts";
import { type Llr, llr } from "../gateway/core/units.ts";
import type { Background } from "./background.ts";
import { fuse } from "./fusion.ts";
import type { Keystroke } from "./keyboard/keystroke.ts";
import type { Reading } from "./keyboard/reading.ts";
import { KeyboardScorer } from "./keyboard/scorer.ts";
import { MixedScorer } from "./mixed-scorer.ts";
import { knownOf } from "./modes.ts";
import type { Evidence, Scorer, Statistics } from "./modality.ts";
import type { PointerAction } from "./pointer/action.ts";
import type { Profile } from "./profile.ts";

/** One observation in words, and the modality it is about. */
export interface Explanation {
  readonly modality: "keyboard" | "pointer";
  /** Such as `holds keys 40 % longer than usual`. */
  readonly text: string;
}

/** A scorer of each modality, neither of which has heard anything yet. */
interface Scorers {
  readonly keyboard: Scorer<Keystroke>;
  readonly pointer: Scorer<PointerAction>;
}

export class Verifier {
  readonly #keyboard: Scorer<Keystroke>;
  #pointer: Scorer<PointerAction>;
  #background: Background;

  /** @param claim the profile of the person claimed */
  constructor(background: Background, claim: Profile | Scorers) {
    const { keyboard, pointer } = "enrolled" in claim ? scorersOf(background, claim) : claim;
    this.#background = background;
    this.#keyboard = keyboard;
    this.#pointer = pointer;
  }

  /**
   * Scores from now on with another background of the same keyboard model, such as a farm's made since: pointing anew,
   * typing in the windows as they are, with that farm's colleagues.
   */
  useFarm(background: Background, profile: Profile): void {
    this.#background = background;
    const typing = this.#keyboard instanceof MixedScorer ? this.#keyboard.scorers : [this.#keyboard];
    for (const scorer of typing) if (scorer instanceof KeyboardScorer) scorer.meet(background.keyboard.colleagues);
    this.#pointer = pointing(background, profile, profile.pointing(background));
  }

  /**
   * Verifies another session's claim to be the same person, as a new verifier would at many times the cost.
   * @param reading of the session, where it is a recording that was read already
   */
  again(reading: Reading | null): Verifier {
    const keyboard = this.#keyboard.again();
    if (reading !== null && keyboard instanceof KeyboardScorer) keyboard.follow(reading);
    return new Verifier(this.#background, { keyboard, pointer: this.#pointer.again() });
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

  /** Calibrated log-likelihood ratio of all input so far, both modalities together. 0 before there is anything to say. */
  sessionLlr(): Llr {
    return llr(fuse(this.#background.fusion, this.#keyboard.sessionLlr(), this.#pointer.sessionLlr()));
  }

  /** The session is over: forgets what was typed in it, of which nothing stays in memory. */
  wipe(): void {
    this.#keyboard.wipe();
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

function scorersOf(background: Background, profile: Profile): Scorers {
  const enrolled = profile.enrolled(background);
  const usual = background.keyboard.scorer(enrolled.keyboard);
  return {
    keyboard: withModes(usual, background, profile, "keyboard", (mode) => background.keyboard.scorer(mode)),
    pointer: pointing(background, profile, enrolled.pointer),
  };
}

const pointing = (
  background: Background,
  profile: Profile,
  enrolled: Statistics<PointerAction>,
): Scorer<PointerAction> =>
  withModes(background.pointer.scorer(enrolled, profile.trees), background, profile, "pointer", (mode) =>
    background.pointer.scorer(mode),
  );

/** A scorer of the usual way and of every confirmed mode; of the usual way alone where there is none. */
function withModes<Observation>(
  usual: Scorer<Observation>,
  background: Background,
  { modes }: Profile,
  modality: Modality,
  scorerOf: (mode: Statistics<Observation>) => Scorer<Observation>,
): Scorer<Observation> {
  const others = modes.filter((mode) => mode.confirmed && mode.modality === modality);
  if (others.length === 0) return usual;
  const known = others.map((mode) => knownOf(mode, background) as Statistics<Observation>);
  return new MixedScorer([usual, ...known.map(scorerOf)]);
}
