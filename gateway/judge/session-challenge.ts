/**
 * The challenges of one session: begins one when it is held, notes how it went, and knows how soon another may come.
 * The session's watch asks it where keys go; an operator's word comes in here too.
 */
import { SamehandError, asSamehandError, type ErrorCode } from "../core/errors.ts";
import type { SessionControl, SessionInfo } from "../core/session.ts";
import { type EpochMillis, epochMillis, type Keysym, type Millis, millis } from "../core/units.ts";
import type { Reason } from "../core/verdict.ts";
import {
  backoffUntil,
  type ChallengePolicy,
  type ChallengeStep,
  passesCount,
  phraseLimits,
  planChallenge,
} from "../policy/challenge.ts";
import type { ChallengeOutcome, ChallengeRecord } from "../store/challenges.ts";
import type { AgentRecord } from "../store/store.ts";
import { acceptCode } from "./challenge-code.ts";
import { languageFor } from "./challenge-language.ts";
import { Challenge, type Typing } from "./challenge.ts";
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
  readonly linkWeight: () => number;
  /** The agent's typing; null where it is not known. @throws SamehandError */
  readonly typing: () => Typing | null;
  /** How long the hold that stands has lasted, ms. */
  readonly heldFor: (at: Millis) => number;
  readonly onAttempt: (at: Millis, rule: string, reasons: readonly Reason[]) => void;
  readonly onPassed: (at: Millis, llr: number) => void;
  readonly onFailed: (at: Millis, rule: string, reasons: readonly Reason[]) => void;
}

const texts: Partial<Record<ChallengeOutcome, string>> = {
  "wrong-code": "the one-time code was wrong, or used before",
  "failed-phrase": "the phrase was typed by another hand",
  undecided: "the phrase's typing did not say whose hand it was",
  abandoned: "the viewer left during the challenge",
};
const reasonOf = (outcome: ChallengeOutcome): Reason[] => [
  { code: `challenge-${outcome}`, text: texts[outcome] ?? outcome },
];
/** What ends a doubt: attempts that were lost before it do not count against the next one. */
const final: ReadonlySet<ChallengeOutcome> = new Set(["passed", "approved", "refused", "severed", "timed-out"]);

export class SessionChallenge implements Hold {
  readonly #options: SessionChallengeOptions;
  #challenge: Challenge | null = null;
  #sparedUntil: EpochMillis;

  constructor(options: SessionChallengeOptions) {
    this.#options = options;
    this.#sparedUntil = this.#backoff(this.#history());
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
    return this.#options.clock.wall() < this.#sparedUntil;
  }

  get limit(): Millis {
    return millis(this.#challenge?.limit ?? this.#options.settings().policy.quarantineSeconds * 1000);
  }

  /**
   * The session is held. Does nothing where the policy has no challenge, or one is under way.
   * @param cause `order`: an operator's, who alone can end it, so that nothing is asked of the person; `absence`:
   * nobody was there; no time runs in either
   */
  begin(at: Millis, cause: "doubt" | "order" | "absence"): void {
    const { settings, record, store, clock, control, session, onAttempt, onPassed, linkWeight, heldFor } =
      this.#options;
    const { policy, language = "auto", notice = "" } = settings();
    const { challenge, budget, quarantineSeconds } = policy;
    const ordered = cause === "order";
    if (challenge === null || (this.#challenge !== null && !ordered)) return;
    const history = this.#history();
    const typing = challenge.phrase ? this.#safely(this.#options.typing, null) : null;
    const hold = quarantineSeconds * 1000;
    this.#challenge = new Challenge({
      at,
      steps: ordered
        ? ["operator"]
        : planChallenge(challenge, {
            hasCode: this.#safely(() => store.challenges.codeSecret(record.id) !== null, false),
            canType: typing !== null,
            passed: passesOf(history).length,
            late: heldFor(at) >= hold,
          }),
      attempts: challenge.attempts,
      lost: lostOf(history),
      limits: phraseLimits(challenge, budget),
      language: languageFor(language, session.languages ?? ""),
      away: cause === "absence",
      notice,
      typing,
      limit: (step) => {
        if (cause !== "doubt") return Number.POSITIVE_INFINITY;
        return step === "operator" ? hold + challenge.operatorSeconds * 1000 : hold;
      },
      heldFor,
      linkWeight,
      acceptCode: (code) => this.#safely(() => acceptCode(store, record.id, code, clock.wall()), false),
      newPhrase: (phrase) => this.#safely(() => store.challenges.spendPhrase(record.id, phrase), true),
      show: (prompt) => control.show(prompt),
      onAttempt: (at, outcome) => {
        this.#note(outcome);
        onAttempt(at, `challenge-${outcome}`, reasonOf(outcome));
      },
      onPassed: (at, llr) => {
        this.#end("passed", challenge);
        onPassed(at, llr);
      },
      onFailed: (at, outcome) => this.#failed(at, outcome),
    });
  }

  key(at: Millis, keysym: Keysym, pressed: boolean): void {
    this.#challenge?.key(at, keysym, pressed);
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
    this.#end(outcome, this.#options.settings().policy.challenge);
  }

  /** The session is not held any more, for a reason that is no answer. */
  drop(): void {
    this.#challenge = null;
  }

  /** The viewer left while it was asked. */
  abandon(at: Millis): void {
    if (this.#challenge === null) return;
    this.#note("abandoned");
    this.#options.onAttempt(at, "challenge-abandoned", reasonOf("abandoned"));
    this.#challenge = null;
  }

  #failed(at: Millis, outcome: ChallengeOutcome): void {
    this.#end("severed", null);
    this.#options.onFailed(at, `challenge-${outcome}`, reasonOf(outcome));
  }

  #end(outcome: ChallengeOutcome, policy: ChallengePolicy | null): void {
    this.#challenge = null;
    this.#note(outcome);
    if (policy === null || (outcome !== "passed" && outcome !== "approved")) return;
    const { clock } = this.#options;
    this.#sparedUntil = this.#backoff([...this.#history(), { at: clock.wall(), outcome }]);
  }

  #note(outcome: ChallengeOutcome): void {
    const { tally, store, record } = this.#options;
    tally.challenged(outcome);
    store.challenges.note(record.id, outcome);
  }

  #history(): ChallengeRecord[] {
    const { store, record, clock } = this.#options;
    const since = epochMillis(clock.wall() - passesCount);
    return this.#safely(() => store.challenges.since(record.id, since), []);
  }

  #backoff(history: readonly ChallengeRecord[]): EpochMillis {
    const policy = this.#options.settings().policy.challenge;
    return epochMillis(policy === null ? 0 : backoffUntil(policy, passesOf(history)));
  }

  /** A store that fails must not end a session: what cannot be known is taken to be the stricter. */
  #safely<Out>(call: () => Out, otherwise: Out): Out {
    try {
      return call();
    } catch (error) {
      const { code, detail } = asSamehandError(error, "store-unavailable");
      const { log, session } = this.#options;
      log.warn({ session: session.id, code, detail }, "a challenge could not ask the store");
      return otherwise;
    }
  }
}

const passesOf = (history: readonly ChallengeRecord[]): number[] =>
  history.filter(({ outcome }) => outcome === "passed" || outcome === "approved").map(({ at }) => at);

/** Attempts that were lost since the last doubt ended. */
function lostOf(history: readonly ChallengeRecord[]): { code: number; phrase: number } {
  const since = history.slice(history.findLastIndex(({ outcome }) => final.has(outcome)) + 1);
  const count = (wanted: ChallengeOutcome): number => since.filter(({ outcome }) => outcome === wanted).length;
  return { code: count("wrong-code"), phrase: count("failed-phrase") };
}

/** The error that a viewer is told where a challenge ended its session. */
export function endingOf(rule: string): SamehandError {
  const codes: Readonly<Record<string, ErrorCode>> = {
    "quarantine-expired": "quarantine-expired",
  };
  return new SamehandError(codes[rule] ?? (rule.startsWith("challenge-") ? "challenge-failed" : "session-severed"));
}
