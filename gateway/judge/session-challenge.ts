/**
 * The challenges of one session: begins one when it is held, notes how it went, and knows how soon another may come.
 * The session's watch asks it where keys go; an operator's word comes in here too.
 */
import { SamehandError, type ErrorCode } from "../core/errors.ts";
import type { SessionControl, SessionInfo } from "../core/session.ts";
import { type EpochMillis, type Keysym, type Millis, millis } from "../core/units.ts";
import type { Reason } from "../core/verdict.ts";
import { type ChallengePolicy, type ChallengeStep, phraseLimits, planChallenge } from "../policy/challenge.ts";
import type { ChallengeOutcome } from "../store/challenges.ts";
import type { AgentRecord } from "../store/store.ts";
import { acceptCode } from "./challenge-code.ts";
import { ChallengeHistory } from "./challenge-history.ts";
import { languageFor } from "./challenge-language.ts";
import { Challenge, type Typing } from "./challenge.ts";
import type { Confirmation, Confirmations } from "./confirmations.ts";
import type { JudgeOptions } from "./judge.ts";
import type { Hold } from "./verification.ts";

/** What an operator sees of a challenge. */
export interface ChallengeView {
  /** What is asked now. `operator`: somebody must decide. */
  readonly step: ChallengeStep;
  readonly attemptsLeft: number | null;
}

export interface SessionChallengeOptions extends JudgeOptions {
  readonly record: AgentRecord;
  readonly session: SessionInfo;
  readonly control: SessionControl;
  readonly confirmations: Confirmations;
  readonly linkWeight: () => number;
  /** The agent's typing; null where it is not known. @throws SamehandError */
  readonly typing: () => Typing | null;
  /** How long the hold that stands has lasted, ms. */
  readonly heldFor: (at: Millis) => number;
  readonly onAttempt: (at: Millis, rule: string, reasons: readonly Reason[]) => void;
  readonly onPassed: (at: Millis, llr: number) => void;
  readonly onFailed: (at: Millis, rule: string, reasons: readonly Reason[]) => void;
}

/**
 * Code and words take most people less, ms. Of a hold of which less is left, by a network that was away or by somebody who
 * ran down the time, nobody could make the agent's answer.
 */
const leastToAnswer = 45_000;

const texts: Partial<Record<ChallengeOutcome, string>> = {
  "wrong-code": "the one-time code was wrong, or used before",
  "failed-phrase": "the phrase was typed by another hand",
  undecided: "the words typed so far did not say whose hand it is",
  abandoned: "the viewer left during the challenge",
};
/** An operator who has to judge is told which way the typing points. */
function reasonOf(outcome: ChallengeOutcome, llr = 0): Reason[] {
  const side =
    llr > 0
      ? `it speaks for the agent by ${llr.toFixed(1)} nats`
      : `it speaks against the agent by ${(-llr).toFixed(1)} nats`;
  return [{ code: `challenge-${outcome}`, text: `${texts[outcome] ?? outcome}${llr === 0 ? "" : `; ${side}`}` }];
}
/** Why a session is held: `order`: an operator's, who alone can end it; `absence`: nobody was there. */
export type HoldCause = "doubt" | "order" | "absence";

export class SessionChallenge implements Hold {
  readonly #options: SessionChallengeOptions;
  readonly #history: ChallengeHistory;
  #challenge: Challenge | null = null;
  #cause: HoldCause = "doubt";
  /** The link to another device that the challenge shows. */
  #confirmation: Confirmation | null = null;
  /** Asked of the store when a doubt first wants to hold: most sessions never do. */
  #sparedUntil: EpochMillis | null = null;

  constructor(options: SessionChallengeOptions) {
    this.#options = options;
    this.#history = new ChallengeHistory(options);
  }

  /** Keys belong to the challenge, and to nobody else. */
  get active(): boolean {
    return this.#challenge !== null;
  }

  get view(): ChallengeView | null {
    const step = this.#challenge?.step ?? null;
    return step === null ? null : { step, attemptsLeft: this.#challenge?.attemptsLeft ?? null };
  }

  get spared(): boolean {
    this.#sparedUntil ??= this.#history.sparedUntil("before");
    return this.#options.clock.wall() < this.#sparedUntil;
  }

  get limit(): Millis {
    return millis(this.#challenge?.limit ?? this.#options.settings().policy.quarantineSeconds * 1000);
  }

  /** Whether the agent could prove anything alone: otherwise only an operator ends a hold. */
  get provable(): boolean {
    const { challenge } = this.#options.settings().policy;
    return challenge === null || this.#plan(challenge, this.#typing(challenge), 0, false)[0] !== "operator";
  }

  /** The session is held. Does nothing where the policy has no challenge, or one is under way that is no order. */
  begin(at: Millis, cause: HoldCause): void {
    const { settings, record, store, clock, control, session, linkWeight, heldFor } = this.#options;
    const { policy, language = "auto", notice = "" } = settings();
    const { challenge, budget, quarantineSeconds } = policy;
    const ordered = cause === "order";
    if (challenge === null || (this.#challenge !== null && !ordered)) return;
    const typing = this.#typing(challenge);
    const hold = quarantineSeconds * 1000;
    const passed = cause === "absence" ? 0 : this.#history.passed;
    const steps: readonly ChallengeStep[] = ordered
      ? ["operator"]
      : this.#plan(challenge, typing, passed, hold - heldFor(at) < Math.min(leastToAnswer, hold / 2));
    this.drop();
    this.#cause = cause;
    this.#challenge = new Challenge({
      at,
      steps,
      attempts: challenge.attempts,
      lost: () => this.#history.lost,
      limits: phraseLimits(challenge, budget),
      language: languageFor(language, session.languages ?? ""),
      away: cause === "absence",
      notice,
      typing,
      // No time runs where there is no doubt.
      limit: (step) => {
        if (cause !== "doubt") return Number.POSITIVE_INFINITY;
        return step === "operator" ? hold + challenge.operatorSeconds * 1000 : hold;
      },
      heldFor,
      linkWeight,
      address: steps.includes("passkey") ? this.#awaitConfirmation() : "",
      dialog: challenge.prompt === "dialog",
      acceptCode: (code) => this.#safely(() => acceptCode(store, record.id, code, clock.wall()), false),
      newPhrase: (phrase) => this.#safely(() => store.challenges.spendPhrase(record.id, phrase), true),
      show: (prompt) => control.show(prompt),
      onAttempt: (at, outcome, llr) => this.#attempted(at, outcome, llr),
      onPassed: (at, llr) => this.#passed(at, llr),
      onFailed: (at, outcome) => this.#failed(at, outcome),
    });
  }

  #typing(challenge: ChallengePolicy): Typing | null {
    return challenge.phrase ? this.#safely(this.#options.typing, null) : null;
  }

  #plan(challenge: ChallengePolicy, typing: Typing | null, passed: number, late: boolean): readonly ChallengeStep[] {
    const { store, record, settings } = this.#options;
    return planChallenge(challenge, {
      hasCode: this.#safely(() => store.challenges.codeSecret(record.id) !== null, false),
      hasPasskey:
        settings().url !== undefined && this.#safely(() => store.agentPasskeys.of(record.id).length > 0, false),
      canType: typing !== null,
      passed,
      late,
    });
  }

  /** @returns the address that the agent opens on another device */
  #awaitConfirmation(): string {
    const { confirmations, record, settings, clock } = this.#options;
    this.#confirmation = confirmations.wait(record.id, () => this.#challenge?.confirmed(clock.now()));
    return `${settings().url}/confirm#${this.#confirmation.secret}`;
  }

  key(at: Millis, keysym: Keysym, pressed: boolean): void {
    this.#challenge?.key(at, keysym, pressed);
  }

  answer(at: Millis, text: string): void {
    this.#challenge?.answer(at, text);
  }

  tick(at: Millis): void {
    this.#challenge?.tick(at);
  }

  stalled(): void {
    this.#challenge?.stalled();
  }

  /** An operator decided, or the time ran out. */
  decided(outcome: "approved" | "refused" | "timed-out"): void {
    if (outcome === "approved") this.#challenge?.approve();
    this.#end(outcome);
  }

  /** The session is not held any more, for a reason that is no answer. */
  drop(): void {
    this.#challenge?.wipe();
    this.#challenge = null;
    this.#confirmation?.end();
    this.#confirmation = null;
  }

  /** The viewer left while it was asked. */
  abandon(at: Millis): void {
    if (this.#challenge === null) return;
    this.#attempted(at, "abandoned");
    this.drop();
  }

  #attempted(at: Millis, outcome: ChallengeOutcome, llr = 0): void {
    this.#history.note(outcome);
    this.#options.onAttempt(at, `challenge-${outcome}`, reasonOf(outcome, llr));
  }

  #passed(at: Millis, llr: number): void {
    this.#end(this.#cause === "absence" ? "returned" : "passed");
    this.#options.onPassed(at, llr);
  }

  #failed(at: Millis, outcome: ChallengeOutcome): void {
    this.#end("severed");
    this.#options.onFailed(at, `challenge-${outcome}`, reasonOf(outcome));
  }

  #end(outcome: ChallengeOutcome): void {
    this.drop();
    if (outcome === "passed" || outcome === "approved") this.#sparedUntil = this.#history.sparedUntil("passed-now");
    this.#history.note(outcome);
  }

  #safely<Out>(call: () => Out, otherwise: Out): Out {
    return this.#history.safely(call, otherwise);
  }
}

/** The error that a viewer is told where a challenge ended its session. */
export function endingOf(rule: string): SamehandError {
  const codes: Readonly<Record<string, ErrorCode>> = {
    "quarantine-expired": "quarantine-expired",
  };
  return new SamehandError(codes[rule] ?? (rule.startsWith("challenge-") ? "challenge-failed" : "session-severed"));
}
