/**
 * One enrolled person: statistics of both modalities, in two parts. The anchor is what was enrolled first and
 * never changes once sealed; the adapted part follows the agent from then on, within a drift budget.
 */
import type { Background } from "./background.ts";
import { SamehandError } from "../gateway/core/errors.ts";
import type { Amount } from "../gateway/core/maturity.ts";
import { type Form, pack, packJson, section, unpack, unpackJson } from "./container.ts";
import type { Keystroke } from "./keyboard/keystroke.ts";
import type { ModalityModel, Statistics } from "./modality.ts";
import type { PointerAction } from "./pointer/action.ts";
import type { KeyboardModel } from "./keyboard/model.ts";
import type { KeyboardStatistics } from "./keyboard/statistics.ts";
import {
  type ClientRate,
  type Mode,
  type ModeFacts,
  type ModeLesson,
  confirmedIn,
  withoutSession,
  modeFacts,
  modeSections,
  modesOf,
  movedSection,
  withLesson,
} from "./modes.ts";
import { PointerStatistics } from "./pointer/statistics.ts";

/** The models that a profile's statistics belong to. */
export interface Models {
  readonly keyboard: ModalityModel<Keystroke>;
  readonly pointer: ModalityModel<PointerAction>;
}

/** Both modalities' statistics of one person. */
export interface Part {
  readonly keyboard: Statistics<Keystroke>;
  readonly pointer: Statistics<PointerAction>;
}

/** A session's input that waits to be learned. */
export interface Candidate {
  readonly part: Part;
  readonly session: string;
  /** Days since 1970, UTC. */
  readonly day: number;
  /** The highest suspicion in each stretch of that session; none where they are not told. */
  readonly peaks?: readonly number[];
}

/** Observations of an encoded profile, by modality. */
export interface Counts {
  readonly keyboard: number;
  readonly pointer: number;
}

/** Small facts of an encoded profile. */
export interface Facts {
  readonly peaks: readonly number[];
  readonly grownAt: number;
  readonly grownAmong: number;
  readonly modes: readonly ModeFacts[];
  /** How much the sealed anchor and what was adapted hold; null before the anchor is sealed. */
  readonly counts: { readonly anchor: Counts; readonly adapted: Counts } | null;
}

/** Statistics of nothing yet. */
export const emptyPart = (models: Models): Part => ({
  keyboard: models.keyboard.statistics(),
  pointer: models.pointer.statistics(),
});

export function mergeInto(into: Part, from: Part): void {
  into.keyboard.merge(from.keyboard);
  into.pointer.merge(from.pointer);
}

function together<Observation>(
  model: ModalityModel<Observation>,
  anchor: Statistics<Observation>,
  adapted: Statistics<Observation>,
): Statistics<Observation> {
  if (adapted.count === 0) return anchor;
  const whole = model.statistics();
  whole.merge(anchor);
  whole.merge(adapted);
  return whole;
}

const form: Form = { magic: "SHPR", version: 1, error: "profile-unreadable" };
const mostDays = 64;
const mostPeaks = 512;

export class Profile {
  readonly anchor: Part;
  adapted: Part;
  /** What is held back until the agent is confirmed; null where nothing is. */
  candidate: Candidate | null = null;
  /** Days (since 1970, UTC) on which input was learned, ascending; the newest 64. */
  days: readonly number[] = [];
  /** True once the anchor is complete: from then on only `adapted` grows. */
  sealed = false;
  client: ClientRate = { medianMs: Number.NaN };
  /** Highest suspicion in each stretch of the agent's own genuine input, for thresholds; the newest 512. */
  peaks: readonly number[] = [];
  /** The agent's own trained pointer trees, in the pointer model's form; empty until there is enough to train on. */
  trees: Uint8Array = new Uint8Array(0);
  /** Actions known when those trees were grown, and of how many others they were grown against. */
  grownAt = 0;
  grownAmong = 0;
  /** The agent's other devices, at most `mostModes`. */
  modes: readonly Mode[] = [];
  /** Counts up at every change that is saved. */
  version = 0;

  constructor(anchor: Part, adapted: Part) {
    this.anchor = anchor;
    this.adapted = adapted;
  }

  /** A profile of which nothing is known yet. */
  static empty(models: Models): Profile {
    return new Profile(emptyPart(models), emptyPart(models));
  }

  get keystrokes(): number {
    return this.anchor.keyboard.count + this.adapted.keyboard.count;
  }

  get actions(): number {
    return this.anchor.pointer.count + this.adapted.pointer.count;
  }

  /** Everything known, to score against; not to be added to, since it may be the anchor itself. */
  enrolled(models: Models): Part {
    return {
      keyboard: together(models.keyboard, this.anchor.keyboard, this.adapted.keyboard),
      pointer: this.pointing(models),
    };
  }

  /** Everything known of the pointer; as `enrolled`. */
  pointing(models: Models): Part["pointer"] {
    return together(models.pointer, this.anchor.pointer, this.adapted.pointer);
  }

  /** Takes in what a session or recording taught on a day. */
  learn(part: Part, day: number): void {
    mergeInto(this.sealed ? this.adapted : this.anchor, part);
    if (part.keyboard.count + part.pointer.count > 0) this.saw(day);
    this.version++;
  }

  saw(day: number): void {
    if (this.days.includes(day)) return;
    this.days = [...this.days, day].sort((a, b) => a - b).slice(-mostDays);
  }

  /** Keeps further stretches' highest suspicion. */
  peaked(...suspicions: readonly number[]): void {
    this.peaks = [...this.peaks, ...suspicions].slice(-mostPeaks);
  }

  /** Takes in the agent's own trees. @param among how many others they were grown against */
  grown(trees: Uint8Array, among: number): void {
    this.trees = trees;
    this.grownAt = this.actions;
    this.grownAmong = among;
  }

  /**
   * Takes in what a session showed of another device; see `withLesson`. @param known the mode that it is of, where that is
   * settled @returns whether anything changed
   */
  learnMode(background: Background, lesson: ModeLesson, known?: Mode): boolean {
    return this.#changeModes(withLesson(this.modes, lesson, background, known));
  }

  /** The agent was confirmed in a session: the modes in use there count from now on. @returns whether anything changed */
  confirmModes(background: Background, session: string): boolean {
    return this.#changeModes(confirmedIn(this.modes, session, background));
  }

  /** Forgets what a doubted session showed of other devices. @returns whether there was anything */
  dropModes(session: string): boolean {
    return this.#changeModes(withoutSession(this.modes, session));
  }

  #changeModes(modes: readonly Mode[]): boolean {
    if (modes === this.modes) return false;
    this.modes = modes;
    this.version++;
    return true;
  }

  /** How much was learned, for its maturity. */
  get amount(): Amount {
    return { keystrokes: this.keystrokes, actions: this.actions, days: this.days.length };
  }

  /** Does beside the event loop what it can of `encode`, which is the sooner done then. Never rejects. */
  async squeeze(): Promise<void> {
    const parts = [this.anchor, this.adapted, ...(this.candidate === null ? [] : [this.candidate.part])];
    const ofModes = this.modes.flatMap(modeSections).map(([, shown]) => shown);
    const statistics = [...parts.map(({ pointer }) => pointer), ...ofModes];
    await Promise.all(statistics.map(async (each) => (each instanceof PointerStatistics ? each.squeeze() : undefined)));
  }

  /** Versioned bytes; the same profile always gives the same bytes. */
  encode(): Uint8Array {
    const facts = {
      days: this.days,
      sealed: this.sealed,
      medianMs: Number.isNaN(this.client.medianMs) ? null : this.client.medianMs,
      peaks: this.peaks.map(hundredths),
      version: this.version,
      grownAt: this.grownAt,
      grownAmong: this.grownAmong,
      counts: [this.anchor, this.adapted].flatMap(({ keyboard, pointer }) => [keyboard.count, pointer.count]),
      ...(this.modes.length === 0 ? {} : { modes: modeFacts(this.modes) }),
      ...(this.candidate === null ? {} : { candidate: candidateFacts(this.candidate) }),
    };
    const sections = new Map([["facts", packJson(facts)]]);
    const add = (name: string, part: Part): void => {
      sections.set(`${name}-keyboard`, part.keyboard.encode());
      sections.set(`${name}-pointer`, part.pointer.encode());
    };
    add("anchor", this.anchor);
    add("adapted", this.adapted);
    if (this.candidate !== null) add("candidate", this.candidate.part);
    for (const [name, shown] of this.modes.flatMap(modeSections)) sections.set(name, shown.encode());
    return pack(form, sections.set("trees", this.trees));
  }

  /**
   * Only small facts of an encoded profile, a tenth of the work of `decode`: what a session needs before its first input.
   * @throws SamehandError `profile-unreadable` for anything that is not an encoded profile
   */
  static factsOf(bytes: Uint8Array): Facts {
    const facts = unpackJson(form, unpack(form, bytes), "facts") as Record<string, unknown> | null;
    const counts = numbers(facts?.["counts"] ?? [], 4);
    const [keyboard, pointer, adaptedKeyboard, adaptedPointer] = counts;
    return {
      peaks: numbers(facts?.["peaks"], mostPeaks),
      grownAt: numbers([facts?.["grownAt"] ?? 0], 1)[0],
      grownAmong: numbers([facts?.["grownAmong"] ?? 0], 1)[0],
      modes: modesOf(facts?.["modes"], numbers),
      counts:
        facts?.["sealed"] === true && counts.length === 4
          ? { anchor: { keyboard, pointer }, adapted: { keyboard: adaptedKeyboard, pointer: adaptedPointer } }
          : null,
    };
  }

  /**
   * An encoded profile without one of its modes; null where it has no such mode.
   * @throws SamehandError `profile-unreadable` for anything that is not an encoded profile
   */
  static withoutMode(bytes: Uint8Array, index: number): Uint8Array | null {
    const sections = unpack(form, bytes);
    const facts = unpackJson(form, sections, "facts") as Record<string, unknown>;
    const modes = Array.isArray(facts["modes"]) ? facts["modes"] : [];
    if (!(index in modes)) return null;
    const rest = modes.filter((_, place) => place !== index);
    const left = [...sections].flatMap(([name, bytes]): [string, Uint8Array][] => {
      const moved = movedSection(name, index);
      return moved === null ? [] : [[moved, bytes]];
    });
    const { modes: _before, ...others } = facts;
    const told = { ...others, ...(rest.length === 0 ? {} : { modes: rest }), version: Number(facts["version"]) + 1 };
    return pack(form, new Map([...left, ["facts", packJson(told)]]));
  }

  /**
   * Only the pointer part and the trees of an encoded profile: what a farm, or growing trees, needs.
   * @throws SamehandError `profile-unreadable` for anything that is not an encoded profile
   */
  static pointerOf(bytes: Uint8Array): { readonly pointer: PointerStatistics; readonly trees: Uint8Array } {
    const sections = unpack(form, bytes);
    const facts = unpackJson(form, sections, "facts") as Record<string, unknown> | null;
    const pointer = PointerStatistics.decode(section(form, sections, "anchor-pointer"));
    pointer.merge(PointerStatistics.decode(section(form, sections, "adapted-pointer")));
    return { pointer, trees: treesOf(sections, numbers([facts?.["grownAmong"] ?? 0], 1)[0]) };
  }

  /**
   * Only what was typed, as far as it is known.
   * @throws SamehandError `profile-unreadable` for anything that is not an encoded profile
   */
  static keyboardOf(bytes: Uint8Array, model: KeyboardModel): KeyboardStatistics {
    const sections = unpack(form, bytes);
    const keyboard = model.decode(section(form, sections, "anchor-keyboard"));
    keyboard.merge(model.decode(section(form, sections, "adapted-keyboard")));
    return keyboard;
  }

  /** @throws SamehandError `profile-unreadable` for anything that is not an encoded profile */
  static decode(bytes: Uint8Array, models: Models): Profile {
    const sections = unpack(form, bytes);
    const part = (name: string): Part => ({
      keyboard: models.keyboard.decode(section(form, sections, `${name}-keyboard`)),
      pointer: models.pointer.decode(section(form, sections, `${name}-pointer`)),
    });
    const facts = unpackJson(form, sections, "facts") as Record<string, unknown> | null;
    const profile = new Profile(part("anchor"), part("adapted"));
    profile.days = numbers(facts?.["days"], mostDays);
    profile.peaks = numbers(facts?.["peaks"], mostPeaks);
    profile.sealed = facts?.["sealed"] === true;
    const medianMs = facts?.["medianMs"];
    profile.client = { medianMs: typeof medianMs === "number" ? medianMs : Number.NaN };
    profile.grownAt = numbers([facts?.["grownAt"] ?? 0], 1)[0];
    profile.version = numbers([facts?.["version"]], 1)[0];
    profile.grownAmong = numbers([facts?.["grownAmong"] ?? 0], 1)[0];
    profile.trees = treesOf(sections, profile.grownAmong);
    profile.modes = modesOf(facts?.["modes"], numbers).map(({ waiting, ...facts }, index) => {
      const { observations: _counted, ...mode } = facts;
      const shown = (name: string) => models[mode.modality].decode(section(form, sections, name));
      return {
        ...mode,
        statistics: shown(`mode-${index}`),
        adapted: sections.has(`mode-${index}-adapted`) ? shown(`mode-${index}-adapted`) : null,
        waiting: waiting === null ? null : { ...waiting, statistics: shown(`mode-${index}-waiting`) },
      };
    });
    const candidate = facts?.["candidate"] as { session?: unknown; day?: unknown; peaks?: unknown } | undefined;
    if (candidate !== undefined)
      profile.candidate = {
        part: part("candidate"),
        session: String(candidate.session),
        day: numbers([candidate.day], 1)[0],
        peaks: numbers(candidate.peaks ?? [], mostPeaks),
      };
    return profile;
  }
}

const hundredths = (value: number): number => Math.round(value * 100) / 100;

/** What is written of a candidate beside its statistics. */
const candidateFacts = ({ session, day, peaks = [] }: Candidate): object => ({
  session,
  day,
  ...(peaks.length === 0 ? {} : { peaks: peaks.slice(-mostPeaks).map(hundredths) }),
});

/** Trees that were grown against people of elsewhere take everybody of the farm for the agent: they do not count. */
function treesOf(sections: ReadonlyMap<string, Uint8Array>, among: number): Uint8Array {
  const trees = section(form, sections, "trees");
  return among > 0 ? trees.slice() : new Uint8Array(0);
}

function numbers(value: unknown, most: number): number[] {
  if (!Array.isArray(value) || value.length > most || !value.every((each) => Number.isFinite(each)))
    throw new SamehandError(form.error, "facts are not as they should be");
  return value as number[];
}
