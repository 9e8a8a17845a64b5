/**
 * What a session teaches, in stretches that were trusted from end to end: all that was shown, by which the anchor judges
 * the stretch (models/adaptation.ts), and the part that every window spoke for, which is learned where it is recognised.
 */
import type { Background } from "../../models/background.ts";
import type { Stretch } from "../../models/adaptation.ts";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import type { PointerAction } from "../../models/pointer/action.ts";
import type { Modality } from "../core/input.ts";
import type { SessionInfo } from "../core/session.ts";
import type { Millis } from "../core/units.ts";
import { type Decision, stricter } from "../core/verdict.ts";
import { Enrolment } from "../inspect/inspector.ts";
import type { TrustFilter } from "../policy/trust.ts";
import type { AgentRecord } from "../store/store.ts";
import type { Learning } from "./learning.ts";
import { Peaks } from "./peaks.ts";
import { PendingActions, PendingKeystrokes } from "./pending.ts";

/** Observations of a stretch: it is learned or not as a whole. Of somebody known, and of somebody who enrols. */
const stretchLength = { known: 200, enrolling: 400 } as const;
/** Stretches that are kept together: then a lesson is due. Each takes some dozens of kilobytes. */
const mostStretches = 6;
/** How sure trust must be that it is another mouse, 0 to 1; and what typing must say for the agent meanwhile, nats. */
const [likelyDevice, typingForDevice] = [0.5, 3];
/** Of an agent who is well known, lessons are written no more often than this, ms, and at the session's end. */
const matureEvery = 900_000;

/** What may be learned from. */
export interface Lesson {
  readonly stretches: readonly Stretch[];
  /** The highest suspicion of each finished stretch of genuine input. */
  readonly peaks: readonly number[];
}

export interface LessonsOptions {
  readonly background: Background;
  readonly learning: Pick<Learning, "teach" | "doubted">;
  readonly record: AgentRecord;
  readonly session: SessionInfo;
}

export class Lessons {
  readonly #options: LessonsOptions;
  readonly #learned: () => void;
  /** The stretch under way, and what trusted stretches before it showed. */
  #stretch: { readonly shown: Enrolment; readonly learnable: Enrolment } | null = null;
  #stretches: Stretch[] = [];
  #pending: { readonly keyboard: PendingKeystrokes; readonly pointer: PendingActions } | null = null;
  #observed = 0;
  #takenAt: number | null = null;
  /** Whether everything since the stretch began was trusted. */
  #trusted = true;
  /** Evidence since the stretch began: each modality must speak for the agent before it teaches. */
  #lately = { keyboard: 0, pointer: 0 };
  /** The least that trust held the pointer for another device since the stretch began, 0 to 1. */
  #otherMouse = 1;
  readonly #peaks = new Peaks();
  /** Whether the session is verified: what is not verified is taken in as it comes. */
  verified = false;

  /** @param learned called once a lesson is in the profile: more may be known of the agent now */
  constructor(options: LessonsOptions, learned: () => void) {
    this.#options = options;
    this.#learned = learned;
  }

  keystroke(keystroke: Keystroke): void {
    this.#observed++;
    this.#into().shown.keyboard.add(keystroke);
    if (this.verified) this.#waiting().keyboard.add(keystroke);
  }

  action(action: PointerAction): void {
    this.#observed++;
    this.#into().shown.pointer.add(action);
    if (this.verified) this.#waiting().pointer.add(action);
  }

  /** A window's evidence was weighed. @param said its LLR as it counted @param filter after it */
  weighed(at: Millis, modality: Modality, said: number, filter: Pick<TrustFilter, "suspicion" | "changed">): void {
    this.#lately[modality] += said;
    this.#otherMouse = Math.min(this.#otherMouse, filter.changed("pointer"));
    this.#peaks.observe(at, filter.suspicion);
    const { learnable } = this.#into();
    if (modality === "keyboard")
      this.#waiting().keyboard.judged(said > 0, (keystroke, believed) => {
        if (believed) learnable.keyboard.add(keystroke);
      });
    else
      this.#waiting().pointer.judged(said > 0, (action, believed) => {
        if (believed) learnable.pointer.add(action);
      });
  }

  /** A decision was made: what stood out of trust teaches nothing. */
  decided(decision: Decision): void {
    if (decision.wouldBe !== "allow") this.#trusted = false;
    if (!stricter(decision.wouldBe, "alert")) return;
    // Nor is what came before it known to be genuine, whoever passes a challenge now.
    this.#peaks.take();
    this.#peaks.forget();
  }

  /**
   * Time passed: ends a stretch that is long enough. @param trusted whether the session stands in trust now
   * @param mature whether the agent is well known @returns whether a lesson is due
   */
  due(at: Millis, trusted: boolean, mature: boolean): boolean {
    const { known, enrolling } = stretchLength;
    if (this.#observed >= (this.verified ? known : enrolling)) this.#end(trusted);
    this.#takenAt ??= at;
    const { length } = this.#stretches;
    return length >= mostStretches || (length > 0 && (!mature || at - this.#takenAt >= matureEvery));
  }

  /** Hands on what was learned. @param at null at the session's end: with the stretch under way */
  teach(at: Millis | null): void {
    if (at === null) this.#end(false);
    else this.#takenAt = at;
    if (this.#stretches.length === 0) return;
    const { learning, record, session } = this.#options;
    const lesson = { stretches: this.#stretches, peaks: this.#peaks.take() };
    this.#stretches = [];
    learning.teach(record, session.id, lesson, this.#learned);
  }

  /** What the session taught is not known to be the agent's. */
  giveUp(): void {
    const { learning, record, session } = this.#options;
    this.drop();
    learning.doubted(record, session.id);
  }

  /** Nothing more is learned of the session; nothing of it stays in memory. */
  drop(): void {
    for (const each of this.#stretches) wipe(each);
    if (this.#stretch !== null) wipe(this.#stretch);
    this.#pending?.keyboard.wipe();
    this.#stretches = [];
    this.#stretch = null;
    this.#peaks.take();
  }

  #end(trusted: boolean): void {
    const device = this.verified && this.#isOtherMouse() ? "pointer" : null;
    const teaches = this.#trusted && (!this.verified || device !== null || this.#speaksForAgent());
    if (teaches && this.#stretch !== null) {
      const { shown, learnable } = this.#stretch;
      this.#stretches.push({ shown, learnable: this.verified ? learnable : shown, device });
    } else if (this.#stretch !== null) wipe(this.#stretch);
    this.#stretch = null;
    this.#observed = 0;
    this.#trusted = trusted;
    this.#lately = { keyboard: 0, pointer: 0 };
    this.#otherMouse = 1;
  }

  #into(): { readonly shown: Enrolment; readonly learnable: Enrolment } {
    const { background } = this.#options;
    this.#stretch ??= { shown: new Enrolment(background), learnable: new Enrolment(background) };
    return this.#stretch;
  }

  #waiting(): { readonly keyboard: PendingKeystrokes; readonly pointer: PendingActions } {
    this.#pending ??= { keyboard: new PendingKeystrokes(), pointer: new PendingActions() };
    return this.#pending;
  }

  /**
   * The agent types, and all along it was another mouse. The other way round nothing is learned: pointing says too little
   * for a stranger's typing to be believed on its word.
   */
  #isOtherMouse(): boolean {
    const { keyboard, pointer } = this.#lately;
    return this.#otherMouse >= likelyDevice && pointer < 0 && keyboard >= typingForDevice;
  }

  /** Who is known by now must be recognised to teach: neither modality may speak against the agent. */
  #speaksForAgent(): boolean {
    const { keyboard, pointer } = this.#lately;
    return keyboard >= 0 && pointer >= 0 && keyboard + pointer > 0;
  }
}

/** Nothing of a stretch that is let go stays in memory. */
export function wipe({ shown, learnable }: Omit<Stretch, "device">): void {
  shown.keyboard.wipe();
  learnable.keyboard.wipe();
}
