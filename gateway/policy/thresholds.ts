/**
 * Thresholds from a budget: the operator says how many false quarantines and false severs an active hour may
 * bring, and the limits on suspicion follow from how high suspicion rose in genuine hours, of the background's
 * people and of the agent's own.
 */

/** What the operator tolerates, per agent and active hour. */
export interface Budget {
  readonly falseQuarantines: number;
  readonly falseSevers: number;
}

/** Limits on suspicion, in nats of log odds. */
export interface Thresholds {
  readonly alert: number;
  readonly quarantine: number;
  readonly sever: number;
  /** Below it a held session is let go. */
  readonly release: number;
}

/** The highest suspicion in each stretch of `peakMinutes` active minutes of genuine input. */
export type Peaks = readonly number[];

/** Active minutes that one peak stands for. */
export const peakMinutes = 4;

const perHour = 60 / peakMinutes;
/** How many of an agent's own stretches outweigh the background: two hours. */
const backgroundWeight = 30;
/**
 * The background's stretches are of a few dozen people, of whom two or three make most of the high ones: others may have
 * more such people. Counted against holding until the agent's own stretches say how it is.
 */
const fewPeople = 1.5;
/** Chances beyond the highest `tailShare` of peaks fall exponentially, as fast as these do; at least this fast, nats. */
const tailShare = 0.05;
const [fastestTail, slowestTail] = [0.3, 2];
const alertMargin = 3;
const releaseMargin = 4;
/** One unseen exceedance, counted against severing while an agent has little data. */
const unseen = 1;

/** Share of the background's stretches that pass a limit: as counted, and beyond the highest as their excess falls. */
class Tail {
  readonly #sorted: Float64Array;
  /** Where the highest `tailShare` of the peaks begin. */
  readonly from: number;
  /** Mean excess over `from`, nats. */
  readonly fall: number;

  constructor(peaks: Peaks) {
    this.#sorted = Float64Array.from(peaks).sort();
    const place = Math.floor((1 - tailShare) * (this.#sorted.length - 1));
    this.from = this.#sorted[place] ?? 0;
    const beyond = this.#sorted.subarray(place + 1);
    const excess = beyond.reduce((sum, peak) => sum + peak - this.from, 0) / Math.max(1, beyond.length);
    this.fall = Math.min(Math.max(excess, fastestTail), slowestTail);
  }

  share(limit: number): number {
    if (this.#sorted.length === 0) return Math.exp(-Math.max(0, limit));
    if (limit >= this.from) return tailShare * Math.exp((this.from - limit) / this.fall);
    return 1 - this.#below(limit) / this.#sorted.length;
  }

  /** How many peaks are below a limit. */
  #below(limit: number): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle] < limit) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The background's peaks are one list for all sessions: sorted once, not at each one's start. */
const tails = new WeakMap<Peaks, Tail>();

function tailOf(peaks: Peaks): Tail {
  const known = tails.get(peaks) ?? new Tail(peaks);
  tails.set(peaks, known);
  return known;
}

/** How many of an agent's own stretches pass a limit: as counted, and beyond the background's calm as its excess falls. */
function exceededBy(own: Peaks, limit: number, background: Tail): number {
  let [passed, high] = [0, 0];
  for (const peak of own) {
    if (peak >= limit) passed++;
    if (peak >= background.from) high++;
  }
  return Math.max(passed, high * Math.min(1, Math.exp((background.from - limit) / background.fall)));
}

/**
 * The lowest limit that suspicion passes no more than `perActiveHour` times an hour.
 * @param doubt stretches like the agent's highest that are counted although nobody saw them
 */
function limitFor(perActiveHour: number, background: Tail, own: Peaks, doubt: number, cap: number): number {
  const highest = own.length === 0 ? 0 : Math.max(...own);
  const rate = (limit: number): number => {
    const unseen = doubt * Math.min(1, Math.exp((highest - limit) / background.fall));
    const exceeded = exceededBy(own, limit, background) + unseen;
    return (
      (perHour * (backgroundWeight * fewPeople * background.share(limit) + exceeded)) / (backgroundWeight + own.length)
    );
  };
  let [low, high] = [-5, cap];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (rate(middle) > perActiveHour) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Derives one agent's thresholds. An agent's own stretches raise limits and never lower them: those that went higher were
 * held, and are not among them. Nor do they raise the limit of holding above what one modality alone can cause: whoever
 * differs in one would never be held.
 * @param background peaks of genuine stretches of people who are not in the background's training
 * @param own peaks of the agent's own genuine stretches; empty for a new agent
 * @param single the highest suspicion that one modality alone can cause: severing always needs more
 */
export function deriveThresholds(budget: Budget, background: Peaks, own: Peaks, single: number): Thresholds {
  const tail = tailOf(background);
  const { falseQuarantines, falseSevers } = budget;
  const quarantineOf = (peaks: Peaks): number => limitFor(falseQuarantines, tail, peaks, 0, 40);
  const severOf = (peaks: Peaks): number => limitFor(falseSevers, tail, peaks, unseen, 60);
  const [usual, last] = [quarantineOf([]), severOf([])];
  const quarantine = own.length === 0 ? usual : Math.max(usual, Math.min(quarantineOf(own), single));
  const sever = own.length === 0 ? last : Math.max(last, severOf(own));
  return {
    alert: quarantine - alertMargin,
    quarantine,
    sever: Math.max(sever, quarantine + 1, single + 1),
    release: quarantine - releaseMargin,
  };
}

/** Trust, 0 to 100, where suspicion is at a limit. */
export const trustAt = (suspicion: number): number => 100 / (1 + Math.exp(suspicion));
