/**
 * What a session teaches: of a verified session only windows that spoke for the agent on their own, in stretches that
 * were trusted from end to end. What comes of it is held back until the agent is confirmed (models/adaptation.ts).
 */
import type { Background } from "../../models/background.ts";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import type { PointerAction } from "../../models/pointer/action.ts";
import type { Modality } from "../core/input.ts";
import type { Millis } from "../core/units.ts";
import { type Decision, stricter } from "../core/verdict.ts";
import { Enrolment } from "../inspect/inspector.ts";
import { Peaks } from "./peaks.ts";

/** Observations of a stretch: it is trusted or not as a whole. */
const stretchLength = 400;
/** Of an agent who is well known, lessons are written no more often than this, ms, and at the session's end. */
const matureEvery = 900_000;
/** Observations that wait for their window's evidence: more than a window of either modality. */
const mostPending = 64;

/** What may be learned from. */
export interface Lesson {
  readonly part: Enrolment;
  /** The highest suspicion of each finished stretch of genuine input. */
  readonly peaks: readonly number[];
}

export class Lessons {
  readonly #background: Background;
  /** The stretch under way, and what trusted stretches before it showed. */
  #stretch: Enrolment | null = null;
  #whole: Enrolment | null = null;
  readonly #pending = { keyboard: [] as Keystroke[], pointer: [] as PointerAction[] };
  #observed = 0;
  #takenAt: number | null = null;
  /** Whether everything since the stretch began was trusted. */
  #trusted = true;
  /** Evidence since the stretch began: each modality must speak for the agent before it teaches. */
  #lately = { keyboard: 0, pointer: 0 };
  readonly #peaks = new Peaks();
  /** Whether the session is verified: what is not verified is taken in as it comes. */
  verified = false;

  constructor(background: Background) {
    this.#background = background;
  }

  keystroke(keystroke: Keystroke): void {
    this.#observed++;
    if (this.verified) hold(this.#pending.keyboard, keystroke);
    else this.#into().keyboard.add(keystroke);
  }

  action(action: PointerAction): void {
    this.#observed++;
    if (this.verified) hold(this.#pending.pointer, action);
    else this.#into().pointer.add(action);
  }

  /** A window's evidence was weighed. @param said its LLR as it counted @param suspicion after it, nats */
  weighed(at: Millis, modality: Modality, said: number, suspicion: number): void {
    this.#lately[modality] += said;
    this.#peaks.observe(at, suspicion);
    if (said > 0) {
      if (modality === "keyboard") for (const each of this.#pending.keyboard) this.#into().keyboard.add(each);
      else for (const each of this.#pending.pointer) this.#into().pointer.add(each);
    }
    this.#pending[modality].length = 0;
  }

  /** A decision was made: what stood out of trust teaches nothing. */
  decided(decision: Decision): void {
    if (decision.wouldBe !== "allow") this.#trusted = false;
    if (stricter(decision.wouldBe, "alert")) this.#peaks.forget();
  }

  /**
   * Time passed: ends a stretch that is long enough. @param trusted whether the session stands in trust now
   * @param mature whether the agent is well known @returns whether a lesson is due
   */
  due(at: Millis, trusted: boolean, mature: boolean): boolean {
    if (this.#observed >= stretchLength) this.#end(trusted);
    this.#takenAt ??= at;
    return this.#whole !== null && (!mature || at - this.#takenAt >= matureEvery);
  }

  /** The lesson so far, with the stretch under way where the session is over; null where nothing may be learned. */
  take(at: Millis | null): Lesson | null {
    if (at === null) this.#end(false);
    else this.#takenAt = at;
    const part = this.#whole;
    this.#whole = null;
    return part === null ? null : { part, peaks: this.#peaks.take() };
  }

  /** The session was in somebody else's hand: nothing of it may be learned. */
  drop(): void {
    this.#whole = this.#stretch = null;
    this.#peaks.take();
  }

  #end(trusted: boolean): void {
    const learned = this.#trusted && (!this.verified || this.#speaksForAgent());
    if (learned && this.#stretch !== null) {
      if (this.#whole === null) this.#whole = this.#stretch;
      else {
        this.#whole.keyboard.merge(this.#stretch.keyboard);
        this.#whole.pointer.merge(this.#stretch.pointer);
      }
    }
    this.#stretch = null;
    this.#observed = 0;
    this.#trusted = trusted;
    this.#lately = { keyboard: 0, pointer: 0 };
  }

  #into(): Enrolment {
    this.#stretch ??= new Enrolment(this.#background);
    return this.#stretch;
  }

  /** Who is known by now must be recognised to teach: neither modality may speak against the agent. */
  #speaksForAgent(): boolean {
    const { keyboard, pointer } = this.#lately;
    return keyboard >= 0 && pointer >= 0 && keyboard + pointer > 0;
  }
}

/** Keeps an observation until its window is judged; the oldest goes where no window judges. */
function hold<Observation>(pending: Observation[], observation: Observation): void {
  if (pending.length >= mostPending) pending.shift();
  pending.push(observation);
}
