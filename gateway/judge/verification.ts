/** Whom a session is verified against: what is known of the agent, and a verifier made from it once input comes. */
import type { Background } from "../../models/background.ts";
import type { Verifier } from "../../models/verifier.ts";
import type { Maturity } from "../core/maturity.ts";
import type { Millis } from "../core/units.ts";
import type { Mode, Reason } from "../core/verdict.ts";
import { LateVerifier } from "../inspect/late-verifier.ts";
import { agentTerms, type AgentTerms } from "../policy/agent-terms.ts";
import { Decider, type DeciderOptions, type Rules, type Surroundings } from "../policy/decider.ts";
import type { Thresholds } from "../policy/thresholds.ts";
import type { AgentRecord } from "../store/store.ts";
import type { Typing } from "./challenge.ts";
import type { JudgeSettings } from "./judge.ts";
import type { Known, Learning } from "./learning.ts";

export interface VerificationOptions {
  readonly learning: Learning;
  readonly record: AgentRecord;
  readonly background: Background;
  readonly settings: () => JudgeSettings;
}

/** What a session's challenges mean for its decisions. */
export interface Hold {
  /** How long a quarantine may last now. */
  readonly limit: Millis;
  /** A challenge was passed not long ago. */
  readonly spared: boolean;
}

/** What one session's decider asks. There are as many as sessions: a class, whose getters they share. */
class Terms implements DeciderOptions {
  readonly #settings: () => JudgeSettings;
  readonly #hold: Hold;
  readonly thresholds: Thresholds;
  readonly agent: DeciderOptions["agent"];
  readonly explain: (most: number) => Reason[];
  readonly surroundings: () => Surroundings;

  constructor(
    settings: () => JudgeSettings,
    thresholds: Thresholds,
    agent: DeciderOptions["agent"],
    explain: (most: number) => Reason[],
    surroundings: () => Surroundings,
    hold: Hold,
  ) {
    this.#settings = settings;
    this.thresholds = thresholds;
    this.agent = agent;
    this.explain = explain;
    this.surroundings = surroundings;
    this.#hold = hold;
  }

  get mode(): Mode {
    return this.#settings().mode;
  }

  get rules(): Rules {
    return this.#settings().policy;
  }

  get holdFor(): Millis {
    return this.#hold.limit;
  }

  spared(): boolean {
    return this.#hold.spared;
  }
}

export class Verification {
  readonly #options: VerificationOptions;
  #known: Known | null;
  #verifier: Verifier | null = null;
  /** As it is made, and since. */
  #late: LateVerifier | null = null;
  #due = false;
  /** As it was when the decider that serves began. */
  #begun: Maturity = "enrolling";

  /** @throws SamehandError `profile-unreadable`, `store-unavailable`: such an agent must not pass for a stranger */
  constructor(options: VerificationOptions) {
    this.#options = options;
    this.#known = this.#ask(options.record.profileVersion);
  }

  get maturity(): Maturity {
    return this.#known?.maturity ?? "enrolling";
  }

  /**
   * A verifier is due. It is made from the first input on, not when the session opens: it is most of what a session
   * takes in memory and most of what opening one would cost (npm run bench: memory, set-up).
   */
  get due(): boolean {
    return this.#due;
  }

  /**
   * What is to be verified with from now on; the verifier that is due is made beside the sessions.
   * @param nobody is called where nothing is known of the agent any more
   */
  verify(nobody: () => void): LateVerifier {
    const { learning, record } = this.#options;
    this.#due = false;
    const late = new LateVerifier(
      () => learning.verifying(record.name, record.id),
      (verifier) => {
        this.#verifier = verifier;
        if (verifier === null) nobody();
      },
    );
    this.#late = late;
    learning.prepare(late);
    return late;
  }

  /** The agent's typing, for a phrase; null where nothing was learned. @throws SamehandError `profile-unreadable`, `store-unavailable` */
  typing(): Typing | null {
    const { learning, record } = this.#options;
    return this.maturity === "enrolling" ? null : learning.typing(record.id);
  }

  /**
   * Goes on with the farm's background that serves now. @returns the limits that hold with it
   * @throws SamehandError `profile-unreadable`, `store-unavailable`
   */
  useFarm(): Thresholds {
    const { learning, record } = this.#options;
    if (this.#verifier === null) this.#late?.again();
    else learning.renew(this.#verifier, record.name, record.id);
    this.#known = this.#ask();
    return this.#terms().thresholds;
  }

  /** A decider with fresh trust, on what is known now; the verifier that served is given up. */
  begin(surroundings: () => Surroundings, hold: Hold): Decider {
    const { settings, record } = this.#options;
    const { keystrokes = 0, actions = 0 } = this.#known ?? {};
    this.#begun = this.maturity;
    this.#due = this.maturity !== "enrolling";
    this.#verifier = this.#late = null;
    const agent = { name: record.name, maturity: this.maturity, keystrokes, actions };
    const explain = (most: number): Reason[] => this.#explain(most);
    return new Decider(new Terms(settings, this.#terms().thresholds, agent, explain, surroundings, hold));
  }

  /**
   * Asks again what is known. @returns whether the agent's maturity is another than the decider that serves knows
   * @throws SamehandError `profile-unreadable`, `store-unavailable`
   */
  renew(): boolean {
    if (this.#begun === "mature") return false;
    this.#known = this.#ask();
    return this.maturity !== this.#begun;
  }

  /** Asks again what is known, of a profile that an operator took back. @throws SamehandError as `renew` */
  takenBack(): void {
    this.#known = this.#ask();
  }

  /** @param version of the agent's newest profile, where it is known */
  #ask(version?: number): Known | null {
    const { learning, record, settings } = this.#options;
    return learning.known(record.name, record.id, settings().enrolment, version);
  }

  #terms(): AgentTerms {
    const { settings, background } = this.#options;
    return agentTerms(settings().policy, background.facts.peaks, this.#known?.peaks ?? []);
  }

  #explain(most: number): Reason[] {
    const told = this.#verifier?.explain(most) ?? [];
    return told.map(({ modality, text }) => ({ code: `${modality}-mismatch`, text }));
  }
}
