/**
 * What a held session shows: the judge says it, in the viewer's language, and the proxy draws it. A prompt may hold
 * the words that are asked for and what was typed of them: it goes to its viewer, and into no log, store or metric.
 */

/** One word of the phrase that is asked for, and how far it is typed. */
export interface PromptWord {
  readonly text: string;
  readonly state: "to-come" | "current" | "right" | "wrong";
}

export type PromptField =
  /** A one-time code: only how many characters were typed is known here. */
  | { readonly kind: "code"; readonly typed: number; readonly length: number }
  /** A phrase, and what was typed of it as it stands. */
  | { readonly kind: "phrase"; readonly words: readonly PromptWord[]; readonly typed: string }
  /** Nothing can be typed: the person opens an address on another device, which may be a QR code. */
  | { readonly kind: "link"; readonly address: string }
  /** Nothing can be typed: an operator is asked. */
  | { readonly kind: "wait" };

export interface Prompt {
  readonly title: string;
  /** What is asked, and why; each a paragraph. */
  readonly lines: readonly string[];
  readonly field: PromptField;
  /** The client's own dialog is asked for the answer too, anew for each number; null: it is not. */
  readonly dialog: number | null;
  /** Below the field, for the person who types: how to go on, or what was wrong. Empty where nothing is to be said. */
  readonly hint: string;
  /** Whether the hint tells of a fault. */
  readonly fault: boolean;
  /** The progress line: the step, attempts and time left, in words. */
  readonly progress: string;
  /** Of the time there was, what is left: 0 to 1. */
  readonly timeLeft: number;
  /** BCP 47, such as `de`. */
  readonly language: string;
}
