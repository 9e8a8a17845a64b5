/**
 * One challenge as it is lived: hears the keys of a held session, shows what is asked, and says how it went. Which
 * answer leads where is decided in `gateway/policy/challenge-course.ts`.
 */
import type { KeyboardStatistics } from "../../models/keyboard/statistics.ts";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import type { Scorer } from "../../models/modality.ts";
import type { Prompt, PromptField } from "../core/prompt.ts";
import type { Keysym, Millis } from "../core/units.ts";
import { type ChallengeStep, phraseWords } from "../policy/challenge.ts";
import { type Answered, ChallengeCourse, type CourseOptions } from "../policy/challenge-course.ts";
import type { ChallengeOutcome } from "../store/challenges.ts";
import { codeDigits } from "./challenge-code.ts";
import type { Language } from "./challenge-languages/language.ts";
import { Phrase } from "./challenge-phrase.ts";
import { type Message, promptOf, shownSeconds } from "./challenge-prompt.ts";
import { bestWords, drawWords } from "./challenge-words.ts";
import { TypedCode } from "./typed-code.ts";

/** The agent's typing, as a phrase is compared with it. */
export interface Typing {
  readonly statistics: KeyboardStatistics;
  scorer(): Scorer<Keystroke>;
}

export interface ChallengeOptions extends CourseOptions {
  readonly at: Millis;
  readonly language: Language;
  /** Held because nobody was there. */
  readonly away: boolean;
  readonly notice: string;
  /** Null where the steps have no phrase. */
  readonly typing: Typing | null;
  /** How long the step may take from the hold's beginning, and how long the hold has lasted; ms. */
  readonly limit: (step: ChallengeStep) => number;
  readonly heldFor: (at: Millis) => number;
  /** How far the link's timing is believed, 0 to 1. */
  readonly linkWeight: () => number;
  /** Where the agent confirms from another device; `confirmed` is called then. Empty where the steps have no passkey. */
  readonly address: string;
  /** Whether the client's own dialog is asked for the code too. */
  readonly dialog: boolean;
  /** Whether a code is right; it is spent. */
  readonly acceptCode: (code: string) => boolean;
  /** Whether a phrase was never asked before; it is spent. */
  readonly newPhrase: (phrase: string) => boolean;
  readonly show: (prompt: Prompt) => void;
  /** An attempt was lost. @param llr what the phrase showed, nats; 0 where it was none */
  readonly onAttempt: (at: Millis, outcome: ChallengeOutcome, llr: number) => void;
  /** @param llr what the phrase showed, nats; 0 where none was asked */
  readonly onPassed: (at: Millis, llr: number) => void;
  readonly onFailed: (at: Millis, outcome: ChallengeOutcome) => void;
}

/** Whoever types on while the screen changes is not heard before a pause of so long, ms. */
const settle = 700;
const drawTries = 5;

export class Challenge {
  readonly #options: ChallengeOptions;
  readonly #course: ChallengeCourse;
  readonly #words: readonly string[];
  readonly #used = new Set<string>();
  #phrase: Phrase | null = null;
  readonly #code = new TypedCode();
  /** How often something was asked. */
  #asked = 0;
  #message: Message | null = null;
  #settled = false;
  #lastPress: Millis;
  #shownSeconds = Number.NaN;
  #llr = 0;

  constructor(options: ChallengeOptions) {
    this.#options = options;
    this.#course = new ChallengeCourse(options);
    this.#words = bestWords(options.language.words, options.typing?.statistics ?? null);
    this.#lastPress = options.at;
    this.#begin();
    this.#show(options.at);
  }

  /** What is asked; null once it is over. */
  get step(): ChallengeStep | null {
    return this.#course.step;
  }

  get attemptsLeft(): number | null {
    return this.#course.attemptsLeft;
  }

  /** How long the hold may last as the challenge stands, ms. */
  get limit(): number {
    return this.#options.limit(this.#course.step ?? "operator");
  }

  key(at: Millis, keysym: Keysym, pressed: boolean): void {
    if (pressed && !this.#settled) {
      const pause = at - this.#lastPress;
      this.#lastPress = at;
      if (pause < settle) return;
      this.#settled = true;
    }
    if (!this.#settled) return;
    const { step } = this.#course;
    if (step === "code" && pressed) this.#codeKey(at, keysym);
    else if (step === "phrase") this.#phraseKey(at, keysym, pressed);
  }

  /** Timing until now lies. */
  stalled(): void {
    this.#phrase?.interrupt();
  }

  /** Time passed: what is left of it is shown. Running out is not decided here. */
  tick(at: Millis): void {
    if (this.#course.step !== null && this.#secondsLeft(at) !== this.#shownSeconds) this.#show(at);
  }

  /** The agent confirmed from another device. */
  confirmed(at: Millis): void {
    if (this.#course.step === "passkey") this.#follow(at, { turn: this.#course.confirmed(), lost: null }, "wrongCode");
  }

  /** An operator vouches for the person. */
  approve(): void {
    this.#course.approve();
  }

  /** Nobody asks any more: nothing of what was typed stays in memory. */
  wipe(): void {
    this.#phrase?.wipe();
  }

  #codeKey(at: Millis, keysym: Keysym): void {
    const typed = this.#code.press(keysym);
    if (typed === false) return;
    if (typed === true) {
      this.#message = null;
      return this.#show(at);
    }
    this.#codeGiven(at, typed);
  }

  /** Something was typed into the client's own dialog. */
  answer(at: Millis, text: string): void {
    const code = text.replaceAll(/\s/g, "");
    if (this.#course.step === "code" && this.#options.dialog && code !== "") this.#codeGiven(at, code);
  }

  #codeGiven(at: Millis, code: string): void {
    this.#follow(at, this.#course.code(this.#options.acceptCode(code)), "wrongCode");
  }

  #phraseKey(at: Millis, keysym: Keysym, pressed: boolean): void {
    const phrase = this.#phrase;
    if (phrase === null || !phrase.key(at, keysym, pressed)) return;
    this.#message = phrase.wrong ? "unlikeWord" : null;
    if (!phrase.complete) return this.#show(at);
    // A link that is not believed takes from what was typed, and from how much it was.
    const weight = this.#options.linkWeight();
    this.#llr = phrase.llr() * weight;
    const answered = this.#course.phrase(this.#llr, phrase.keystrokes * weight, phrase.length);
    const { turn, lost } = answered;
    if (turn !== "more" && turn !== "again") return this.#follow(at, answered, "otherPhrase");
    if (lost !== null) this.#options.onAttempt(at, lost, this.#llr);
    phrase.extend(this.#draw(phraseWords.more));
    this.#message = turn === "more" ? "moreWords" : "otherPhrase";
    this.#show(at);
  }

  /** Goes where an answer leads. @param message what is said where the same is asked again */
  #follow(at: Millis, { turn, lost }: Answered, message: Message): void {
    const { onAttempt, onPassed, onFailed } = this.#options;
    if (turn === "passed") return onPassed(at, this.#llr);
    if (lost !== null) onAttempt(at, lost, this.#llr);
    if (turn === "failed") return onFailed(at, lost ?? "severed");
    this.#message = turn === "again" ? message : null;
    this.#begin();
    this.#show(at);
  }

  /** Makes ready what the step asks for. */
  #begin(): void {
    this.#asked++;
    this.#code.clear();
    const { typing } = this.#options;
    this.wipe();
    this.#phrase =
      this.#course.step === "phrase" && typing !== null
        ? new Phrase(this.#draw(phraseWords.first), typing.scorer())
        : null;
  }

  #draw(count: number): string[] {
    let drawn: string[] = [];
    for (let tries = 0; tries < drawTries; tries++) {
      drawn = drawWords(this.#words, count, this.#used);
      if (drawn.length < count) this.#used.clear();
      if (this.#options.newPhrase(drawn.join(" "))) break;
    }
    for (const word of drawn) this.#used.add(word);
    return drawn;
  }

  #secondsLeft(at: Millis): number {
    return shownSeconds((this.limit - this.#options.heldFor(at)) / 1000);
  }

  #show(at: Millis): void {
    const { language, away, notice, show } = this.#options;
    this.#shownSeconds = this.#secondsLeft(at);
    show(
      promptOf({
        language,
        away,
        course: this.#course,
        field: this.#field(),
        dialog: this.#options.dialog ? this.#asked : null,
        message: this.#message,
        secondsLeft: this.#shownSeconds,
        secondsAll: this.limit / 1000,
        notice,
      }),
    );
  }

  #field(): PromptField {
    if (this.#phrase !== null) return this.#phrase.field;
    const { step } = this.#course;
    if (step === "code") return { kind: "code", typed: this.#code.length, length: codeDigits };
    return step === "passkey" ? { kind: "link", address: this.#options.address } : { kind: "wait" };
  }
}
