/**
 * Whose some input is, by a profile's anchors alone: whether they recognise the agent in it, and which of the agent's ways it
 * is, the usual one or another device. It belongs to the way whose anchor explains it best.
 */
import type { Modality } from "../gateway/core/input.ts";
import type { Background } from "./background.ts";
import type { Mode } from "./modes.ts";
import type { Part, Profile } from "./profile.ts";

/** Fewer observations of a modality than this are not judged, and do not count as recognised either. */
export const fewest = { keyboard: 50, pointer: 24 } as const;
/** An anchor of fewer observations recognises nobody: the first lessons are taken as they come. */
const fewestKnown = { keyboard: 300, pointer: 100 } as const;

/** Whether an anchor recognises anybody: sealed before that, it would learn nothing for ever. */
export const recognises = ({ keyboard, pointer }: Part): boolean =>
  keyboard.count >= fewestKnown.keyboard || pointer.count >= fewestKnown.pointer;

/** The usual way, a mode, or neither: nobody is to learn it. Undefined where there was too little to tell them apart. */
export type Home = "usual" | Mode | null | undefined;

/** What the anchors say of some input in one modality. */
export interface Heard {
  /** Calibrated LLR of the way that explains it best among those that count, nats; null where there is too little to say. */
  readonly said: number | null;
  readonly home: Home;
}

type Known = Part[Modality];
type Tell = (shown: Known) => number;

/** What is needed of each anchor is made once for all stretches. */
export class Recogniser {
  readonly #background: Background;
  readonly #anchor: Part;
  readonly #modes: readonly Mode[];
  readonly #tells = new Map<Known, Tell>();

  constructor(background: Background, { anchor, modes }: Pick<Profile, "anchor" | "modes">) {
    this.#background = background;
    this.#anchor = anchor;
    this.#modes = modes;
  }

  /** In steps of about a millisecond, one an anchor. */
  *hear(shown: Part, modality: Modality): Generator<undefined, Heard> {
    const modes = this.#modes.filter((mode) => mode.modality === modality);
    const usual = this.#anchor[modality];
    const known = usual.count >= fewestKnown[modality];
    // An agent who is alone is compared with people of elsewhere: everybody's pointing would be recognised.
    const judges = modality === "keyboard" || this.#background.pointer.others > 0;
    if (shown[modality].count < fewest[modality]) return { said: null, home: modes.length === 0 ? "usual" : undefined };
    if (modes.length === 0 && !(known && judges)) return { said: null, home: "usual" };
    let [home, most]: [Home, number] = ["usual", this.#tell(modality, usual, shown)];
    let [said, believed]: [number | null, number] = [known ? most : null, most];
    yield;
    for (const mode of modes) {
      const likeness = this.#tell(modality, mode.statistics, shown);
      yield;
      if (mode.confirmed && likeness > believed) said = believed = likeness;
      // What is most like a device that nobody confirmed yet teaches nobody.
      if (likeness > most) [home, most] = [mode.confirmed ? mode : null, likeness];
    }
    return { said: judges ? said : null, home };
  }

  #tell(modality: Modality, anchor: Known, shown: Part): number {
    let tell = this.#tells.get(anchor);
    if (tell === undefined) {
      // one modality's model tells of its own statistics only
      tell = this.#background[modality].likenessTo(anchor as never) as Tell;
      this.#tells.set(anchor, tell);
    }
    return tell(shown[modality]);
  }
}
