/**
 * How a profile follows its agent without being led astray. What was enrolled first is the anchor: once sealed it never
 * changes, and every later lesson must itself be recognised by the anchor alone, so that small steps cannot add up. A lesson
 * that passes is held back as a candidate until the agent is confirmed: by another session that was trusted on its own, or
 * by a passed challenge. What was adapted never weighs more than a share of the anchor.
 */
import type { Background } from "./background.ts";
import { KeyboardStatistics } from "./keyboard/statistics.ts";
import { PointerStatistics } from "./pointer/statistics.ts";
import { type Candidate, type Counts, type Part, Profile, emptyPart, mergeInto } from "./profile.ts";

/** One session's input that may be learned from. */
export interface SessionLesson {
  readonly part: Part;
  /** Days since 1970, UTC. */
  readonly day: number;
  /** Tells sessions apart. */
  readonly session: string;
}

/** What became of a lesson. */
export type Outcome = "learned" | "held-back" | "refused";

/** The drift budget: what was adapted weighs at most this share of the anchor; older adaptation fades. */
export const adaptedShare = 0.25;
/** Fewer observations of a modality than this are not judged, and do not count as recognised either. */
const fewest = { keyboard: 50, pointer: 24 } as const;
/** An anchor of fewer observations recognises nobody: the first lessons are taken as they come. */
const fewestKnown = { keyboard: 300, pointer: 100 } as const;

/** What the anchor says of some input, by modality: calibrated LLR, nats; null where there is too little to say. */
export interface Recognition {
  readonly keyboard: number | null;
  readonly pointer: number | null;
}

/** Recognises input by a profile's anchor alone. */
export function recognise(background: Background, anchor: Part, shown: Part): Recognition {
  const known = (modality: "keyboard" | "pointer"): boolean =>
    shown[modality].count >= fewest[modality] && anchor[modality].count >= fewestKnown[modality];
  return {
    keyboard: known("keyboard") ? background.keyboard.likeness(anchor.keyboard, shown.keyboard) : null,
    pointer: known("pointer") ? background.pointer.likeness(anchor.pointer, shown.pointer) : null,
  };
}

/**
 * Takes a lesson in, holds it back, or refuses it. A young profile (not sealed) learns at once; where it knows the
 * agent by then, the lesson must be recognised too.
 */
export function adapt(background: Background, profile: Profile, lesson: SessionLesson): Outcome {
  const { keyboard, pointer } = recognise(background, profile.anchor, lesson.part);
  const refused = (keyboard ?? 0) < 0 || (pointer ?? 0) < 0;
  if (refused) return "refused";
  if (!profile.sealed) {
    profile.learn(lesson.part, lesson.day);
    return "learned";
  }
  if ((keyboard ?? 0) + (pointer ?? 0) <= 0) return "refused";
  const { candidate } = profile;
  if (candidate !== null && candidate.session !== lesson.session) confirm(background, profile);
  profile.candidate = joined(background, profile.candidate, lesson);
  profile.version++;
  return "held-back";
}

/** The agent was confirmed: what was held back is learned. @returns whether there was something */
export function confirm(background: Background, profile: Profile): boolean {
  const { candidate } = profile;
  if (candidate === null) return false;
  profile.candidate = null;
  mergeInto(profile.adapted, candidate.part);
  profile.adapted = withinBudget(profile.adapted, profile.anchor, background);
  profile.saw(candidate.day);
  profile.version++;
  return true;
}

/** A session ended in doubt: what it taught is given up. @returns whether there was something */
export function giveUp(profile: Profile, session: string): boolean {
  if (profile.candidate?.session !== session) return false;
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

function joined(background: Background, before: Candidate | null, { part, session, day }: SessionLesson): Candidate {
  const into = before?.part ?? emptyPart(background);
  mergeInto(into, part);
  return { part: into, session, day };
}

function withinBudget(adapted: Part, anchor: Part, background: Background): Part {
  const { keyboard, pointer } = adapted;
  if (!(keyboard instanceof KeyboardStatistics) || !(pointer instanceof PointerStatistics)) return adapted;
  const share = (own: number, budget: number): number => Math.min(1, (adaptedShare * budget) / Math.max(1, own));
  return {
    keyboard: keyboard.scaled(share(keyboard.count, anchor.keyboard.count), background.keyboard.parameters.network),
    pointer: pointer.scaled(share(pointer.count, anchor.pointer.count)),
  };
}
