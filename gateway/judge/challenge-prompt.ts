/** What a challenge shows, in the viewer's language. */
import type { Prompt, PromptField } from "../core/prompt.ts";
import type { ChallengeCourse } from "../policy/challenge-course.ts";
import type { Language } from "./challenge-languages/language.ts";

/** What is said below the field, beside how to go on. */
export type Message = "wrongCode" | "otherPhrase" | "moreWords" | "unlikeWord";

export interface PromptFacts {
  readonly language: Language;
  /** Held because nobody was there, not for doubt. */
  readonly away: boolean;
  readonly course: ChallengeCourse;
  readonly field: PromptField;
  /** How often the client's own dialog was asked for by now; null where it is not. */
  readonly dialog: number | null;
  readonly message: Message | null;
  /** Infinity where no time runs. */
  readonly secondsLeft: number;
  readonly secondsAll: number;
  /** The organisation's own words, such as whom to call; may be empty. */
  readonly notice: string;
}

export function promptOf(facts: PromptFacts): Prompt {
  const { language, away, course, field, dialog, message, secondsLeft, secondsAll, notice } = facts;
  const step = course.step ?? "operator";
  const { at, of } = course.place;
  const left = course.attemptsLeft;
  const progress = [
    ...(of > 1 ? [language.step(at, of)] : []),
    ...(left === null ? [] : [language.attempts(left)]),
    ...(Number.isFinite(secondsLeft) ? [language.time(secondsLeft)] : []),
  ];
  const hints = {
    code: language.codeHint,
    passkey: language.passkeyHint,
    phrase: language.phraseHint,
    operator: language.waitHint,
  };
  return {
    title: language.title,
    lines: [away ? language.away : language.why, ...(notice === "" ? [] : [notice]), language[step]],
    field,
    dialog: step === "code" ? dialog : null,
    hint: message === null ? hints[step] : language[message],
    fault: message === "wrongCode" || message === "otherPhrase" || message === "unlikeWord",
    progress: progress.join("  ·  "),
    timeLeft: Number.isFinite(secondsLeft) ? Math.min(Math.max(secondsLeft / secondsAll, 0), 1) : 1,
    language: language.tag,
  };
}

/** Time left as it is shown: in steps of five seconds, so that a held session is not redrawn each second, and the last ten each. */
export function shownSeconds(left: number): number {
  const whole = Math.max(0, Math.ceil(left));
  return whole <= 10 ? whole : Math.ceil(whole / 5) * 5;
}
