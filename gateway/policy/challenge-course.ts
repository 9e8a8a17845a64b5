/**
 * The course of one challenge: steps in order, attempts, and how it ends. Pure: no clock, no socket, no text; told
 * what came of each answer, it says what follows.
 */
import { type ChallengeStep, type PhraseLimits, phraseWords } from "./challenge.ts";

/** What follows from an answer. */
export type Turn =
  /** This step is done: `step` is the next one. */
  | "next"
  /** The same step again: an attempt was lost. */
  | "again"
  /** The phrase is not decisive: more words. */
  | "more"
  | "passed"
  | "failed";

export interface CourseOptions {
  readonly steps: readonly ChallengeStep[];
  readonly attempts: number;
  /** Attempts that were lost in earlier sessions of the same doubt. */
  readonly lost?: { readonly code: number; readonly phrase: number };
  readonly limits: PhraseLimits;
}

/** Fewer keystrokes decide nothing, whatever they look like. */
export const leastKeystrokes = 20;

export class ChallengeCourse {
  readonly #options: CourseOptions;
  readonly #steps: ChallengeStep[];
  readonly #left: { code: number; phrase: number };
  #at = 0;
  /** A phrase stayed undecided: whoever types must not be severed for what nobody knows. */
  #undecided = false;
  #over = false;

  constructor(options: CourseOptions) {
    this.#options = options;
    this.#steps = [...options.steps];
    const { attempts, lost = { code: 0, phrase: 0 } } = options;
    this.#left = { code: Math.max(attempts - lost.code, 1), phrase: Math.max(attempts - lost.phrase, 1) };
  }

  /** What is asked now; null once it is over. */
  get step(): ChallengeStep | null {
    return this.#over ? null : this.#steps[this.#at];
  }

  /** The step's place, from 1, and how many there are. */
  get place(): { readonly at: number; readonly of: number } {
    return { at: Math.min(this.#at + 1, this.#steps.length), of: this.#steps.length };
  }

  /** Attempts that are left in this step; null where nothing can be attempted. */
  get attemptsLeft(): number | null {
    const { step } = this;
    return step === "code" || step === "phrase" ? this.#left[step] : null;
  }

  /** The agent confirmed from another device. */
  confirmed(): Turn {
    return this.step === "passkey" ? this.#next() : "again";
  }

  /** A code was given. */
  code(right: boolean): Turn {
    if (this.step !== "code") return "again";
    return right ? this.#next() : this.#lose("code");
  }

  /**
   * A phrase was typed to its end.
   * @param llr of all its keystrokes, nats @param words so far
   */
  phrase(llr: number, keystrokes: number, words: number): Turn {
    if (this.step !== "phrase") return "again";
    const { pass, fail } = this.#options.limits;
    const enough = keystrokes >= leastKeystrokes && Number.isFinite(llr);
    if (enough && llr >= pass) return this.#next();
    if (enough && llr <= fail) return this.#lose("phrase");
    if (words + phraseWords.more <= phraseWords.most) return "more";
    this.#undecided = true;
    return this.#lose("phrase");
  }

  /** An operator vouches for the person: it is over. */
  approve(): void {
    this.#over = true;
  }

  #next(): Turn {
    this.#at++;
    if (this.#at < this.#steps.length) return "next";
    this.#over = true;
    return "passed";
  }

  #lose(step: "code" | "phrase"): Turn {
    this.#left[step]--;
    if (this.#left[step] > 0) return "again";
    if (step === "phrase" && this.#undecided) {
      // Only phrases that were surely another's sever; otherwise a person has to look.
      this.#steps.splice(this.#at, Number.POSITIVE_INFINITY, "operator");
      return "next";
    }
    this.#over = true;
    return "failed";
  }
}
