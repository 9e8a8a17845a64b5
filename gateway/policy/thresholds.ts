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

/** One false quarantine in eight active hours, one false sever in two hundred. */
export const defaultBudget: Budget = { falseQuarantines: 1 / 8, falseSevers: 1 / 200 };

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
export const peakMinutes = 5;

const perHour = 60 / peakMinutes;
/** How many of an agent's own stretches outweigh the background: two hours. */
const backgroundWeight = 24;
/** How fast chances fall beyond what was seen, in nats: log odds of a calibrated filter fall e-fold a nat. */
const tail = 1.5;
const alertMargin = 3;
const releaseMargin = 4;
/** One unseen exceedance, counted against severing while an agent has little data. */
const unseen = 1;

/** Expected exceedances of `limit`, each peak smoothed with an exponential tail. */
function exceedances(peaks: Peaks, limit: number): number {
  let sum = 0;
  for (const peak of peaks) sum += peak >= limit ? 1 : Math.exp((peak - limit) / tail);
  return sum;
}

/** The lowest limit that suspicion passes no more than `perActiveHour` times an hour. */
function limitFor(perActiveHour: number, background: Peaks, own: Peaks, doubt: number, cap: number): number {
  const rate = (limit: number): number => {
    const prior =
      background.length === 0 ? Math.exp(-limit / tail) : exceedances(background, limit) / background.length;
    const ownHighest = own.length === 0 ? 0 : Math.max(...own);
    const doubtful = doubt * Math.min(1, Math.exp((ownHighest - limit) / tail));
    const share = (backgroundWeight * prior + exceedances(own, limit) + doubtful) / (backgroundWeight + own.length);
    return share * perHour;
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
 * Derives one agent's thresholds.
 * @param background peaks of genuine stretches of people who are not in the background's training
 * @param own peaks of the agent's own genuine stretches; empty for a new agent
 * @param single the highest suspicion that one modality alone can cause: severing always needs more
 */
export function deriveThresholds(budget: Budget, background: Peaks, own: Peaks, single: number): Thresholds {
  const quarantine = limitFor(budget.falseQuarantines, background, own, 0, 40);
  const sever = limitFor(budget.falseSevers, background, own, unseen, 60);
  return {
    alert: quarantine - alertMargin,
    quarantine,
    sever: Math.max(sever, quarantine + 1, single + 1),
    release: quarantine - releaseMargin,
  };
}

/** Trust, 0 to 100, where suspicion is at a limit. */
export const trustAt = (suspicion: number): number => 100 / (1 + Math.exp(suspicion));
