/**
 * The watch over one live session: hears its input, keeps its trust, and has what was decided happen
 * (`consequences.ts`). All of it runs inside the input event.
 */
import type { Evidence } from "../../models/modality.ts";
import { SamehandError } from "../core/errors.ts";
import type { ActOutcome, OperatorAct } from "../core/live.ts";
import type { SessionControl, SessionInfo, Watch } from "../core/session.ts";
import { type ButtonMask, type Keysym, type Millis, millis } from "../core/units.ts";
import { type Decision, stricter, type Verdict } from "../core/verdict.ts";
import { Inspector } from "../inspect/inspector.ts";
import { Presence } from "../inspect/presence.ts";
import { Signals } from "../inspect/signals.ts";
import type { Decider, Surroundings } from "../policy/decider.ts";
import type { AgentRecord } from "../store/store.ts";
import { Account } from "./account.ts";
import type { ChallengeView } from "./session-challenge.ts";
import { Consequences } from "./consequences.ts";
import { Faults } from "./faults.ts";
import type { JudgeOptions } from "./judge.ts";
import type { Confirmations } from "./confirmations.ts";
import type { Doubt } from "./doubts.ts";
import type { Learning } from "./learning.ts";
import { Lessons } from "./lessons.ts";
import { LiveRecord } from "./live-record.ts";
import type { Viewed } from "./live-view.ts";
import { SessionSignals } from "./session-signals.ts";
import { SessionScores } from "./session-scores.ts";
import { type Hold, Verification } from "./verification.ts";

export interface SessionWatchOptions extends JudgeOptions {
  readonly learning: Learning;
  readonly confirmations: Confirmations;
  readonly record: AgentRecord;
  readonly session: SessionInfo;
  readonly control: SessionControl;
  /** What was doubted of the agent when the session began; null where nothing was. */
  readonly doubt: Doubt | null;
  /** The agent is doubted, which must outlast this session. */
  readonly onDoubt: (doubt: Doubt) => void;
  /** The agent was recognised in a quarantine. */
  readonly onRecognised: () => void;
  /** Hears each decision as it was told. */
  readonly onDecision: (decision: Decision) => void;
  /** The session is over. @param end `closed`, or the code of the error that ended it */
  readonly onEnd: (end: string) => void;
  /** The agent is to be locked for so many minutes. */
  readonly onSever: (minutes: number, reason: string) => void;
}

/** The agent was locked while the session stood in trust: whoever was severed elsewhere may well have driven it too. */
const isLock = (error: SamehandError | null): boolean =>
  error?.code === "agent-locked" || error?.code === "session-severed";

export class SessionWatch implements Watch, Hold {
  readonly #options: SessionWatchOptions;
  readonly #inspector: Inspector;
  readonly #signals: SessionSignals;
  readonly #verification: Verification;
  readonly #lessons: Lessons;
  readonly #account = new Account();
  /** Made at the first input; until then only the time since when somebody is known to be there. */
  #presence: Presence | null = null;
  #presentAt: Millis;
  /** Most sessions are never doubted. */
  #doubted: Consequences | null = null;
  readonly #faults: Faults;
  #decider: Decider;
  #closed = false;
  /** The profile that it is verified with was taken back. */
  #outdated = false;
  readonly #record = new LiveRecord();
  readonly #scores: SessionScores;

  constructor(options: SessionWatchOptions) {
    this.#options = options;
    this.#faults = new Faults(options);
    this.#verification = new Verification(options);
    const teaches = options.session.batched !== true;
    this.#signals = new SessionSignals(options, new Signals(options.background.keyboard.parameters.contexts));
    this.#inspector = new Inspector({
      verifier: null,
      enrolment: null,
      // What comes in batches has the batches' rhythm.
      ...(teaches ? { signals: this.#signals.detectors } : {}),
      onSignal: (at) => this.#signalled(at),
      onKeystroke: (keystroke) => void (teaches && this.#lessons.keystroke(keystroke)),
      onAction: (action) => void (teaches && this.#lessons.action(action)),
      onEvidence: (evidence, weight, at) => this.#weigh(evidence, weight, at),
    });
    this.#lessons = new Lessons(options, () => this.#renew());
    this.#scores = new SessionScores(options, this.#verification.maturity);
    this.#decider = this.#begin();
    this.#presentAt = options.clock.now();
  }

  /** Takes up what stands from before, once the session is on record: that decides something already. Never throws. */
  begin(): void {
    this.#faults.guard(() => this.#resume());
  }

  /** What a doubt brings, made at the first decision. */
  #inDoubt(): Consequences {
    return (this.#doubted ??= new Consequences({
      ...this.#options,
      decider: () => this.#decider,
      linkWeight: () => this.#inspector.linkWeight,
      typing: () => this.#verification.typing(),
      onDecided: (decision) => {
        this.#lessons.decided(decision);
        this.#record.decided(decision);
      },
      // What comes after the challenge begins anew.
      onChallenged: () => this.#inspector.stalled(),
      onReleased: (at) => {
        this.#seen(at);
        this.#signals.clear();
      },
    }));
  }

  /** Makes a decision happen. @param decision null: nothing changed */
  #act(decision: Decision | null): void {
    if (decision !== null) this.#inDoubt().act(decision);
  }

  /** As `Hold`: how long a quarantine may last, and whether a challenge was passed not long ago. */
  get limit(): Millis {
    return this.#doubted?.challenge.limit ?? millis(this.#options.settings().policy.quarantineSeconds * 1000);
  }

  get spared(): boolean {
    return this.#inDoubt().challenge.spared;
  }

  /** Takes up what was doubted before, and holds who is not known where the policy says so. */
  #resume(): void {
    const { doubt, clock, settings } = this.#options;
    if (doubt !== null) this.#act(this.#decider.resume(clock.now(), doubt.suspicion, doubt.held));
    if (doubt?.away === true && this.#holdsAbsent()) this.#act(this.#decider.absent(clock.now()));
    if (settings().policy.strangers !== "challenge" || this.#verification.maturity !== "enrolling") return;
    const reasons = [{ code: "stranger", text: "too little is known of the agent to verify the session" }];
    this.#act(this.#decider.hold(clock.now(), "stranger", reasons));
  }

  /** What the session is asked for while it is held; null where nothing is. */
  get challenge(): ChallengeView | null {
    return this.#doubted?.challenge.view ?? null;
  }

  get verdict(): Verdict {
    return this.#decider.decision.verdict;
  }

  get decision(): Decision {
    return this.#decider.decision;
  }

  key(at: Millis, keysym: Keysym, pressed: boolean): void {
    try {
      const challenge = this.#doubted?.challenge;
      if (challenge?.active === true) return challenge.key(at, keysym, pressed);
      if (this.#verification.due) this.#verify();
      this.#there().key(at, keysym, pressed);
      this.#inspector.key(at, keysym, pressed);
    } catch (error) {
      this.#faults.happened(error);
    }
  }

  pointer(at: Millis, x: number, y: number, mask: ButtonMask): void {
    try {
      // What is pointed at a covered desktop says nothing.
      if (this.#doubted?.challenge.active === true) return;
      if (this.#verification.due) this.#verify();
      this.#there().pointer(at, x, y, mask);
      this.#inspector.pointer(at, x, y, mask);
    } catch (error) {
      this.#faults.happened(error);
    }
  }

  answer(at: Millis, text: string): void {
    this.#faults.guard(() => this.#doubted?.challenge.answer(at, text));
  }

  roundTrip(_at: Millis, rtt: Millis): void {
    this.#inspector.roundTrip(rtt);
  }

  stalled(_at: Millis): void {
    this.#faults.guard(() => {
      this.#inspector.stalled();
      this.#doubted?.challenge.stalled();
    });
  }

  tick(at: Millis): void {
    if (this.#closed) return;
    this.#faults.guard(() => {
      this.#act(this.#decider.tick(at));
      if (this.#signals.due(this.decision.rule)) this.#look(at);
      this.#act(this.#attend(at));
      this.#doubted?.challenge.tick(at);
      this.#useNewest();
      const { wouldBe } = this.decision;
      const due = this.#lessons.due(at, wouldBe === "allow", this.#verification.maturity === "mature");
      if (due && !stricter(wouldBe, "alert")) this.#lessons.teach(at);
    });
  }

  close(at: Millis, error: SamehandError | null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#faults.guard(() => {
      if (error === null || error.code === "client-timeout") this.#doubted?.challenge.abandon(at);
      this.#inspector.flush();
      if (isLock(error) || stricter(this.decision.wouldBe, "alert")) this.#lessons.giveUp();
      else this.#lessons.teach(null);
    });
    // What was typed is to be found nowhere afterwards, in no core dump either.
    this.#inspector.verifyWith(null);
    this.#signals.clear();
    this.#lessons.drop();
    this.#doubted?.challenge.drop();
    if (this.decision.wouldBe !== "allow") this.#inDoubt().doubt(at, true);
    this.#scores.write();
    const { store, session, onEnd } = this.#options;
    const end = error?.code ?? "closed";
    store.sessionEnded(session.id, {
      end,
      lowestTrust: Math.min(this.#account.lowestTrust, this.decision.trust),
      lastTrust: this.decision.trust,
      activeMs: Math.round(this.#account.activeMs),
      ...this.#account.llr,
      keystrokes: this.#inspector.keystrokes,
      actions: this.#inspector.actions,
    });
    onEnd(end);
  }

  /** What operators see of the session. */
  get viewed(): Omit<Viewed, "worker"> {
    return {
      session: this.#options.session,
      maturity: this.#verification.maturity,
      comparedWith: this.#options.learning.farm.othersOf(this.#options.record.name),
      decider: this.#decider,
      inspector: this.#inspector,
      record: this.#record,
      llr: this.#account.llr,
      signals: this.#signals.names(this.#account.signals),
    };
  }

  /** Does what an operator says, with the same log line, audit row and record as a decision of the policy. */
  operate({ kind, operator, reason }: OperatorAct): ActOutcome {
    if (this.#closed) return "gone";
    const verdict = kind === "release" ? "allow" : kind;
    const why = { code: "operator", text: `${operator}: ${reason}` };
    const decision = this.#decider.order(this.#options.clock.now(), verdict, why);
    if (decision === null) return "already";
    // Whoever let it go has seen them, held or not.
    if (kind === "release") this.#signals.clear();
    this.#inDoubt().obey(kind, decision);
    return "done";
  }

  #there(): Presence {
    return (this.#presence ??= new Presence(this.#presentAt));
  }

  #seen(at: Millis): void {
    this.#presentAt = at;
    this.#presence?.seen(at);
  }

  #idleFor(at: Millis, limit: number): number {
    return this.#presence?.idleFor(at, limit) ?? at - this.#presentAt;
  }

  /** Whether anybody is there. */
  #attend(at: Millis): Decision | null {
    const { presence } = this.#options.settings().policy;
    if (presence === null) return null;
    const limit = presence.idleMinutes * 60_000;
    if (this.#idleFor(at, limit) < limit) return this.#decider.returned(at);
    const held = this.#inDoubt().holding;
    if (held || this.#options.settings().mode === "report" || this.#holdsAbsent()) return this.#decider.absent(at);
    // Whoever comes back could prove nothing here, and would wait for an operator: signing in again is the proof.
    this.end(new SamehandError("session-idle"));
    return null;
  }

  /** Whether who was away has something to prove, and can. */
  #holdsAbsent(): boolean {
    const { mode, policy } = this.#options.settings();
    return mode === "enforce" && policy.presence !== null && this.#inDoubt().challenge.provable;
  }

  /**
   * Another farm's background serves: verifies with it from now on, and an agent who became known in another session.
   * Never throws: nothing is changed where it cannot be read.
   */
  farmChanged(): void {
    if (this.#closed) return;
    this.#faults.renew(() => {
      this.#decider.thresholds = this.#verification.useFarm();
      this.#renew();
    });
  }

  /**
   * An operator took the agent's profile back: this session teaches nothing of what it showed by now, and is verified anew
   * with the one that counts, once it is not held and that one can be read.
   */
  takenBack(): void {
    if (this.#closed) return;
    this.#lessons.drop();
    this.#outdated = true;
    this.#useNewest();
  }

  /** Never throws: losing the store drops no session, and what cannot be read is tried again. */
  #useNewest(): void {
    if (!this.#outdated || stricter(this.decision.wouldBe, "alert")) return;
    this.#faults.renew(() => {
      this.#verification.takenBack();
      this.#outdated = false;
      this.#decider = this.#begin();
    });
  }

  /** Ends the session from outside: a lock, or a sever in another session of the agent. */
  end(error: SamehandError): void {
    this.#options.control.sever(error);
  }

  /** Starts verifying against what is known now, with fresh trust. */
  #begin(): Decider {
    this.#inspector.verifyWith(null);
    this.#lessons.verified = false;
    return this.#verification.begin(() => this.#surroundings(), this);
  }

  #verify(): void {
    this.#lessons.verified = true;
    this.#inspector.verifyWith(this.#verification.verify(() => (this.#lessons.verified = false)));
  }

  #surroundings(): Surroundings {
    return {
      jitterMs: this.#inspector.jitter,
      signals: this.#signals.names(this.#account.signals),
      signs: this.#signals.reasons,
      hour: new Date(this.#options.clock.wall()).getHours(),
    };
  }

  /** A signal began or ended: what it says of the session is decided now, and what showed it teaches nothing. */
  #signalled(at: Millis): void {
    if (this.#signals.changed()) this.#lessons.giveUp();
    this.#look(at);
  }

  #look(at: Millis): void {
    // Who is asked for a proof gives none of it by the way: the answer decides, or its time.
    if (this.#doubted?.challenge.active === true) return;
    this.#act(this.#decider.look(at, this.#inspector.keystrokes, this.#inspector.actions));
  }

  #weigh(evidence: Evidence, weight: number, at: Millis): void {
    const { tally } = this.#options;
    const { modality, llr } = evidence;
    const { keystrokes, actions } = this.#inspector;
    tally.evidenceWindows++;
    if (weight === 0) tally.abstentions++;
    this.#account.weigh(at, modality, llr, weight);
    const weighed = { at, modality, llr, weight, keystrokes, actions };
    const decision = this.#decider.evidence(weighed);
    const { trust } = this.#decider.filter;
    this.#record.observe(at, modality, llr, weight, trust);
    this.#scores.add(weighed, this.#inspector.jitter, this.#signals.all(this.#account.signals));
    this.#act(decision);
    this.#account.trusted(trust);
    this.#lessons.weighed(at, modality, llr * weight, this.#decider.filter);
  }

  /** Begins verifying anew where enough is known for it by now. A hold that stands is not begun anew, or it would be lost. */
  #renew(): void {
    if (this.#closed || stricter(this.decision.wouldBe, "alert")) return;
    if (this.#verification.renew()) this.#decider = this.#begin();
  }
}
