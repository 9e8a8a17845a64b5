/**
 * One enrolled person: statistics of both modalities, in two parts. The anchor is what was enrolled first and
 * never changes once sealed; the adapted part follows the agent from then on, within a drift budget.
 */
import { SamehandError } from "../gateway/core/errors.ts";
import type { Amount } from "../gateway/core/maturity.ts";
import { type Form, pack, packJson, section, unpack, unpackJson } from "./container.ts";
import type { Keystroke } from "./keyboard/keystroke.ts";
import type { ModalityModel, Statistics } from "./modality.ts";
import type { PointerAction } from "./pointer/action.ts";

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

/** How the agent's client samples its pointer: another device shows here first. */
export interface ClientRate {
  /** Median time between moves, ms; NaN where unknown. */
  readonly medianMs: number;
}

const form: Form = { magic: "SHPR", version: 1, error: "profile-unreadable" };
const mostDays = 64;
const mostPeaks = 512;

export class Profile {
  readonly anchor: Part;
  readonly adapted: Part;
  /** Days (since 1970, UTC) on which input was learned, ascending; the newest 64. */
  days: readonly number[] = [];
  /** True once the anchor is complete: from then on only `adapted` grows. */
  sealed = false;
  client: ClientRate = { medianMs: Number.NaN };
  /** Highest suspicion in each stretch of the agent's own genuine input, for thresholds; the newest 512. */
  peaks: readonly number[] = [];
  /** The agent's own trained pointer trees, in the pointer model's form; empty until there is enough to train on. */
  trees: Uint8Array = new Uint8Array(0);
  /** Counts up at every change that is saved. */
  version = 0;

  constructor(anchor: Part, adapted: Part) {
    this.anchor = anchor;
    this.adapted = adapted;
  }

  /** A profile of which nothing is known yet. */
  static empty(models: Models): Profile {
    const part = (): Part => ({ keyboard: models.keyboard.statistics(), pointer: models.pointer.statistics() });
    return new Profile(part(), part());
  }

  get keystrokes(): number {
    return this.anchor.keyboard.count + this.adapted.keyboard.count;
  }

  get actions(): number {
    return this.anchor.pointer.count + this.adapted.pointer.count;
  }

  /** Everything known, to score against. */
  enrolled(models: Models): Part {
    const keyboard = models.keyboard.statistics();
    keyboard.merge(this.anchor.keyboard);
    keyboard.merge(this.adapted.keyboard);
    const pointer = models.pointer.statistics();
    pointer.merge(this.anchor.pointer);
    pointer.merge(this.adapted.pointer);
    return { keyboard, pointer };
  }

  /** Takes in what a session or recording taught on a day. */
  learn(part: Part, day: number): void {
    const into = this.sealed ? this.adapted : this.anchor;
    into.keyboard.merge(part.keyboard);
    into.pointer.merge(part.pointer);
    if (part.keyboard.count + part.pointer.count > 0) this.saw(day);
    this.version++;
  }

  saw(day: number): void {
    if (this.days.includes(day)) return;
    this.days = [...this.days, day].sort((a, b) => a - b).slice(-mostDays);
  }

  /** Keeps another stretch's highest suspicion. */
  peaked(suspicion: number): void {
    this.peaks = [...this.peaks, suspicion].slice(-mostPeaks);
  }

  /** How much was learned, for its maturity. */
  get amount(): Amount {
    return { keystrokes: this.keystrokes, actions: this.actions, days: this.days.length };
  }

  /** Versioned bytes; the same profile always gives the same bytes. */
  encode(): Uint8Array {
    const facts = {
      days: this.days,
      sealed: this.sealed,
      medianMs: Number.isNaN(this.client.medianMs) ? null : this.client.medianMs,
      peaks: this.peaks.map((peak) => Math.round(peak * 100) / 100),
      version: this.version,
    };
    return pack(
      form,
      new Map([
        ["facts", packJson(facts)],
        ["anchor-keyboard", this.anchor.keyboard.encode()],
        ["anchor-pointer", this.anchor.pointer.encode()],
        ["adapted-keyboard", this.adapted.keyboard.encode()],
        ["adapted-pointer", this.adapted.pointer.encode()],
        ["trees", this.trees],
      ]),
    );
  }

  /**
   * Only the peaks of an encoded profile, a tenth of the work of `decode`: what a session needs before its first input.
   * @throws SamehandError `profile-unreadable` for anything that is not an encoded profile
   */
  static peaksOf(bytes: Uint8Array): readonly number[] {
    const facts = unpackJson(form, unpack(form, bytes), "facts") as Record<string, unknown> | null;
    return numbers(facts?.["peaks"], mostPeaks);
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
    profile.version = numbers([facts?.["version"]], 1)[0];
    profile.trees = section(form, sections, "trees").slice();
    return profile;
  }
}

function numbers(value: unknown, most: number): number[] {
  if (!Array.isArray(value) || value.length > most || !value.every((each) => Number.isFinite(each)))
    throw new SamehandError(form.error, "facts are not as they should be");
  return value as number[];
}
