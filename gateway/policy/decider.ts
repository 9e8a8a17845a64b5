/**
 * Evidence to verdict: keeps one session's trust, asks the rules, and walks the states
 * allow, alert, quarantine, sever. Pure: no clock, no socket, the same calls give the same decisions.
 */
import type { Modality } from "../core/input.ts";
import { type Millis, millis } from "../core/units.ts";
import { type Decision, type Mode, type Reason, stricter, type Verdict } from "../core/verdict.ts";
import { LoneEvidence } from "./lone-evidence.ts";
import type { Facts, Policy } from "./rules.ts";
import { type Thresholds, trustAt } from "./thresholds.ts";
import { TrustFilter, defaultTrustOptions } from "./trust.ts";

/** What a decider asks about each evidence; a policy is one. */
export type Rules = Pick<Policy, "decide">;

/** What the decider cannot know by itself, asked at each ruling. */
export interface Surroundings {
  readonly jitterMs: number;
  readonly signals: readonly string[];
  /** What shows those signals, in words. */
  readonly signs?: readonly Reason[];
  /** Hour of the day, 0 to 23. */
  readonly hour: number;
}

export interface DeciderOptions {
  readonly mode: Mode;
  readonly rules: Rules;
  readonly thresholds: Thresholds;
  readonly agent: Facts["agent"];
  /** How long a quarantine waits for the agent to be recognised before the session is severed. */
  readonly holdFor: Millis;
  /** Names in words what weighed most against the agent, strongest first. */
  readonly explain?: (most: number) => readonly Reason[];
  readonly surroundings?: () => Surroundings;
  /** A challenge was passed not long ago: a weak doubt only alerts. */
  readonly spared?: () => boolean;
}

/** One window's evidence, as policy sees it. */
export interface Weighed {
  readonly at: Millis;
  readonly modality: Modality;
  readonly llr: number;
  /** 0 (abstain) to 1. */
  readonly weight: number;
  readonly keystrokes: number;
  readonly actions: number;
}

const reasonsGiven = 3;
/** How far and how finely an outlook looks, nats. */
const [outlookEnd, outlookStep] = [30, 0.2];

export class Decider {
  readonly filter: TrustFilter;
  readonly #lone = new LoneEvidence();
  readonly #options: DeciderOptions;
  #thresholds: Thresholds;
  #decision: Decision;
  /** The verdict as enforce mode would have it. */
  #standing: Verdict = "allow";
  #heldSince: number | null = null;
  #startedAt: number | null = null;
  #link = 1;
  #quarantines = 0;
  /** An operator holds the session: only an operator ends that, and report mode does not soften it. */
  #ordered = false;
  /** What is held is held because nobody is there: no time-out, and no recognition by typing. */
  #absent = false;
  /** LLR of each modality since trust last started anew. */
  #said = { keyboard: 0, pointer: 0 };

  constructor(options: DeciderOptions) {
    this.#options = options;
    this.#thresholds = options.thresholds;
    this.filter = new TrustFilter(defaultTrustOptions);
    this.#decision = this.#make(millis(0), "start", [], 0, 0);
  }

  /** The decision that stands. */
  get decision(): Decision {
    return this.#decision;
  }

  /** Whether it is held because nobody is there. */
  get away(): boolean {
    return this.#absent;
  }

  /** New limits, as the background or the agent's own scores changed. Nothing is decided until the next evidence. */
  set thresholds(thresholds: Thresholds) {
    this.#thresholds = thresholds;
  }

  /** The limits in units of trust, for people. */
  get limits(): { alert: number; quarantine: number; sever: number } {
    const { alert, quarantine, sever } = this.#thresholds;
    return { alert: trustAt(alert), quarantine: trustAt(quarantine), sever: trustAt(sever) };
  }

  /** The suspicion at which a session is held, nats. */
  get suspicionLimit(): number {
    return this.#thresholds.quarantine;
  }

  /** When the quarantine that stands ends in a sever; null where none does, or an operator holds. */
  get holdEnds(): Millis | null {
    return this.#heldSince === null || this.#ordered ? null : millis(this.#heldSince + this.#options.holdFor);
  }

  /** Takes in evidence; returns a decision when what stands changed, else null. */
  evidence(weighed: Weighed): Decision | null {
    const { at, modality, llr, weight } = weighed;
    this.#startedAt ??= at;
    this.#link = weight;
    this.#said[modality] += llr * weight;
    this.filter.observe(at, modality, llr, weight);
    const { temper } = defaultTrustOptions;
    this.#lone.observe(at, modality, llr * weight * temper[modality]);
    return this.#rule(at, weighed.keystrokes, weighed.actions);
  }

  /** Asks the rules again, where something else than evidence has changed, such as a signal. */
  look(at: Millis, keystrokes: number, actions: number): Decision | null {
    this.#startedAt ??= at;
    return this.#rule(at, keystrokes, actions);
  }

  /**
   * Takes up what was doubted in an earlier session of the agent.
   * @param held how long that session's quarantine had stood, ms: it goes on; null where there was none
   */
  resume(at: Millis, suspicion: number, held: number | null): Decision | null {
    this.filter.suspect(suspicion);
    if (held === null) return null;
    this.#heldSince = at - held;
    this.#quarantines++;
    return this.#stand("quarantine", "left-while-held", at, 0, 0);
  }

  /** How long the quarantine that stands has held the session, ms; null where none does. */
  heldFor(at: Millis): number | null {
    return this.#heldSince === null ? null : at - this.#heldSince;
  }

  /**
   * Nobody has been there for too long: the session is held until who returns has proved who it is. That says nothing
   * of the hand, and no time-out severs it.
   */
  absent(at: Millis): Decision | null {
    if (stricter(this.#standing, "alert")) return null;
    this.#absent = true;
    const { keystrokes, actions } = this.#decision;
    return this.#stand("quarantine", "presence-idle", at, keystrokes, actions);
  }

  /** Somebody is there again: where nothing was held, there is nothing to prove. */
  returned(at: Millis): Decision | null {
    if (!this.#absent || this.#decision.mode === "enforce") return null;
    const { keystrokes, actions } = this.#decision;
    return this.#stand("allow", "presence-returned", at, keystrokes, actions);
  }

  /** Lets time pass: a quarantine that nobody answered ends in a sever, and a change of mode takes effect. */
  tick(at: Millis): Decision | null {
    if (this.#ordered) return null;
    if (this.#decision.mode !== this.#options.mode && stricter(this.#standing, "alert")) return this.#changeMode(at);
    if (this.#standing !== "quarantine" || this.#heldSince === null || at - this.#heldSince < this.#options.holdFor)
      return null;
    const { keystrokes, actions } = this.#decision;
    return this.#stand("sever", "quarantine-expired", at, keystrokes, actions);
  }

  /**
   * The agent proved to be there: trust starts anew, from what the challenge showed. Teaches nothing.
   * @param showed what the phrase's typing said for the agent, nats; 0 where none was typed
   */
  challengePassed(at: Millis, showed = 0, rule = "challenge-passed", reasons: readonly Reason[] = []): Decision | null {
    if (this.#standing === "sever") return null;
    this.filter.confirm();
    if (showed > 0) this.filter.observe(at, "keyboard", showed);
    this.#lone.restart();
    this.#said = { keyboard: 0, pointer: 0 };
    const { keystrokes, actions } = this.#decision;
    return this.#stand("allow", rule, at, keystrokes, actions, reasons);
  }

  /** The quarantine that stands ends in a sever: the challenge was failed. */
  challengeFailed(at: Millis, rule: string, reasons: readonly Reason[]): Decision | null {
    if (this.#standing !== "quarantine") return null;
    const { keystrokes, actions } = this.#decision;
    return this.#stand("sever", rule, at, keystrokes, actions, reasons);
  }

  /** Holds the session for a reason that is no evidence, such as an agent of whom nothing is known yet. */
  hold(at: Millis, rule: string, reasons: readonly Reason[]): Decision | null {
    if (stricter(this.#standing, "alert")) return null;
    const { keystrokes, actions } = this.#decision;
    return this.#stand("quarantine", rule, at, keystrokes, actions, reasons);
  }

  /**
   * An operator's word: it is done in either mode, and evidence does not undo it. After `allow` trust starts anew.
   * @returns null where it stands so already
   */
  order(at: Millis, verdict: "allow" | "quarantine" | "sever", reason: Reason): Decision | null {
    if (this.#standing === "sever" || (this.#decision.verdict === verdict && this.#ordered === (verdict !== "allow")))
      return null;
    this.#ordered = verdict !== "allow";
    this.#absent = false;
    if (verdict === "allow") {
      this.filter.confirm();
      this.#lone.restart();
      this.#said = { keyboard: 0, pointer: 0 };
    }
    const { keystrokes, actions } = this.#decision;
    const rule = { allow: "released", quarantine: "held", sever: "severed" }[verdict];
    return this.#stand(verdict, `${rule}-by-operator`, at, keystrokes, actions, [reason]);
  }

  /** What only would have been is done once the mode says so, beginning with a quarantine; and undone likewise. */
  #changeMode(at: Millis): Decision {
    this.#heldSince = null;
    const { keystrokes, actions } = this.#decision;
    return this.#stand("quarantine", this.#absent ? "presence-idle" : "mode-changed", at, keystrokes, actions);
  }

  #rule(at: Millis, keystrokes: number, actions: number): Decision | null {
    if (this.#standing === "sever" || this.#ordered) return null;
    const held = this.#standing === "quarantine";
    const ruling = this.#options.rules.decide(this.#facts(at, keystrokes, actions));
    if (this.#absent) {
      if (!stricter(ruling.verdict, "alert")) return null;
      // Who came back is not the agent: what is held is held for that from now on.
      this.#absent = false;
      return this.#stand("quarantine", ruling.rule, at, keystrokes, actions, this.#why(ruling.rule));
    }
    if (held && !stricter(ruling.verdict, "quarantine")) {
      const recognised = this.filter.suspicion <= this.#thresholds.release && ruling.verdict !== "quarantine";
      return recognised ? this.#stand("allow", "recognised-while-held", at, keystrokes, actions) : null;
    }
    // Nobody is severed at one blow: a quarantine comes first, and the next evidence may sever.
    const verdict = ruling.verdict === "sever" && !held ? "quarantine" : ruling.verdict;
    if (verdict === "quarantine" && !held && this.#isSpared())
      return this.#standing === "alert" ? null : this.#stand("alert", "challenge-backoff", at, keystrokes, actions);
    if (verdict === this.#standing) return null;
    const why = verdict === "allow" ? [] : this.#why(ruling.rule);
    return this.#stand(verdict, ruling.rule, at, keystrokes, actions, why);
  }

  /** What the signals show, and where another rule decided also what it is that speaks against the agent. */
  #why(rule: string): readonly Reason[] {
    const signs = this.#options.surroundings?.().signs ?? [];
    if (signs.length === 0 || signs.some(({ code }) => code === rule)) return signs;
    return [...signs, ...(this.#options.explain?.(reasonsGiven) ?? [])];
  }

  /**
   * What the rules would say if trust fell below a value and all else stayed: each stricter verdict, in falling order.
   * For people; some hundred rulings.
   */
  outlook(at: Millis, keystrokes: number, actions: number): { below: number; verdict: Verdict; rule: string }[] {
    if (this.#ordered || this.#standing === "sever") return [];
    const facts = this.#facts(at, keystrokes, actions);
    const found: { below: number; verdict: Verdict; rule: string }[] = [];
    let strictest: Verdict = this.#standing;
    const ruled = (suspicion: number): { verdict: Verdict; rule: string } => {
      const { verdict, rule } = this.#options.rules.decide({ ...facts, trust: trustAt(suspicion) });
      return { verdict: verdict === "sever" && strictest !== "quarantine" ? "quarantine" : verdict, rule };
    };
    for (let suspicion = this.filter.suspicion; suspicion < outlookEnd; suspicion += outlookStep) {
      const next = ruled(suspicion);
      if (!stricter(next.verdict, strictest)) continue;
      // Where within the step: a limit is shown beside it, and must be the same number.
      let [calm, doubt] = [Math.max(this.filter.suspicion, suspicion - outlookStep), suspicion];
      while (doubt - calm > 1e-3) {
        const middle = (calm + doubt) / 2;
        if (ruled(middle).verdict === next.verdict) doubt = middle;
        else calm = middle;
      }
      found.push({ below: trustAt(doubt), ...next });
      strictest = next.verdict;
    }
    return found;
  }

  /** Soon after a passed challenge only a doubt that both modalities share, and that would sever, holds again. */
  #isSpared(): boolean {
    const surely = this.filter.bothAgainst && this.filter.suspicion >= this.#thresholds.sever;
    return !surely && this.#options.spared?.() === true;
  }

  #facts(at: Millis, keystrokes: number, actions: number): Facts {
    const { alert, quarantine, sever } = this.#thresholds;
    // Trust never falls below 0: where the modalities do not agree no rule on the threshold can sever.
    const severAt = this.filter.bothAgainst ? trustAt(sever) : -1;
    const { keyboard, pointer } = this.#said;
    const around = this.#options.surroundings?.() ?? { jitterMs: 0, signals: [], hour: 0 };
    return {
      trust: this.filter.trust,
      llr: { keyboard, pointer, total: keyboard + pointer },
      alone: { keyboard: this.#lone.of("keyboard"), pointer: this.#lone.of("pointer") },
      thresholds: { alert: trustAt(alert), quarantine: trustAt(quarantine), sever: severAt },
      agent: this.#options.agent,
      session: {
        seconds: (at - (this.#startedAt ?? at)) / 1000,
        keystrokes,
        actions,
        quarantines: this.#quarantines,
        quarantinedSeconds: this.#heldSince === null ? 0 : (at - this.#heldSince) / 1000,
      },
      link: { jitterMs: around.jitterMs, good: this.#link >= 0.5 },
      signals: around.signals,
      hour: around.hour,
    };
  }

  #stand(
    verdict: Verdict,
    rule: string,
    at: Millis,
    keystrokes: number,
    actions: number,
    why: readonly Reason[] = [],
  ): Decision {
    this.#standing = verdict;
    if (verdict !== "quarantine") this.#absent = false;
    if (verdict !== "quarantine" || this.#absent) this.#heldSince = null;
    else if (this.#heldSince === null) {
      this.#heldSince = at;
      this.#quarantines++;
    }
    const explained = verdict === "allow" || why.length > 0 ? [] : (this.#options.explain?.(reasonsGiven) ?? []);
    this.#decision = this.#make(at, rule, [...why, ...explained], keystrokes, actions);
    return this.#decision;
  }

  #make(at: Millis, rule: string, reasons: readonly Reason[], keystrokes: number, actions: number): Decision {
    const { mode } = this.#options;
    const wouldBe = this.#standing;
    const softened = mode === "report" && !this.#ordered && stricter(wouldBe, "alert");
    const verdict = softened ? "alert" : wouldBe;
    return { at, verdict, wouldBe, mode, trust: this.filter.trust, rule, reasons, keystrokes, actions };
  }
}
