/**
 * The course of one challenge: steps in order, attempts, and how it ends. Pure: no clock, no socket, no text; told
 * what came of each answer, it says what follows.
 */
import { type ChallengeStep, type PhraseLimits, phraseWords } from "./challenge.ts";

/** What follows from an answer. */
export type Turn =
  /** This step is done: `step` is the next one. */
  | "next"
  /** The same step again: an attempt was lost. A phrase goes on with other words. */
  | "again"
  /** The phrase is not decisive: it goes on with more words. */
  | "more"
  | "passed"
  | "failed";

/** How an attempt was lost; `undecided`: a phrase was not passed with its first words, or its words are at an end. */
export type Loss = "wrong-code" | "failed-phrase" | "undecided";
export type Losses = Readonly<Record<Loss, number>>;

/** What an answer leads to, and how an attempt was lost by it; null where none was. */
export interface Answered {
  readonly turn: Turn;
  readonly lost: Loss | null;
}

export interface CourseOptions {
  readonly steps: readonly ChallengeStep[];
  readonly attempts: number;
  /** Attempts that were lost in this doubt by now, in other sessions of the agent too. */
  readonly lost?: () => Losses;
  readonly limits: PhraseLimits;
}

/** Fewer keystrokes pass nobody, whatever they look like. */
export const leastKeystrokes = 20;
/** Fewer fail nobody: whoever begins badly goes on. */
const leastToFail = 50;
const none: Losses = { "wrong-code": 0, "failed-phrase": 0, undecided: 0 };

export class ChallengeCourse {
  readonly #options: CourseOptions;
  readonly #steps: ChallengeStep[];
  /** Lost in this course alone, which count even where nobody else knows of them. */
  readonly #own = { ...none };
  #lost: Losses;
  #at = 0;
  #over = false;

  constructor(options: CourseOptions) {
    this.#options = options;
    this.#steps = [...options.steps];
    this.#lost = options.lost?.() ?? none;
    const phrase = this.#steps.indexOf("phrase");
    const { undecided } = this.#lost;
    if (phrase >= 0 && (undecided >= options.attempts || this.#left("phrase") <= 0)) this.#askOperator(phrase);
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
    return step === "code" || step === "phrase" ? Math.max(this.#left(step), 1) : null;
  }

  /** The agent confirmed from another device. */
  confirmed(): Turn {
    return this.step === "passkey" ? this.#next() : "again";
  }

  /** A code was given. */
  code(right: boolean): Answered {
    if (this.step !== "code") return { turn: "again", lost: null };
    return right ? { turn: this.#next(), lost: null } : this.#lose("code", "wrong-code");
  }

  /**
   * A phrase was typed to its end, as far as it was asked for.
   * @param llr of all its keystrokes, nats @param keystrokes that count, as far as their times are believed
   * @param words asked for so far
   */
  phrase(llr: number, keystrokes: number, words: number): Answered {
    if (this.step !== "phrase") return { turn: "again", lost: null };
    const { limits, lost } = this.#options;
    const first = this.#own.undecided === 0;
    const begun = Math.max((lost?.() ?? none).undecided - this.#own.undecided, 0);
    const known = Number.isFinite(llr);
    if (known && keystrokes >= leastKeystrokes && llr >= limits.pass(keystrokes, begun))
      return { turn: this.#next(), lost: null };
    const over = words + phraseWords.more > phraseWords.most;
    if (known && keystrokes >= leastToFail && llr <= limits.fail) return this.#lose("phrase", "failed-phrase", over);
    if (first || over) this.#own.undecided++;
    if (over) this.#askOperator(this.#at);
    return { turn: over ? "next" : "more", lost: first || over ? "undecided" : null };
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

  /** @param last there is no further attempt, however many are left */
  #lose(step: "code" | "phrase", lost: Loss, last = false): Answered {
    this.#own[lost]++;
    const elsewhere = this.#options.lost?.() ?? none;
    const sum = (of: Loss): number => Math.max(this.#own[of], elsewhere[of] + (of === lost ? 1 : 0));
    this.#lost = {
      "wrong-code": sum("wrong-code"),
      "failed-phrase": sum("failed-phrase"),
      undecided: sum("undecided"),
    };
    if (!last && this.#left(step) > 0) return { turn: "again", lost };
    this.#over = true;
    return { turn: "failed", lost };
  }

  /** Only what was surely another's severs; otherwise a person has to look. */
  #askOperator(from: number): void {
    this.#steps.splice(from, Number.POSITIVE_INFINITY, "operator");
  }

  #left(step: "code" | "phrase"): number {
    return this.#options.attempts - this.#lost[step === "code" ? "wrong-code" : "failed-phrase"];
  }
}
