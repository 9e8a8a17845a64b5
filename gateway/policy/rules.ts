/** What a policy's rules see, and what comes of them. */
import type { Maturity } from "../core/maturity.ts";
import type { Verdict } from "../core/verdict.ts";
import type { SignalAct, SignalName } from "../core/signal.ts";
import type { ChallengePolicy } from "./challenge.ts";

/** The facts of a session at one moment; the names are those that rules use. */
export interface Facts {
  /** The posterior that the enrolled agent drives, 0 to 100. */
  readonly trust: number;
  /** LLR of the session's evidence that counts now, by modality. */
  readonly llr: { readonly keyboard: number; readonly pointer: number; readonly total: number };
  /** Nats held against the agent by one modality while the other has been silent for minutes; else 0. Never negative. */
  readonly alone: { readonly keyboard: number; readonly pointer: number };
  /** In units of trust, derived from the budget for this agent. */
  readonly thresholds: { readonly alert: number; readonly quarantine: number; readonly sever: number };
  readonly agent: {
    readonly name: string;
    readonly maturity: Maturity;
    readonly keystrokes: number;
    readonly actions: number;
  };
  readonly session: {
    readonly seconds: number;
    readonly keystrokes: number;
    readonly actions: number;
    /** Quarantines of this session so far, with the one that stands. */
    readonly quarantines: number;
    /** How long the quarantine that stands has lasted; 0 outside of one. */
    readonly quarantinedSeconds: number;
  };
  readonly link: { readonly jitterMs: number; readonly good: boolean };
  /** Names of the signals that stand, such as `scripted-typing`; without those that the policy has off. */
  readonly signals: readonly string[];
  /** Hour of the day on the gateway's clock, 0 to 23. */
  readonly hour: number;
}

export interface Ruling {
  readonly verdict: Verdict;
  /** The rule that matched first, or `none`. */
  readonly rule: string;
  /** One lower-case sentence. */
  readonly because: string;
}

export interface Policy {
  /** SHA-256 of its text, hexadecimal: by which rules a verdict was given can be told afterwards. */
  readonly digest: string;
  /** False verdicts that are accepted per active hour of one agent; the thresholds are derived from them. */
  readonly budget: { readonly falseQuarantinesPerHour: number; readonly falseSeversPerHour: number };
  /** How long an agent is locked after a sever. */
  readonly lockMinutes: number;
  /** How long a quarantine stands before it has expired. */
  readonly quarantineSeconds: number;
  /** Agents without a profile: come in to be enrolled, are challenged at each start, or are refused. */
  readonly strangers: "enrol" | "challenge" | "deny";
  /** `required`: who has not consented is neither learned from nor verified. */
  readonly consent: "none" | "required";
  /** What a quarantine asks for; null: it ends by itself where the typing is recognised. */
  readonly challenge: ChallengePolicy | null;
  /** What each signal does at least; rules may be stricter. */
  readonly signals: Readonly<Record<SignalName, SignalAct>>;
  /** After how long without a person's input a session is held; null: never. */
  readonly presence: { readonly idleMinutes: number } | null;
  /**
   * The first rule that matches. Pure and about a microsecond; never throws: a rule that fails to evaluate is
   * counted in `failures` and passed over.
   */
  decide(facts: Facts): Ruling;
  /** The rules in their order, as they were written. */
  readonly rules: readonly (Ruling & { readonly when: string })[];
  /** Evaluations that failed, by rule. */
  readonly failures: ReadonlyMap<string, number>;
}
