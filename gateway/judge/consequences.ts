/**
 * What follows from a decision about a session: it is told once to everybody who must know, and made to happen, with the
 * challenge that a hold begins. One decision gives one log line, one audit row and one act.
 */
import { SamehandError } from "../core/errors.ts";
import type { OperatorAct } from "../core/live.ts";
import type { Millis } from "../core/units.ts";
import type { Decision } from "../core/verdict.ts";
import type { Decider } from "../policy/decider.ts";
import { logDecision } from "../telemetry/log.ts";
import { endingOf, type HoldCause, SessionChallenge, type SessionChallengeOptions } from "./session-challenge.ts";
import type { SessionWatchOptions } from "./session-watch.ts";

/** What of the session must hear. */
export interface ConsequencesOptions
  extends SessionWatchOptions, Pick<SessionChallengeOptions, "linkWeight" | "typing"> {
  /** The decider that serves. */
  readonly decider: () => Decider;
  /** Hears every decision before it is told. */
  readonly onDecided: (decision: Decision) => void;
  /** The session's input goes to a challenge from now on. */
  readonly onChallenged: () => void;
  /** Input flows again. */
  readonly onReleased: (at: Millis) => void;
}

const causes: Readonly<Record<string, HoldCause>> = {
  "held-by-operator": "order",
  "presence-idle": "absence",
};

export class Consequences {
  readonly challenge: SessionChallenge;
  readonly #options: ConsequencesOptions;
  #holding = false;

  constructor(options: ConsequencesOptions) {
    const { decider } = options;
    this.#options = options;
    this.challenge = new SessionChallenge({
      ...options,
      heldFor: (at) => decider().heldFor(at) ?? 0,
      onAttempt: (at, rule, reasons) => this.tell({ ...decider().decision, at, rule, reasons }),
      onPassed: (at, llr) => this.#passed(at, llr),
      onFailed: (at, rule, reasons) => this.act(decider().challengeFailed(at, rule, reasons)),
    });
  }

  /** Whether the session is held. */
  get holding(): boolean {
    return this.#holding;
  }

  /** Tells a new decision, and makes it happen. @param decision null: nothing changed */
  act(decision: Decision | null): void {
    if (decision === null) return;
    const { tally, onDecided, onDecision } = this.#options;
    onDecided(decision);
    tally.decided(decision.mode, decision.wouldBe);
    this.tell(decision);
    onDecision(decision);
    if (decision.verdict === "quarantine") this.#quarantine(decision);
    else if (decision.verdict === "sever") this.#sever(decision);
    else if (this.#holding) this.#release(decision);
  }

  /** Makes what an operator decided happen. */
  obey(kind: OperatorAct["kind"], decision: Decision): void {
    if (this.challenge.active && kind !== "quarantine")
      this.challenge.decided(kind === "release" ? "approved" : "refused");
    this.act(decision);
  }

  /** One log line and one row of the audit. */
  tell(decision: Decision): void {
    const { log, store, session } = this.#options;
    logDecision(log, session, decision);
    store.decided(session.id, session.agent, decision);
  }

  /**
   * Whoever connects in the agent's name from now on is doubted as much, and held if this session is.
   * @param left it ends: where nobody was there, whoever comes in next may not be who had left
   */
  doubt(at: Millis, left = false): void {
    const { onDoubt, clock, decider } = this.#options;
    const held = this.#holding ? decider().heldFor(at) : null;
    const away = left && this.#holding && decider().away;
    onDoubt({ suspicion: decider().filter.suspicion, held, ...(away ? { away } : {}), at: clock.wall() });
  }

  /** The agent's own typing confirms what was held back of earlier sessions; a code alone may be somebody else's. */
  #passed(at: Millis, llr: number): void {
    const { decider, learning, record, session } = this.#options;
    if (llr > 0) learning.confirmed(record, session.id);
    this.act(decider().challengePassed(at, llr));
  }

  #quarantine(decision: Decision): void {
    const { control, onChallenged } = this.#options;
    this.#holding = true;
    this.doubt(decision.at);
    this.challenge.begin(decision.at, causes[decision.rule] ?? "doubt");
    if (this.challenge.active) onChallenged();
    control.quarantine(decision);
  }

  #release(decision: Decision): void {
    const { control, onRecognised, onReleased } = this.#options;
    this.#holding = false;
    onReleased(decision.at);
    this.challenge.drop();
    onRecognised();
    control.release(decision);
  }

  /** The cut and the lock fall in the same tick: whoever reconnects at once is refused. */
  #sever(decision: Decision): void {
    const { onSever, settings, control } = this.#options;
    // Whether the agent is locked too is for the operator to say.
    if (decision.rule === "severed-by-operator") return control.sever(new SamehandError("session-ended-by-operator"));
    if (this.challenge.active) this.challenge.decided("timed-out");
    control.sever(endingOf(decision.rule));
    onSever(settings().policy.lockMinutes, `severed by rule ${decision.rule}`);
  }
}
