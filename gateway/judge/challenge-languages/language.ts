/** What a language must have: the hold screen's sentences, and words to type. */

export interface Language {
  /** BCP 47. */
  readonly tag: string;
  readonly title: string;
  /** Why input is held. */
  readonly why: string;
  /** The same where nobody was there. */
  readonly away: string;
  readonly code: string;
  readonly passkey: string;
  readonly phrase: string;
  readonly operator: string;
  readonly codeHint: string;
  readonly passkeyHint: string;
  readonly phraseHint: string;
  readonly waitHint: string;
  readonly wrongCode: string;
  readonly otherPhrase: string;
  readonly moreWords: string;
  readonly unlikeWord: string;
  step(at: number, of: number): string;
  attempts(left: number): string;
  time(seconds: number): string;
  /** Lower case, a to z, 3 to 8 letters: to be typed on any Latin keyboard without thinking. */
  readonly words: readonly string[];
}

/** Words in one text, for the languages' files: each once, those of 3 to 8 letters. */
export const wordList = (text: string): readonly string[] => [...new Set(text.match(/\b[a-z]{3,8}\b/g))];

/** Minutes and seconds, such as 1:05. */
export const minutes = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
