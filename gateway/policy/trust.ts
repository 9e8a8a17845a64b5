/**
 * Trust over time: a hidden Markov filter over who drives (the enrolled agent or somebody else) and over
 * whether each modality still speaks of the hand at all (a new mouse or keyboard does not).
 *
 * Evidence is a log-likelihood ratio against "somebody else", so that every state in which a modality says
 * nothing about the agent (an impostor, or a changed device) explains it with 0, and only "the agent, on the
 * usual device" with the LLR itself. A modality alone can therefore never say more than the odds that it
 * changed: likely at a session's start, unlikely later.
 */
import type { Modality } from "../core/input.ts";
import type { Millis } from "../core/units.ts";

export interface TrustOptions {
  /** Rate at which somebody else takes over, a minute. */
  readonly handOver: number;
  /** Rate at which the agent comes back, a minute. */
  readonly handBack: number;
  /** Probability that somebody else opens the session. */
  readonly impostorAtStart: number;
  /** Probability that a modality is another device from the session's start, by itself. */
  readonly changedAtStart: Readonly<Record<Modality, number>>;
  /** Probability that both are: far below an impostor's, or whoever is somebody else from the start is never found. */
  readonly bothAtStart: number;
  /** Rate at which a modality changes in mid-session without the hand changing, a minute. */
  readonly change: Readonly<Record<Modality, number>>;
  /** How much of the rate at which a modality changes counts where the other one is changed already. */
  readonly together: number;
  /** How much of each LLR counts: below 1 for what windows share beyond their overlap. */
  readonly temper: Readonly<Record<Modality, number>>;
  /** The most that one window may say for the agent, and against, in nats after tempering. */
  readonly mostFor: number;
  readonly mostAgainst: number;
  /** After a passed challenge: how far it is believed that what looked wrong is a device, 0 to 1. Never of both. */
  readonly confirmation: number;
}

/**
 * Found by random search on genuine and taken-over streams (`npm run budget -- FOLDER --search N`), those among them in which
 * the agent has another mouse: docs/ACCURACY.md.
 */
export const defaultTrustOptions: TrustOptions = {
  impostorAtStart: 0.05,
  handOver: 0.05,
  handBack: 0.002,
  changedAtStart: { keyboard: 0.3, pointer: 0.1 },
  bothAtStart: 0.0003,
  change: { keyboard: 0.0041, pointer: 0.0041 },
  together: 2.7,
  temper: { keyboard: 0.8, pointer: 1.2 },
  mostFor: 2,
  mostAgainst: 1.6,
  confirmation: 0.4,
};

/** The highest suspicion that one modality alone can cause in mid-session, the other saying nothing: nats. */
export function highestSingle(options: TrustOptions): number {
  const { handOver, change } = options;
  return Math.log(handOver / Math.min(change.keyboard, change.pointer));
}

/** Bound of what is held against one modality, and how much of it is enough to agree with the other, nats. */
const [mostHeldAgainst, enoughAgainst] = [6, 2];
/** Longest silence that counts towards a hand-over, ms: a lunch break by itself is no evidence. */
const longestGap = 10_000;
const perMinute = 60_000;

export class TrustFilter {
  readonly #options: TrustOptions;
  /** Probabilities: impostor, then agent with (both well, keyboard changed, pointer changed, both changed). */
  readonly #state = new Float64Array(5);
  /** What each modality said against the agent lately: a bounded sum that good evidence takes back, nats. */
  readonly #against: Record<Modality, number> = { keyboard: 0, pointer: 0 };
  #at = Number.NaN;

  constructor(options: TrustOptions = defaultTrustOptions) {
    this.#options = options;
    this.restart();
  }

  /** Forgets the past: at a session's start. */
  restart(): void {
    const { impostorAtStart, changedAtStart, bothAtStart } = this.#options;
    const { keyboard, pointer } = changedAtStart;
    const agent = 1 - impostorAtStart;
    this.#state[0] = impostorAtStart;
    this.#state[1] = agent * (1 - keyboard) * (1 - pointer);
    this.#state[2] = agent * keyboard * (1 - pointer);
    this.#state[3] = agent * (1 - keyboard) * pointer;
    this.#state[4] = agent * bothAtStart;
    this.#normalise();
    this.#against.keyboard = this.#against.pointer = 0;
    this.#at = Number.NaN;
  }

  /**
   * The agent proved to be there: trust starts anew, and a modality that looked wrong was likely the device.
   * That both were is not believed, or an accomplice's one challenge would open the rest of the session.
   */
  confirm(): void {
    const [, well, keyboard, pointer] = this.#state;
    const sum = Math.max(well + keyboard + pointer, 1e-300);
    this.restart();
    const share = this.#options.confirmation;
    const state = this.#state;
    const agent = (1 - this.#options.impostorAtStart) * share;
    state[1] = state[1] * (1 - share) + (agent * well) / sum;
    state[2] = state[2] * (1 - share) + (agent * keyboard) / sum;
    state[3] = state[3] * (1 - share) + (agent * pointer) / sum;
    state[4] *= 1 - share;
    this.#normalise();
  }

  /**
   * Starts no better than it was left: in the sessions of one agent, a new connection is not a new hand.
   * @param suspicion log odds of somebody else, nats
   */
  suspect(suspicion: number): void {
    const state = this.#state;
    const odds = Math.exp(Math.min(suspicion, 500));
    if (!(odds > state[0] / (1 - state[0]))) return;
    state[0] = odds * (1 - state[0]);
    this.#normalise();
  }

  /**
   * Takes in one window's evidence.
   * @param llr calibrated, in nats; @param weight 0 (the link cannot be trusted: abstain) to 1
   */
  observe(at: Millis, modality: Modality, llr: number, weight = 1): void {
    const options = this.#options;
    const gap = at - this.#at;
    if (gap > 0) this.#pass(Math.min(gap, longestGap) / perMinute);
    this.#at = at;
    const tempered = llr * options.temper[modality] * weight;
    if (Number.isNaN(tempered)) return;
    const said = Math.min(Math.max(tempered, -options.mostAgainst), options.mostFor);
    this.#against[modality] = Math.min(Math.max(this.#against[modality] - said, 0), mostHeldAgainst);
    const factor = Math.exp(said);
    const state = this.#state;
    state[1] = state[1] * factor;
    if (modality === "pointer") state[2] = state[2] * factor;
    else state[3] = state[3] * factor;
    this.#normalise();
  }

  /** The posterior that the enrolled agent drives, 0 to 100. */
  get trust(): number {
    return 100 * (1 - this.#state[0]);
  }

  /** Log odds of somebody else, in nats: what thresholds are set on. */
  get suspicion(): number {
    const other = Math.max(this.#state[0], 1e-300);
    return Math.log(other) - Math.log(Math.max(1 - other, 1e-300));
  }

  /** Whether both modalities speak against the agent now: without it nobody is severed, however sure one of them is. */
  get bothAgainst(): boolean {
    return this.#against.keyboard >= enoughAgainst && this.#against.pointer >= enoughAgainst;
  }

  /** The posterior that this modality is another device in the agent's own hand. */
  changed(modality: Modality): number {
    return this.#state[modality === "keyboard" ? 2 : 3] + this.#state[4];
  }

  /** Lets time pass: hand-overs, hand-backs and changes of device. */
  #pass(minutes: number): void {
    const { handOver, handBack, change, together } = this.#options;
    const state = this.#state;
    const over = -Math.expm1(-handOver * minutes);
    const back = -Math.expm1(-handBack * minutes);
    const keyboard = -Math.expm1(-change.keyboard * minutes);
    const pointer = -Math.expm1(-change.pointer * minutes);
    const [impostor, well, k, p, both] = state as unknown as [number, number, number, number, number];
    state[0] = impostor * (1 - back) + (well + k + p + both) * over;
    const stay = 1 - over;
    state[1] = stay * well * (1 - keyboard) * (1 - pointer) + impostor * back;
    state[2] = stay * (k * (1 - pointer) + well * keyboard * (1 - pointer));
    state[3] = stay * (p * (1 - keyboard) + well * pointer * (1 - keyboard));
    state[4] = stay * (both + together * (k * pointer + p * keyboard + well * keyboard * pointer));
  }

  #normalise(): void {
    const state = this.#state;
    let sum = 0;
    for (const each of state) sum += each;
    for (let index = 0; index < state.length; index++) state[index] = Math.max(state[index] / sum, 1e-300);
  }
}
