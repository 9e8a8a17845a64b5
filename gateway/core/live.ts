/**
 * What operators see of live sessions, and what they may do to them: a port, so that the sessions of every worker are
 * reached in one way. All of it is plain data that can cross a bus; nothing in it says what was typed.
 */
import type { Modality } from "./input.ts";
import type { Maturity } from "./maturity.ts";
import type { AgentName, EpochMillis, SessionId } from "./units.ts";
import type { Decision, Mode, Verdict } from "./verdict.ts";

/** A live session at a glance. */
export interface LiveSummary {
  readonly id: SessionId;
  readonly agent: AgentName;
  readonly maturity: Maturity;
  readonly connection: string;
  readonly startedAt: EpochMillis;
  /** The worker in which the session lives; unique in the fleet. */
  readonly worker: string;
  /** 0 to 100. */
  readonly trust: number;
  /** 0 (trusted) to 100 (held, or beyond its limit): how near the session is to being held. For sorting. */
  readonly risk: number;
  /** This agent's limits, in units of trust. */
  readonly thresholds: { readonly alert: number; readonly quarantine: number; readonly sever: number };
  readonly verdict: Verdict;
  readonly wouldBe: Verdict;
  readonly mode: Mode;
  /** The rule behind the verdict. */
  readonly rule: string;
  readonly keystrokes: number;
  readonly actions: number;
  /** null until the first evidence. */
  readonly lastEvidenceAt: EpochMillis | null;
  readonly link: {
    /** Mean deviation of the round trip, ms. */
    readonly jitterMs: number;
    /** How far the link's timing is believed, 0 to 1. */
    readonly weight: number;
  };
  /** The newest decision; null before the first. */
  readonly decided: ToldDecision | null;
  /** The latest trust values, oldest first; at most 32. */
  readonly sparkline: readonly number[];
}

/** One window of evidence. */
export interface EvidencePoint {
  readonly at: EpochMillis;
  readonly modality: Modality;
  /** Nats: positive speaks for the agent. */
  readonly llr: number;
  /** How far the link was believed, 0 (abstained) to 1. */
  readonly weight: number;
  /** The trust after it. */
  readonly trust: number;
}

/** A decision as it is told. */
export interface ToldDecision extends Omit<Decision, "at" | "keystrokes" | "actions"> {
  readonly at: EpochMillis;
}

/** A live session in full. */
export interface LiveDetail extends LiveSummary {
  /** Others whose pointing the session is compared with now; 0: people of elsewhere. */
  readonly comparedWith: number;
  readonly address: string;
  /** The whole session, thinned out to at most 256 points that keep every low. */
  readonly timeline: readonly { readonly at: EpochMillis; readonly trust: number }[];
  /** The newest windows, oldest first; at most 128. */
  readonly evidence: readonly EvidencePoint[];
  /** LLR of all windows by modality, nats. */
  readonly llr: Readonly<Record<Modality, number>>;
  /** Oldest first; the newest 64. */
  readonly decisions: readonly ToldDecision[];
  /** Names of the signals that stand, such as `unverifiable-link`. */
  readonly signals: readonly string[];
  /** What the rules would say if trust fell below a value and all else stayed, in falling order. */
  readonly outlook: readonly { readonly below: number; readonly verdict: Verdict; readonly rule: string }[];
  /** When the quarantine that stands ends in a sever; null outside of one. */
  readonly quarantineEndsAt: EpochMillis | null;
}

/** What an operator does to a session. */
export interface OperatorAct {
  readonly kind: "quarantine" | "release" | "sever";
  readonly operator: string;
  readonly reason: string;
}

/** `done`; `already`: it was so before; `gone`: no such session lives. */
export type ActOutcome = "done" | "already" | "gone";

/** The live sessions of the whole fleet. */
export interface LiveList {
  readonly sessions: readonly LiveSummary[];
  /** How many processes did not answer: their sessions are as they were last, or missing. */
  readonly silent: number;
}

export interface LiveSessions {
  list(): Promise<LiveList>;
  /** @throws SamehandError `neighbour-silent` where a process that does not answer may have it; as `act` */
  detail(id: SessionId): Promise<LiveDetail | null>;
  /** Idempotent. In report mode too: an operator's act is always done. */
  act(id: SessionId, act: OperatorAct): Promise<ActOutcome>;
}
