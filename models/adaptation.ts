/**
 * How a profile follows its agent without being led astray. What was enrolled first is the anchor: once sealed it never
 * changes, and every later stretch must itself be recognised by the anchor alone, by all that it showed, so that small steps
 * cannot add up and nobody hides in the agent's work. What passes is held back as a candidate until the agent is confirmed:
 * by another session that was trusted on its own, or by a passed challenge. What was adapted never weighs more than a share
 * of the anchor.
 */
import type { Modality } from "../gateway/core/input.ts";
import type { Background } from "./background.ts";
import { adaptedShare, withinBudget } from "./drift.ts";
import { type Candidate, type Counts, type Part, Profile, emptyPart, mergeInto } from "./profile.ts";

/** A few minutes of a session: all that was shown, and what of it may be learned. */
export interface Stretch {
  readonly shown: Part;
  readonly learnable: Part;
  /** The modality that looked like another device all along, while the other one spoke for the agent; else null. */
  readonly device: Modality | null;
}

/** One session's input that may be learned from. */
export interface SessionLesson {
  readonly stretches: readonly Stretch[];
  /** Days since 1970, UTC. */
  readonly day: number;
  /** Tells sessions apart. */
  readonly session: string;
}

/** What became of a lesson. */
export type Outcome = "learned" | "held-back" | "refused";

/** Fewer observations of a modality than this are not judged, and do not count as recognised either. */
const fewest = { keyboard: 50, pointer: 24 } as const;
/** An anchor of fewer observations recognises nobody: the first lessons are taken as they come. */
const fewestKnown = { keyboard: 300, pointer: 100 } as const;
/**
 * What the anchor must say for a stretch before it is learned, nats, where one modality says it alone; shares of it add up.
 * Of the others' stretches about 1 in 100 get there; of the agent's 8 in 10 at the keyboard, 6 in 10 at the pointer.
 */
const surely = { keyboard: 3, pointer: 0.5 } as const;
/** Where more of a session's stretches than this are refused, the others are not learned either. */
const mostRefused = 1 / 3;

/** What the anchor says of some input, by modality: calibrated LLR, nats; null where there is too little to say. */
export interface Recognition {
  readonly keyboard: number | null;
  readonly pointer: number | null;
}

/** Recognises input by a profile's anchor alone. What that needs of the anchor is made once for all stretches. */
export class Recogniser {
  readonly #background: Background;
  readonly #anchor: Part;
  #keyboard: ((shown: Part["keyboard"]) => number) | null = null;
  #pointer: ((shown: Part["pointer"]) => number) | null = null;

  constructor(background: Background, anchor: Part) {
    this.#background = background;
    this.#anchor = anchor;
  }

  keyboard(shown: Part): number | null {
    if (!this.#knows(shown, "keyboard")) return null;
    this.#keyboard ??= this.#background.keyboard.likenessTo(this.#anchor.keyboard);
    return this.#keyboard(shown.keyboard);
  }

  pointer(shown: Part): number | null {
    // An agent who is alone is compared with people of elsewhere: everybody would be recognised.
    if (this.#background.pointer.others === 0 || !this.#knows(shown, "pointer")) return null;
    this.#pointer ??= this.#background.pointer.likenessTo(this.#anchor.pointer);
    return this.#pointer(shown.pointer);
  }

  #knows(shown: Part, modality: Modality): boolean {
    return shown[modality].count >= fewest[modality] && this.#anchor[modality].count >= fewestKnown[modality];
  }
}

/** What steps come to, taken in one go. */
export function finished<Out>(steps: Generator<undefined, Out>): Out {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** As `adapting`, in one go: up to some dozens of milliseconds. */
export const adapt = (background: Background, profile: Profile, lesson: SessionLesson): Outcome =>
  finished(adapting(background, profile, lesson));

/**
 * Takes a lesson in, holds it back, or refuses it, in steps of about a millisecond. A young profile (not sealed) learns at
 * once; where it knows the agent by then, the lesson must be recognised too. A session of which much is refused is
 * somebody else's in part, and loses what it taught before.
 */
export function* adapting(
  background: Background,
  profile: Profile,
  lesson: SessionLesson,
): Generator<undefined, Outcome> {
  const recogniser = new Recogniser(background, profile.anchor);
  const passed: Stretch[] = [];
  for (const stretch of lesson.stretches) {
    const keyboard = recogniser.keyboard(stretch.shown);
    yield;
    const said = { keyboard, pointer: recogniser.pointer(stretch.shown) };
    yield;
    if (isRecognised(profile, stretch, said)) passed.push(stretch);
  }
  if (passed.length < (1 - mostRefused) * lesson.stretches.length || passed.length === 0) {
    giveUp(profile, lesson.session);
    return "refused";
  }
  const outcome = learnUsual(
    background,
    profile,
    lesson,
    passed.filter(({ device }) => device === null),
  );
  const devices = passed.filter(({ device }) => device !== null);
  // Another device is believed only of a session that is the agent's without exception.
  if (!profile.sealed || devices.length === 0 || passed.length < lesson.stretches.length) return outcome;
  return learnDevice(background, profile, lesson, devices) ? "held-back" : outcome;
}

function learnUsual(
  background: Background,
  profile: Profile,
  lesson: SessionLesson,
  stretches: readonly Stretch[],
): Outcome {
  if (stretches.length === 0) return "refused";
  const part = emptyPart(background);
  for (const { learnable } of stretches) mergeInto(part, learnable);
  if (!profile.sealed) {
    profile.learn(part, lesson.day);
    return "learned";
  }
  const { candidate } = profile;
  if (candidate !== null && candidate.session !== lesson.session) confirm(background, profile);
  profile.candidate = joined(background, profile.candidate, part, lesson);
  profile.version++;
  return "held-back";
}

/** @returns whether a mode was opened or went on */
function learnDevice(
  background: Background,
  profile: Profile,
  { day, session }: SessionLesson,
  stretches: readonly Stretch[],
): boolean {
  const part = emptyPart(background);
  for (const { shown } of stretches) mergeInto(part, shown);
  const [{ device }] = stretches;
  if (device === null || part[device].count < fewest[device]) return false;
  const client = { medianMs: Number.NaN };
  return profile.learnMode(background, { modality: device, statistics: part[device], client, day, session });
}

/**
 * Neither modality speaks against the agent, and of a sealed profile they speak for the agent with some weight; of a
 * stretch with another device the other modality alone does.
 */
function isRecognised({ sealed }: Profile, { device }: Stretch, said: Recognition): boolean {
  const of = (modality: Modality): number => (modality === device ? 0 : (said[modality] ?? 0));
  if (of("keyboard") < 0 || of("pointer") < 0) return false;
  return !sealed || of("keyboard") / surely.keyboard + of("pointer") / surely.pointer >= 1;
}

/** The agent was confirmed: what was held back is learned. @returns whether there was something */
export function confirm(background: Background, profile: Profile): boolean {
  const { candidate } = profile;
  if (candidate === null) return false;
  profile.candidate = null;
  mergeInto(profile.adapted, candidate.part);
  const { adapted, anchor } = profile;
  profile.adapted = {
    keyboard: withinBudget(adapted.keyboard, anchor.keyboard.count, background),
    pointer: withinBudget(adapted.pointer, anchor.pointer.count, background),
  };
  profile.saw(candidate.day);
  profile.version++;
  return true;
}

/** A session ended in doubt: what it taught, and nobody confirmed, is given up. @returns whether there was something */
export function giveUp(profile: Profile, session: string): boolean {
  const found = profile.dropModes(session);
  if (profile.candidate?.session !== session) return found;
  profile.candidate = null;
  profile.version++;
  return true;
}

/**
 * How far an encoded profile has used its drift budget: 0 nothing was adapted, 1 as much as may be, from where on older
 * adaptation fades. Null before the anchor is sealed.
 * @throws SamehandError `profile-unreadable` for anything that is not an encoded profile
 */
export function driftOf(profile: Uint8Array): Counts | null {
  const { counts } = Profile.factsOf(profile);
  if (counts === null) return null;
  const used = (modality: keyof Counts): number =>
    Math.min(1, counts.adapted[modality] / Math.max(1, adaptedShare * counts.anchor[modality]));
  return { keyboard: used("keyboard"), pointer: used("pointer") };
}

function joined(
  background: Background,
  before: Candidate | null,
  part: Part,
  { session, day }: SessionLesson,
): Candidate {
  const into = before?.part ?? emptyPart(background);
  mergeInto(into, part);
  return { part: into, session, day };
}
