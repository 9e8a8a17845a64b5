/** What was decided about a session, and why. Made by policy, acted on by proxy, told by telemetry. */
import type { Millis } from "./units.ts";

/** From harmless to final. `report` mode decides the same and acts on none. */
export const verdicts = ["allow", "alert", "quarantine", "sever"] as const;
export type Verdict = (typeof verdicts)[number];

export type Mode = "report" | "enforce";

/** One reason in words for an operator: how somebody typed or pointed, never what. */
export interface Reason {
  /** A stable name to count by, such as `keyboard-mismatch` or `rule:night-shift`. */
  readonly code: string;
  /** One lower-case sentence, such as `holds keys 40 % longer than usual`. */
  readonly text: string;
}

export interface Decision {
  readonly at: Millis;
  readonly verdict: Verdict;
  /** In report mode, what enforce mode would have done; the same as `verdict` in enforce mode. */
  readonly wouldBe: Verdict;
  readonly mode: Mode;
  /** The posterior that the enrolled agent drives, 0 to 100. */
  readonly trust: number;
  /** The rule of the policy that decided. */
  readonly rule: string;
  readonly reasons: readonly Reason[];
  /** Keystrokes and pointer actions of the session so far. */
  readonly keystrokes: number;
  readonly actions: number;
}

/** True where `a` is stricter than `b`. */
export const stricter = (a: Verdict, b: Verdict): boolean => verdicts.indexOf(a) > verdicts.indexOf(b);
