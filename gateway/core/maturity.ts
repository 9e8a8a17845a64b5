/** How much of an agent's input is known, and what that permits. */

/** What was learned so far. */
export interface Amount {
  readonly keystrokes: number;
  readonly actions: number;
  /** Different UTC days on which something was learned. */
  readonly days: number;
}

/** `enrolling` is only learned from; `provisional` may alert; `mature` may be quarantined and severed. */
export const maturities = ["enrolling", "provisional", "mature"] as const;
export type Maturity = (typeof maturities)[number];

/** What each step needs; all three amounts must be reached, 0 asks nothing. */
export interface Enrolment {
  readonly provisional: Amount;
  readonly mature: Amount;
}

/** Mature agents at most that an agent is compared with: more would cost memory and change little. */
export const mostCompared = 200;

export function maturityOf(amount: Amount, enrolment: Enrolment): Maturity {
  if (reaches(amount, enrolment.mature)) return "mature";
  return reaches(amount, enrolment.provisional) ? "provisional" : "enrolling";
}

const reaches = (amount: Amount, needed: Amount): boolean =>
  amount.keystrokes >= needed.keystrokes && amount.actions >= needed.actions && amount.days >= needed.days;
