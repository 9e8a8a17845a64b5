/**
 * The fleet's circuit-breaker: when more agents mismatch at once than the budget of false quarantines makes plausible,
 * it is not the hands that changed but something that they share (a browser, the desktops, a carrier), and automatic
 * enforcement must stop. Pure: whoever uses it keeps what tripped, and acts.
 *
 * Under the budget each of n agents who worked mismatches within the window with probability p = 1 − exp(−budget ×
 * window), by itself. The breaker trips where the binomial tail P(X ≥ mismatched) is below `chance`: at ten-minute
 * windows that is one false trip in centuries.
 */
import type { AgentName, Millis } from "../core/units.ts";

export interface BreakerOptions {
  /** False quarantines that are accepted per agent and active hour. */
  readonly falseQuarantinesPerHour: () => number;
  /** Length of the sliding window, ms. */
  readonly window?: number;
}

/** What tripped it. */
export interface Trip {
  /** Different agents that mismatched within the window, and those that had a session in it. */
  readonly mismatched: number;
  readonly active: number;
  /** How many of them the budget lets expect. */
  readonly expected: number;
  /** The chance of so many or more. */
  readonly chance: number;
}

const breakerWindow = 10 * 60_000;
const implausible = 1e-9;
/** Below this an attack on a few is at least as good an explanation as something shared. */
const fewest = 6;
/** Of those active: something shared touches a good part of a fleet, an attack some of it. */
const leastShare = 0.02;

const hour = 3_600_000;

/** P(X ≥ k) of a binomial, summed from its largest term on, which is still a number where the first one is not. */
export function binomialTail(n: number, p: number, k: number): number {
  if (k <= 0) return 1;
  if (k > n || p <= 0) return 0;
  if (p >= 1) return 1;
  const largest = Math.max(k, Math.min(n, Math.floor((n + 1) * p)));
  let term = 0;
  for (let i = 0; i < largest; i++) term += Math.log((n - i) / (largest - i));
  term += largest * Math.log(p) + (n - largest) * Math.log1p(-p);
  const first = Math.exp(term);
  const odds = p / (1 - p);
  let sum = first;
  for (let at = largest, value = first; at < n && value > sum * 1e-17; at++)
    sum += value *= ((n - at) / (at + 1)) * odds;
  for (let at = largest, value = first; at > k && value > sum * 1e-17; at--) sum += value *= at / ((n - at + 1) * odds);
  return Math.min(1, sum);
}

export class CircuitBreaker {
  readonly #options: BreakerOptions;
  readonly #window: number;
  /** Live sessions of each agent, and when the last of the others ended. */
  readonly #live = new Map<AgentName, number>();
  readonly #left = new Map<AgentName, Millis>();
  readonly #mismatches = new Map<AgentName, Millis>();

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#window = options.window ?? breakerWindow;
  }

  /** A session of the agent began. */
  entered(agent: AgentName): void {
    this.#live.set(agent, (this.#live.get(agent) ?? 0) + 1);
    this.#left.delete(agent);
  }

  /** A session of the agent ended. */
  left(agent: AgentName, at: Millis): void {
    const live = (this.#live.get(agent) ?? 0) - 1;
    if (live > 0) this.#live.set(agent, live);
    else {
      this.#live.delete(agent);
      this.#left.set(agent, at);
    }
  }

  /** An agent's input was judged not to be the agent's. @returns what trips the breaker, or null */
  mismatched(agent: AgentName, at: Millis): Trip | null {
    this.#mismatches.delete(agent);
    this.#mismatches.set(agent, at);
    this.#forget(at);
    const mismatched = this.#mismatches.size;
    const active = Math.max(this.#live.size + this.#left.size, mismatched);
    if (mismatched < Math.max(fewest, leastShare * active)) return null;
    const p = -Math.expm1((-this.#options.falseQuarantinesPerHour() * this.#window) / hour);
    const chance = binomialTail(active, p, mismatched);
    return chance < implausible ? { mismatched, active, expected: active * p, chance } : null;
  }

  /** A person has armed it again: what was counted is not counted twice. */
  reset(): void {
    this.#mismatches.clear();
  }

  /** Both maps are in the order of their times. */
  #forget(at: Millis): void {
    for (const map of [this.#mismatches, this.#left])
      for (const [agent, when] of map) {
        if (when > at - this.#window) break;
        map.delete(agent);
      }
  }
}
