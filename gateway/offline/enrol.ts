/** Learns agents from recordings into the store, as their sessions would have taught it. */
import { statSync } from "node:fs";
import type { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { SamehandError } from "../core/errors.ts";
import { type Enrolment, type Maturity, maturityOf } from "../core/maturity.ts";
import type { AgentName } from "../core/units.ts";
import type { Store } from "../store/store.ts";
import { undistorted } from "./distortion.ts";
import { readTape } from "./tape.ts";

/** What is known of an agent after enrolling, and what a mature profile still lacks. */
export interface Enrolled {
  readonly agent: string;
  readonly keystrokes: number;
  readonly actions: number;
  readonly days: number;
  readonly maturity: Maturity;
  /** How many recordings taught it, were without a key, without pointing, or could not be read. */
  readonly recordings: number;
  readonly keyless: number;
  readonly pointerless: number;
  readonly broken: number;
  readonly lacks: { readonly keystrokes: number; readonly actions: number; readonly days: number };
}

export interface EnrolOptions {
  readonly store: Store;
  readonly background: Background;
  readonly enrolment: Enrolment;
  /** Counts each recording as a day of its own: for recordings whose times do not tell. */
  readonly dayEach: boolean;
}

const dayLength = 86_400_000;
/** Timestamps above this are wall time, as guacd writes them (2001 in ms); below they count from a start. */
const wallFrom = 1e12;

/**
 * A recording that cannot be read teaches nothing and is counted, unless it is the only one.
 * @throws SamehandError `recording-malformed`, `profile-unreadable`, `store-unavailable`
 */
export function enrol(agent: AgentName, files: readonly string[], options: EnrolOptions): Enrolled {
  const { store, background } = options;
  const read = files.map((file, index) => lessonOf(file, index, options, files.length === 1));
  const lessons = read.filter((lesson) => lesson !== null);
  const saved = store.updateProfile(store.enrol(agent).id, (newest) => {
    const profile = newest === null ? Profile.empty(background) : Profile.decode(newest.body, background);
    const first = options.dayEach ? profile.days.length : 0;
    for (const { part, day } of lessons) profile.learn(part, first + day);
    return { ...profile.amount, body: profile.encode() };
  });
  const { keystrokes = 0, actions = 0, days = 0 } = saved ?? {};
  const { mature } = options.enrolment;
  return {
    agent,
    keystrokes,
    actions,
    days,
    maturity: maturityOf({ keystrokes, actions, days }, options.enrolment),
    recordings: files.length,
    keyless: lessons.filter(({ part }) => part.keyboard.count === 0).length,
    pointerless: lessons.filter(({ part }) => part.pointer.count === 0).length,
    broken: files.length - lessons.length,
    lacks: {
      keystrokes: Math.max(0, mature.keystrokes - keystrokes),
      actions: Math.max(0, mature.actions - actions),
      days: Math.max(0, mature.days - days),
    },
  };
}

/** What one recording shows; null where it cannot be read, which ends everything where it is `alone`. */
function lessonOf(file: string, index: number, { background, dayEach }: EnrolOptions, alone: boolean) {
  const part = { keyboard: background.keyboard.statistics(), pointer: background.pointer.statistics() };
  let tape;
  try {
    tape = readTape(file, undistorted);
  } catch (error) {
    if (alone || !(error instanceof SamehandError)) throw error;
    return null;
  }
  for (const seen of tape.seen) {
    if (seen.keystroke !== undefined) part.keyboard.add(seen.keystroke);
    else part.pointer.add(seen.action);
  }
  const at = tape.start > wallFrom ? tape.start : statSync(file).mtimeMs;
  return { part, day: dayEach ? index : Math.floor(at / dayLength) };
}
