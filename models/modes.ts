/**
 * Modes of one agent: another mouse, another keyboard or layout. A mode holds one modality's statistics, gathered while
 * the other modality was the agent's own, and counts only once it is confirmed: seen on two days, or by a challenge.
 * From then on it follows its device as the profile follows the agent: what a session shows waits for another session, or
 * a challenge, and beside an anchor that is whole it weighs no more than the drift budget.
 */
import type { Modality } from "../gateway/core/input.ts";
import type { Background } from "./background.ts";
import { withinBudget } from "./drift.ts";
import { KeyboardStatistics } from "./keyboard/statistics.ts";
import type { Keystroke } from "./keyboard/keystroke.ts";
import type { Statistics } from "./modality.ts";
import type { PointerAction } from "./pointer/action.ts";
import { PointerStatistics } from "./pointer/statistics.ts";

/** How the agent's client samples its pointer: another device shows here first. */
export interface ClientRate {
  /** Median time between moves, ms; NaN where unknown. */
  readonly medianMs: number;
}

export type Shown = Statistics<Keystroke> | Statistics<PointerAction>;

/** What a session showed of a confirmed mode, and nobody confirmed yet. */
export interface Waiting {
  readonly statistics: Shown;
  readonly session: string;
  readonly day: number;
}

export interface Mode {
  readonly modality: Modality;
  /** The session that opened it: with the modality its name, which stays. */
  readonly opened: string;
  /** The anchor, which alone recognises the device; it grows until it is whole, and never changes from then on. */
  readonly statistics: Shown;
  /** What came since; null while there is nothing. */
  readonly adapted: Shown | null;
  readonly waiting: Waiting | null;
  readonly client: ClientRate;
  /** Days (since 1970, UTC) on which it was seen, ascending. */
  readonly days: readonly number[];
  /** The session that it was seen in last before it was confirmed, or that confirmed it. */
  readonly session: string;
  readonly confirmed: boolean;
}

/** What is told of a mode without reading its statistics. */
export type ModeFacts = Omit<Mode, "statistics" | "adapted" | "waiting"> & {
  readonly observations: number;
  readonly waiting: Omit<Waiting, "statistics"> | null;
};

/** What one session showed of another device. */
export interface ModeLesson {
  readonly modality: Modality;
  readonly statistics: Shown;
  readonly client: ClientRate;
  readonly day: number;
  readonly session: string;
}

/** Modes of both modalities together, besides the usual way. */
export const mostModes = 3;
/** Days that confirm a mode by themselves. */
const confirmingDays = 2;
const mostDays = 16;
/** Rows that a pointer's mode keeps: what histograms need. */
const mostRows = 1024;
/** An anchor of so many observations is whole. */
const whole = { keyboard: 2000, pointer: 500 } as const;

/**
 * Takes in what a session showed: into the mode of the same modality that knows it, else as a new one, in the place of
 * the oldest that was never confirmed where there are enough.
 * @param known the mode that it is of, where that is settled
 * @returns the modes now; the same where none may give way
 */
export function withLesson(
  modes: readonly Mode[],
  lesson: ModeLesson,
  background: Background,
  known = nearest(modes, lesson, background),
): readonly Mode[] {
  if (known !== null) return modes.map((mode) => (mode === known ? extended(mode, lesson, background) : mode));
  const { modality, client, day, session } = lesson;
  // Two devices in one session are not believed, and a mode's name is its own.
  if (modes.some((mode) => mode.modality === modality && mode.opened === session)) return modes;
  const statistics = merged(background, modality, [lesson.statistics]);
  const beginning = { modality, opened: session, session, days: [day], confirmed: false };
  const opened: Mode = { ...beginning, statistics, client, adapted: null, waiting: null };
  if (modes.length < mostModes) return [...modes, opened];
  const [oldest] = modes
    .filter(({ confirmed }) => !confirmed)
    .sort((a, b) => (a.days.at(-1) ?? 0) - (b.days.at(-1) ?? 0));
  return oldest === undefined ? modes : [...modes.filter((mode) => mode !== oldest), opened];
}

/** The modes that a session was the last to show count from now on, with what it showed: the agent was confirmed in it. */
export function confirmedIn(modes: readonly Mode[], session: string, background: Background): readonly Mode[] {
  const confirmed = (mode: Mode): Mode =>
    mode.waiting?.session === session
      ? takenIn(mode, background)
      : mode.confirmed || mode.session !== session
        ? mode
        : { ...mode, confirmed: true };
  return changedOnly(modes, modes.map(confirmed));
}

/** Without what a doubted session opened, was the one to confirm by its day, or left waiting. */
export function withoutSession(modes: readonly Mode[], session: string): readonly Mode[] {
  const kept = modes.filter((mode) => !isOf(mode, session));
  const cleared = (mode: Mode): Mode => (mode.waiting?.session === session ? { ...mode, waiting: null } : mode);
  return changedOnly(modes, kept.map(cleared));
}

/** The same list where nothing changed. */
const changedOnly = (before: readonly Mode[], after: readonly Mode[]): readonly Mode[] =>
  after.length === before.length && after.every((mode, place) => mode === before[place]) ? before : after;

/** All that is known of a mode, to score against. */
export const knownOf = ({ modality, statistics, adapted }: Mode, background: Background): Shown =>
  adapted === null ? statistics : merged(background, modality, [statistics, adapted]);

const isOf = (mode: Mode, session: string): boolean =>
  mode.session === session && (!mode.confirmed || mode.days.length <= confirmingDays);

/** The mode that the session's input speaks for most; null where it speaks for none. */
function nearest(modes: readonly Mode[], { modality, statistics }: ModeLesson, background: Background): Mode | null {
  let [best, most]: [Mode | null, number] = [null, 0];
  for (const mode of modes) {
    if (mode.modality !== modality) continue;
    const said =
      modality === "keyboard"
        ? background.keyboard.likenessTo(mode.statistics as KeyboardStatistics)(statistics as KeyboardStatistics)
        : background.pointer.likenessTo(mode.statistics as PointerStatistics)(statistics as PointerStatistics);
    if (said > most) [best, most] = [mode, said];
  }
  return best;
}

function extended(mode: Mode, lesson: ModeLesson, background: Background): Mode {
  const { statistics, day, session } = lesson;
  const client = Number.isNaN(lesson.client.medianMs) ? mode.client : lesson.client;
  if (mode.confirmed) {
    const { waiting, ...rest } = mode.waiting?.session === session ? mode : takenIn(mode, background);
    const parts = waiting === null ? [statistics] : [waiting.statistics, statistics];
    return { ...rest, client, waiting: { statistics: merged(background, mode.modality, parts), day, session } };
  }
  const days = withDay(mode.days, day);
  return {
    ...mode,
    statistics: merged(background, mode.modality, [mode.statistics, statistics]),
    client,
    days,
    session,
    // one session over midnight is one still
    confirmed: days.length >= confirmingDays && session !== mode.session,
  };
}

/** What waited is learned: into the anchor until that is whole, then beside it within the drift budget. */
function takenIn(mode: Mode, background: Background): Mode {
  const { waiting, modality, statistics, adapted } = mode;
  if (waiting === null) return mode;
  const settled = { ...mode, days: withDay(mode.days, waiting.day), waiting: null };
  const add = (to: readonly Shown[]): Shown => merged(background, modality, [...to, waiting.statistics]);
  return statistics.count < whole[modality]
    ? { ...settled, statistics: add([statistics]) }
    : { ...settled, adapted: withinBudget(add(adapted === null ? [] : [adapted]), statistics.count, background) };
}

const withDay = (days: readonly number[], day: number): readonly number[] =>
  days.includes(day) ? days : [...days, day].sort((a, b) => a - b).slice(-mostDays);

function merged(background: Background, modality: Modality, parts: readonly Shown[]): Shown {
  if (modality === "keyboard") {
    const whole = background.keyboard.statistics();
    for (const part of parts) whole.merge(part as KeyboardStatistics);
    return whole;
  }
  const whole = background.pointer.statistics();
  for (const part of parts) whole.merge(part as PointerStatistics);
  return whole.kept > mostRows ? whole.thinned(mostRows) : whole;
}

/** What is written of modes beside their statistics. */
export const modeFacts = (modes: readonly Mode[]): readonly object[] =>
  modes.map(({ modality, opened, client, days, session, confirmed, statistics, adapted, waiting }) => ({
    modality,
    opened,
    medianMs: Number.isNaN(client.medianMs) ? null : client.medianMs,
    days,
    session,
    confirmed,
    observations: statistics.count + (adapted?.count ?? 0),
    ...(waiting === null ? {} : { waiting: { session: waiting.session, day: waiting.day } }),
  }));

/** Reads what `modeFacts` wrote. @param numbers reads a list of at most so many, and throws where it is none */
export function modesOf(value: unknown, numbers: (value: unknown, most: number) => number[]): ModeFacts[] {
  const list = Array.isArray(value) ? value.slice(0, mostModes) : [];
  return list.map((each: Record<string, unknown> | null) => {
    const medianMs = each?.["medianMs"];
    const session = String(each?.["session"]);
    const opened = each?.["opened"];
    const waiting = each?.["waiting"] as Record<string, unknown> | undefined;
    return {
      modality: each?.["modality"] === "keyboard" ? "keyboard" : "pointer",
      // profiles from before it was kept: the session by which the mode was called last
      opened: typeof opened === "string" ? opened : session,
      client: { medianMs: typeof medianMs === "number" ? medianMs : Number.NaN },
      days: numbers(each?.["days"], mostDays),
      session,
      confirmed: each?.["confirmed"] === true,
      observations: numbers([each?.["observations"]], 1)[0],
      waiting:
        waiting === undefined ? null : { session: String(waiting["session"]), day: numbers([waiting["day"]], 1)[0] },
    };
  });
}

/** The sections that hold a mode's statistics, by their names in a profile. */
export const modeSections = ({ statistics, adapted, waiting }: Mode, place: number): [string, Shown][] => [
  [`mode-${place}`, statistics],
  ...(adapted === null ? [] : [[`mode-${place}-adapted`, adapted] as [string, Shown]]),
  ...(waiting === null ? [] : [[`mode-${place}-waiting`, waiting.statistics] as [string, Shown]]),
];

/** Where a mode's section stands when another mode was taken away; null for that mode's own. */
export function movedSection(name: string, without: number): string | null {
  const [, place, rest] = /^mode-(\d+)(.*)$/.exec(name) ?? [];
  if (place === undefined) return name;
  const at = Number(place);
  return at === without ? null : `mode-${at > without ? at - 1 : at}${rest}`;
}
