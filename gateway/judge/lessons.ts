/** What a session teaches: stretches of it that were trusted from end to end, and in which no modality spoke against the agent. */
import type { Background } from "../../models/background.ts";
import type { Millis } from "../core/units.ts";
import type { Modality } from "../core/input.ts";
import { type Decision, stricter } from "../core/verdict.ts";
import { Enrolment, type Inspector } from "../inspect/inspector.ts";
import { Peaks } from "./peaks.ts";

/** Observations after which what a session taught is written, and a new verifier is built from it. */
const chunk = 400;

/** A stretch that may be learned from. */
export interface Lesson {
  readonly part: Enrolment;
  /** The highest suspicion of each finished stretch of genuine input. */
  readonly peaks: readonly number[];
}

export class Lessons {
  readonly #background: Background;
  readonly #inspector: Inspector;
  #enrolment: Enrolment;
  #taught = 0;
  /** Whether everything since the last lesson was trusted: otherwise it teaches nothing. */
  #trusted = true;
  /** Evidence since the last lesson: each modality must speak for the agent before it teaches. */
  #lately = { keyboard: 0, pointer: 0 };
  readonly #peaks = new Peaks();

  constructor(background: Background, inspector: Inspector) {
    this.#background = background;
    this.#inspector = inspector;
    this.#enrolment = this.#begin();
  }

  /** A window's evidence was weighed. @param said its LLR as it counted @param suspicion after it, nats */
  weighed(at: Millis, modality: Modality, said: number, suspicion: number): void {
    this.#lately[modality] += said;
    this.#peaks.observe(at, suspicion);
  }

  /** A decision was made: what stood out of trust teaches nothing. */
  decided(decision: Decision): void {
    if (decision.wouldBe !== "allow") this.#trusted = false;
    if (stricter(decision.wouldBe, "alert")) this.#peaks.forget();
  }

  /** Whether there is enough for a lesson. */
  get due(): boolean {
    return this.#observed - this.#taught >= chunk;
  }

  /**
   * Ends a stretch and begins the next.
   * @param verified whether the session is verified @param trusted whether it stands in trust now
   * @returns the lesson; null where nothing may be learned
   */
  take(verified: boolean, trusted: boolean): Lesson | null {
    this.#taught = this.#observed;
    const part = this.#enrolment;
    const learned = this.#trusted && (!verified || this.#speaksForAgent());
    this.#enrolment = this.#begin();
    this.#trusted = trusted;
    this.#lately = { keyboard: 0, pointer: 0 };
    if (!learned || part.keyboard.count + part.pointer.count === 0) return null;
    return { part, peaks: this.#peaks.take() };
  }

  get #observed(): number {
    return this.#inspector.keystrokes + this.#inspector.actions;
  }

  #begin(): Enrolment {
    const enrolment = new Enrolment(this.#background);
    this.#inspector.learnInto(enrolment);
    return enrolment;
  }

  /** Who is known by now must be recognised to teach: neither modality may speak against the agent. */
  #speaksForAgent(): boolean {
    const { keyboard, pointer } = this.#lately;
    return keyboard >= 0 && pointer >= 0 && keyboard + pointer > 0;
  }
}
