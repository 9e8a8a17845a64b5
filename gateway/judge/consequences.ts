/**
 * What follows from a decision about a session: it is told once to everybody who must know, and made to happen. One
 * decision gives one log line, one audit row and one act.
 */
import { SamehandError } from "../core/errors.ts";
import type { Millis } from "../core/units.ts";
import type { Decision } from "../core/verdict.ts";
import type { Decider } from "../policy/decider.ts";
import { logDecision } from "../telemetry/log.ts";
import { endingOf, type HoldCause, type SessionChallenge } from "./session-challenge.ts";
import type { SessionWatchOptions } from "./session-watch.ts";

/** What of the session must hear. */
export interface ConsequencesOptions extends SessionWatchOptions {
  readonly challenge: SessionChallenge;
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
  readonly #options: ConsequencesOptions;
  #holding = false;

  constructor(options: ConsequencesOptions) {
    this.#options = options;
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

  #quarantine(decision: Decision): void {
    const { challenge, control, onChallenged } = this.#options;
    this.#holding = true;
    this.doubt(decision.at);
    challenge.begin(decision.at, causes[decision.rule] ?? "doubt");
    if (challenge.active) onChallenged();
    control.quarantine(decision);
  }

  #release(decision: Decision): void {
    const { challenge, control, onRecognised, onReleased } = this.#options;
    this.#holding = false;
    onReleased(decision.at);
    challenge.drop();
    onRecognised();
    control.release(decision);
  }

  /** The cut and the lock fall in the same tick: whoever reconnects at once is refused. */
  #sever(decision: Decision): void {
    const { onSever, settings, control, challenge } = this.#options;
    // Whether the agent is locked too is for the operator to say.
    if (decision.rule === "severed-by-operator") return control.sever(new SamehandError("session-ended-by-operator"));
    if (challenge.active) challenge.decided("timed-out");
    control.sever(endingOf(decision.rule));
    onSever(settings().policy.lockMinutes, `severed by rule ${decision.rule}`);
  }
}
