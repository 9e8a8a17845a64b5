/**
 * Modes of one agent: another mouse, another keyboard or layout. A mode holds one modality's statistics, gathered while
 * the other modality was the agent's own, and counts only once it is confirmed: seen on two days, or by a challenge.
 */
import type { Modality } from "../gateway/core/input.ts";
import type { Background } from "./background.ts";
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

export interface Mode {
  readonly modality: Modality;
  readonly statistics: Shown;
  readonly client: ClientRate;
  /** Days (since 1970, UTC) on which it was seen, ascending. */
  readonly days: readonly number[];
  /** The session that it was seen in last. */
  readonly session: string;
  readonly confirmed: boolean;
}

/** What is told of a mode without reading its statistics. */
export type ModeFacts = Omit<Mode, "statistics"> & { readonly observations: number };

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

/**
 * Takes in what a session showed: into the mode of the same modality that knows it, else as a new one, in the place of
 * the oldest that was never confirmed where there are enough.
 * @returns the modes now; the same where none may give way
 */
export function withLesson(modes: readonly Mode[], lesson: ModeLesson, background: Background): readonly Mode[] {
  const known = nearest(modes, lesson, background);
  if (known !== null) return modes.map((mode) => (mode === known ? extended(mode, lesson, background) : mode));
  const { modality, client, day, session } = lesson;
  const statistics = merged(background, modality, [lesson.statistics]);
  const opened: Mode = { modality, statistics, client, days: [day], session, confirmed: false };
  if (modes.length < mostModes) return [...modes, opened];
  const [oldest] = modes
    .filter(({ confirmed }) => !confirmed)
    .sort((a, b) => (a.days.at(-1) ?? 0) - (b.days.at(-1) ?? 0));
  return oldest === undefined ? modes : [...modes.filter((mode) => mode !== oldest), opened];
}

/** The modes that a session was the last to show count from now on: the agent was confirmed in it. */
export const confirmedIn = (modes: readonly Mode[], session: string): readonly Mode[] =>
  modes.some((mode) => !mode.confirmed && mode.session === session)
    ? modes.map((mode) => (mode.session === session ? { ...mode, confirmed: true } : mode))
    : modes;

/** Without what a doubted session opened, or was the one to confirm by its day. */
export const withoutSession = (modes: readonly Mode[], session: string): readonly Mode[] =>
  modes.some((mode) => isOf(mode, session)) ? modes.filter((mode) => !isOf(mode, session)) : modes;

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

function extended(mode: Mode, { statistics, client, day, session }: ModeLesson, background: Background): Mode {
  const days = mode.days.includes(day) ? mode.days : [...mode.days, day].sort((a, b) => a - b).slice(-mostDays);
  return {
    ...mode,
    statistics: merged(background, mode.modality, [mode.statistics, statistics]),
    client: Number.isNaN(client.medianMs) ? mode.client : client,
    days,
    session,
    // one session over midnight is one still
    confirmed: mode.confirmed || (days.length >= confirmingDays && session !== mode.session),
  };
}

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
  modes.map(({ modality, client, days, session, confirmed, statistics }) => ({
    modality,
    medianMs: Number.isNaN(client.medianMs) ? null : client.medianMs,
    days,
    session,
    confirmed,
    observations: statistics.count,
  }));

/** Reads what `modeFacts` wrote. @param numbers reads a list of at most so many, and throws where it is none */
export function modesOf(value: unknown, numbers: (value: unknown, most: number) => number[]): ModeFacts[] {
  const list = Array.isArray(value) ? value.slice(0, mostModes) : [];
  return list.map((each: Record<string, unknown> | null) => {
    const medianMs = each?.["medianMs"];
    return {
      modality: each?.["modality"] === "keyboard" ? "keyboard" : "pointer",
      client: { medianMs: typeof medianMs === "number" ? medianMs : Number.NaN },
      days: numbers(each?.["days"], mostDays),
      session: String(each?.["session"]),
      confirmed: each?.["confirmed"] === true,
      observations: numbers([each?.["observations"]], 1)[0],
    };
  });
}
