/** What carries notices to one receiver; and how it says that it will never take them. */
import type { Notice } from "./notice.ts";

/** The receiver will refuse this however often it is asked. */
export class Refused extends Error {}

export interface Carrier {
  /** Most notices in one go. */
  readonly most: number;
  /**
   * Resolves when the receiver has them all.
   * @param cut gives the attempt up at once
   * @throws Refused where it never will, any other error where it may later
   */
  carry(notices: readonly Notice[], cut?: AbortSignal): Promise<void>;
  close(): void;
}

/** How long one attempt may take, ms. */
export const attemptMillis = 10_000;
