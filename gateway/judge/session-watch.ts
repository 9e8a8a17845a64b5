/**
 * The watch over one live session: hears its input, keeps its trust, and makes what was decided happen.
 * One decision gives one log line, one audit row and one act. All of it runs inside the input event.
 */
import type { Evidence } from "../../models/modality.ts";
import type { Verifier } from "../../models/verifier.ts";
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { SessionControl, SessionInfo, Watch } from "../core/session.ts";
import type { ButtonMask, Keysym, Millis } from "../core/units.ts";
import { type Decision, type Reason, stricter, type Verdict } from "../core/verdict.ts";
import { Enrolment, Inspector } from "../inspect/inspector.ts";
import { agentTerms } from "../policy/agent-terms.ts";
import { Decider, type Surroundings } from "../policy/decider.ts";
import type { AgentRecord } from "../store/store.ts";
import { logDecision } from "../telemetry/log.ts";
import type { JudgeOptions } from "./judge.ts";
import type { Doubt } from "./doubts.ts";
import type { Known, Learning } from "./learning.ts";
import { Peaks } from "./peaks.ts";

export interface SessionWatchOptions extends JudgeOptions {
  readonly learning: Learning;
  readonly record: AgentRecord;
  readonly session: SessionInfo;
  readonly control: SessionControl;
  /** What was doubted of the agent when the session began; null where nothing was. */
  readonly doubt: Doubt | null;
  /** The agent is doubted, which must outlast this session. */
  readonly onDoubt: (doubt: Doubt) => void;
  /** The agent was recognised in a quarantine. */
  readonly onRecognised: () => void;
  /** The session is over. */
  readonly onEnd: () => void;
  /** The agent is to be locked for so many minutes. */
  readonly onSever: (minutes: number, reason: string) => void;
}

/** Observations after which what a session taught is written, and a new verifier is built from it. */
const chunk = 400;
/** Weight of the newest window in the mean of how far windows were believed. */
const beliefRate = 1 / 16;
/** Below this mean the link hides the hand: by misfortune, or because somebody delays its answers on purpose. */
const leastBelief = 0.3;

export class SessionWatch implements Watch {
  readonly #options: SessionWatchOptions;
  readonly #inspector: Inspector;
  #known: Known | null;
  #verifier: Verifier | null = null;
  /**
   * A verifier is due. It is built at the first input, not when the session opens: it is most of what a session
   * takes in memory and most of what opening one would cost (npm run bench: memory, set-up).
   */
  #verifierDue = false;
  #decider: Decider;
  #enrolment: Enrolment;
  #holding = false;
  #lowest = 100;
  /** Whether everything since the last lesson was trusted: otherwise it teaches nothing. */
  #trusted = true;
  #taught = 0;
  #closed = false;
  /** Windowed evidence that counted, by modality, for rules and reasons. */
  readonly #llr = { keyboard: 0, pointer: 0 };
  /** The same since the last lesson: each modality must speak for the agent before it teaches. */
  #lately = { keyboard: 0, pointer: 0 };
  readonly #peaks = new Peaks();
  /** Running mean of the windows' weights, 0 to 1. */
  #belief = 1;
  #failed = false;

  constructor(options: SessionWatchOptions) {
    this.#options = options;
    this.#enrolment = new Enrolment(options.background);
    this.#known = this.#ask();
    this.#inspector = new Inspector({
      verifier: null,
      enrolment: this.#enrolment,
      onEvidence: (evidence, weight, at) => this.#weigh(evidence, weight, at),
    });
    this.#decider = this.#begin();
    const { doubt, clock } = options;
    if (doubt !== null) this.#act(this.#decider.resume(clock.now(), doubt.suspicion, doubt.held));
  }

  get verdict(): Verdict {
    return this.#decider.decision.verdict;
  }

  get decision(): Decision {
    return this.#decider.decision;
  }

  key(at: Millis, keysym: Keysym, pressed: boolean): void {
    try {
      if (this.#verifierDue) this.#verify();
      this.#inspector.key(at, keysym, pressed);
    } catch (error) {
      this.#fail(error);
    }
  }

  pointer(at: Millis, x: number, y: number, mask: ButtonMask): void {
    try {
      if (this.#verifierDue) this.#verify();
      this.#inspector.pointer(at, x, y, mask);
    } catch (error) {
      this.#fail(error);
    }
  }

  roundTrip(_at: Millis, rtt: Millis): void {
    this.#inspector.roundTrip(rtt);
  }

  stalled(_at: Millis): void {
    this.#guarded(() => this.#inspector.stalled());
  }

  tick(at: Millis): void {
    if (this.#closed) return;
    this.#guarded(() => {
      this.#act(this.#decider.tick(at));
      if (this.#inspector.keystrokes + this.#inspector.actions - this.#taught >= chunk) this.#teach();
    });
  }

  close(at: Millis, error: SamehandError | null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#guarded(() => {
      this.#inspector.flush();
      this.#teach();
    });
    if (this.decision.wouldBe !== "allow") this.#doubt(at);
    const { store, session, onEnd } = this.#options;
    store.sessionEnded(session.id, {
      end: error?.code ?? "closed",
      lowestTrust: this.#lowest,
      lastTrust: this.decision.trust,
      keyboard: this.#llr.keyboard,
      pointer: this.#llr.pointer,
      keystrokes: this.#inspector.keystrokes,
      actions: this.#inspector.actions,
    });
    onEnd();
  }

  /** Ends the session from outside: a lock, or a sever in another session of the agent. */
  end(error: SamehandError): void {
    this.#options.control.sever(error);
  }

  /** What is known of the agent now; a profile that cannot be read must not pass for a stranger's. */
  #ask(): Known | null {
    const { learning, record, settings } = this.#options;
    return learning.known(record.name, record.id, settings().enrolment);
  }

  /** Starts verifying against what is known now, with fresh trust. */
  #begin(): Decider {
    const { settings, background, record } = this.#options;
    const { maturity = "enrolling", keystrokes = 0, actions = 0, peaks = [] } = this.#known ?? {};
    this.#verifierDue = maturity !== "enrolling";
    this.#verifier = null;
    this.#inspector.verifyWith(null);
    return new Decider({
      ...agentTerms(settings().policy, background.facts.peaks, peaks),
      get mode() {
        return settings().mode;
      },
      rules: { decide: (facts) => settings().policy.decide(facts) },
      agent: { name: record.name, maturity, keystrokes, actions },
      explain: (most) => this.#explain(most),
      surroundings: () => this.#surroundings(),
    });
  }

  #verify(): void {
    const { learning, record, settings } = this.#options;
    this.#verifier = learning.verifier(record.name, record.id, settings().enrolment);
    this.#inspector.verifyWith(this.#verifier);
    this.#verifierDue = false;
  }

  #explain(most: number): Reason[] {
    const told = this.#verifier?.explain(most) ?? [];
    return told.map(({ modality, text }) => ({ code: `${modality}-mismatch`, text }));
  }

  #surroundings(): Surroundings {
    return {
      jitterMs: this.#inspector.jitter,
      signals: this.#belief < leastBelief ? ["unverifiable-link"] : [],
      hour: new Date(this.#options.clock.wall()).getHours(),
    };
  }

  #weigh(evidence: Evidence, weight: number, at: Millis): void {
    const { tally } = this.#options;
    const { modality, llr } = evidence;
    const { keystrokes, actions } = this.#inspector;
    tally.evidenceWindows++;
    if (weight === 0) tally.abstentions++;
    this.#belief += (weight - this.#belief) * beliefRate;
    this.#llr[modality] += llr * weight;
    this.#lately[modality] += llr * weight;
    this.#act(this.#decider.evidence({ at, modality, llr, weight, keystrokes, actions }));
    this.#peaks.observe(at, this.#decider.filter.suspicion);
    this.#lowest = Math.min(this.#lowest, this.#decider.filter.trust);
  }

  /** Tells a new decision once to everybody who must know, and makes it happen. */
  #act(decision: Decision | null): void {
    if (decision === null) return;
    const { log, store, tally, session } = this.#options;
    if (decision.wouldBe !== "allow") this.#trusted = false;
    if (stricter(decision.wouldBe, "alert")) this.#peaks.forget();
    tally.decided(decision.mode, decision.wouldBe);
    logDecision(log, session, decision);
    store.decided(session.id, session.agent, decision);
    if (decision.verdict === "quarantine") this.#quarantine(decision);
    else if (decision.verdict === "sever") this.#sever(decision);
    else if (this.#holding) this.#release(decision);
  }

  #quarantine(decision: Decision): void {
    this.#holding = true;
    this.#doubt(decision.at);
    this.#options.control.quarantine(decision);
  }

  #release(decision: Decision): void {
    this.#holding = false;
    this.#options.onRecognised();
    this.#options.control.release(decision);
  }

  /** The cut and the lock fall in the same tick: whoever reconnects at once is refused. */
  #sever(decision: Decision): void {
    const { onSever, settings } = this.#options;
    const code = decision.rule === "quarantine-expired" ? "quarantine-expired" : "session-severed";
    this.end(new SamehandError(code));
    onSever(settings().policy.lockMinutes, `severed by rule ${decision.rule}`);
  }

  /** Whoever connects in the agent's name from now on is doubted as much, and held if this session is. */
  #doubt(at: Millis): void {
    const { onDoubt, clock } = this.#options;
    const held = this.#holding ? this.#decider.heldFor(at) : null;
    onDoubt({ suspicion: this.#decider.filter.suspicion, held, at: clock.wall() });
  }

  /** Writes what was learned, unless some of it was doubted, and verifies against the profile that came of it. */
  #teach(): void {
    const { learning, record, settings, background } = this.#options;
    const { enrolment } = settings();
    this.#taught = this.#inspector.keystrokes + this.#inspector.actions;
    const lesson = this.#enrolment;
    this.#enrolment = new Enrolment(background);
    this.#inspector.learnInto(this.#enrolment);
    const trusted = this.#trusted && this.#speaksForAgent();
    this.#trusted = this.decision.wouldBe === "allow";
    this.#lately = { keyboard: 0, pointer: 0 };
    if (!trusted || lesson.keyboard.count + lesson.pointer.count === 0) return;
    const before = this.#known?.maturity ?? "enrolling";
    try {
      learning.teach(record, lesson, this.#peaks.take(), enrolment);
      if (this.#closed || this.#known?.maturity === "mature") return;
      this.#known = this.#ask();
    } catch (error) {
      // The session goes on with what it knows: only what cannot be verified ends, not what cannot be learned.
      const { code, detail } = asSamehandError(error, "store-unavailable");
      this.#options.log.warn({ session: this.#options.session.id, code, detail }, "nothing could be learned");
      return;
    }
    if (this.#known !== null && this.#known.maturity !== before) this.#decider = this.#begin();
  }

  /** Who is known by now must be recognised to teach: neither modality may speak against the agent. */
  #speaksForAgent(): boolean {
    if (this.#verifier === null) return true;
    const { keyboard, pointer } = this.#lately;
    return keyboard >= 0 && pointer >= 0 && keyboard + pointer > 0;
  }

  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Inspection itself failed. In enforce mode a session that cannot be verified must not go on: whoever could
   * provoke the fault would drive unseen. In report mode nothing is touched.
   */
  #fail(error: unknown): void {
    const { log, session, settings, tally } = this.#options;
    const fault = asSamehandError(error, "verification-failed");
    tally.refused(fault.code);
    const stack = error instanceof Error ? error.stack : "";
    // Once a session: in report mode every event may fail.
    if (!this.#failed) log.error({ session: session.id, code: fault.code, stack }, fault.message);
    this.#failed = true;
    if (settings().mode === "enforce") this.end(fault);
  }
}
