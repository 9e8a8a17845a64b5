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
import type { Mode } from "./modes.ts";
import { type Candidate, type Counts, type Part, Profile, emptyPart, mergeInto } from "./profile.ts";
import { fewest, type Heard, type Home, Recogniser } from "./recogniser.ts";

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
  /** The highest suspicion in each stretch of it: of an agent who is well known they wait and count as the rest does. */
  readonly peaks?: readonly number[];
}

const modalities = ["keyboard", "pointer"] as const;
const unknownRate = { medianMs: Number.NaN };

/** What became of a lesson. */
export type Outcome = "learned" | "held-back" | "refused";

/**
 * What the anchor must say for a stretch before it is learned, nats, where one modality says it alone; shares of it add up.
 * Of the others' stretches about 1 in 100 get there; of the agent's 8 in 10 at the keyboard, 6 in 10 at the pointer.
 */
const surely = { keyboard: 3, pointer: 0.5 } as const;
/** Where more of a session's stretches than this are refused, the others are not learned either. */
const mostRefused = 1 / 3;

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
  const recogniser = new Recogniser(background, profile);
  const passed: Judged[] = [];
  let refused = 0;
  for (const stretch of lesson.stretches) {
    const keyboard = yield* recogniser.hear(stretch.shown, "keyboard");
    const judged = { stretch, keyboard, pointer: yield* recogniser.hear(stretch.shown, "pointer") };
    if (isRecognised(profile, judged)) passed.push(judged);
    else if (isJudged(judged)) refused++;
  }
  if (refused > mostRefused * (passed.length + refused)) giveUp(profile, lesson.session);
  else if (passed.length > 0) return yield* learnAll(background, profile, lesson, recogniser, passed);
  return "refused";
}

/** Takes in what was recognised, by whose it is. */
function* learnAll(
  background: Background,
  profile: Profile,
  lesson: SessionLesson,
  recogniser: Recogniser,
  passed: readonly Judged[],
): Generator<undefined, Outcome> {
  const homes = yield* sorted(background, recogniser, passed);
  let heldBack = false;
  for (const [home, part] of homes)
    if (home !== "usual") heldBack = learnWay(background, profile, lesson, home, part[home.modality]) || heldBack;
  const usual = homes.get("usual");
  // A session at another device alone confirms nothing of the usual way.
  const isOfUsual = usual !== undefined && (homes.size === 1 || usual.keyboard.count + usual.pointer.count > 0);
  const outcome = isOfUsual ? learnUsual(background, profile, lesson, usual) : "refused";
  const devices = passed.flatMap(({ stretch }) => (stretch.device === null ? [] : [stretch]));
  // Another device is believed only of a session that is the agent's without exception.
  if (profile.sealed && devices.length > 0 && passed.length === lesson.stretches.length)
    heldBack = learnDevice(background, profile, lesson, devices) || heldBack;
  return heldBack ? "held-back" : outcome;
}

/** A stretch, and what the anchors say of it. */
interface Judged extends Readonly<Record<Modality, Heard>> {
  readonly stretch: Stretch;
}

/** What is to be learned of stretches on no new device, by whose it is; where a stretch is too short to say, all decide. */
function* sorted(
  background: Background,
  recogniser: Recogniser,
  passed: readonly Judged[],
): Generator<undefined, Map<"usual" | Mode, Part>> {
  const judged = passed.filter(({ stretch }) => stretch.device === null);
  const parts = new Map<"usual" | Mode, Part>();
  for (const modality of modalities) {
    let whole: Home;
    if (judged.some((each) => each[modality].home === undefined)) {
      const all = emptyPart(background);
      for (const { stretch } of judged) all[modality].merge(stretch.shown[modality] as never);
      whole = (yield* recogniser.hear(all, modality)).home;
      all.keyboard.wipe();
    }
    for (const { stretch, ...heard } of judged) {
      const { home = whole } = heard[modality];
      if (home === null || home === undefined) continue;
      const part = parts.get(home) ?? emptyPart(background);
      part[modality].merge(stretch.learnable[modality] as never);
      parts.set(home, part);
    }
  }
  return parts;
}

function learnUsual(background: Background, profile: Profile, lesson: SessionLesson, part: Part): Outcome {
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

/** @returns whether there was something for the mode, which waits there for another session as a candidate does */
function learnWay(
  background: Background,
  profile: Profile,
  { day, session }: SessionLesson,
  mode: Mode,
  statistics: Part[Modality],
): boolean {
  const shown = { modality: mode.modality, statistics, client: unknownRate, day, session };
  return statistics.count > 0 && profile.learnMode(background, shown, mode);
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
  const shown = { modality: device, statistics: part[device], client: unknownRate, day, session };
  return profile.learnMode(background, shown);
}

/**
 * Neither modality speaks against the agent, and of a sealed profile they speak for the agent with some weight; of a
 * stretch with another device the other modality alone does.
 */
function isRecognised({ sealed }: Profile, { stretch, ...heard }: Judged): boolean {
  const of = (modality: Modality): number => (modality === stretch.device ? 0 : (heard[modality].said ?? 0));
  if (of("keyboard") < 0 || of("pointer") < 0) return false;
  return !sealed || of("keyboard") / surely.keyboard + of("pointer") / surely.pointer >= 1;
}

/** Whether there was enough to say of either modality. The few keys of a session's end teach nothing, and refuse nothing. */
const isJudged = ({ keyboard, pointer }: Judged): boolean => keyboard.said !== null || pointer.said !== null;

/** The agent was confirmed: what was held back is learned. @returns whether there was something */
export function confirm(background: Background, profile: Profile): boolean {
  const { candidate } = profile;
  if (candidate === null) return false;
  profile.candidate = null;
  mergeInto(profile.adapted, candidate.part);
  profile.peaked(...(candidate.peaks ?? []));
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
  { session, day, peaks = [] }: SessionLesson,
): Candidate {
  const into = before?.part ?? emptyPart(background);
  mergeInto(into, part);
  return { part: into, session, day, peaks: [...(before?.peaks ?? []), ...peaks] };
}
