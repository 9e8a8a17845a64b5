/** One session's signals as its policy sees them: which of them count, what shows them, and which have just begun. */
import { type SignalName, signalNames } from "../core/signal.ts";
import type { Tally } from "../core/tally.ts";
import type { Reason } from "../core/verdict.ts";
import type { Signals } from "../inspect/signals.ts";
import type { Policy } from "../policy/rules.ts";

export interface SessionSignalsOptions {
  readonly settings: () => { readonly policy: Pick<Policy, "signals"> };
  readonly tally: Tally;
}

export class SessionSignals {
  readonly detectors: Signals;
  readonly #options: SessionSignalsOptions;
  #before: readonly SignalName[] = [];

  constructor(options: SessionSignalsOptions, detectors: Signals) {
    this.#options = options;
    this.detectors = detectors;
  }

  /** What shows the signals that count, for the reasons of a decision. */
  get reasons(): readonly Reason[] {
    const { standing } = this.detectors;
    if (standing.length === 0) return [];
    return standing.filter(({ name }) => this.#counts(name)).map(({ name, text }) => ({ code: name, text }));
  }

  /** The names of those that count, with others that stand. */
  names(others: readonly string[]): readonly string[] {
    const { standing } = this.detectors;
    if (standing.length === 0) return others;
    return [...others, ...standing.map(({ name }) => name).filter((name) => this.#counts(name))];
  }

  /** The names of all that were seen, whether they count or not, with others. */
  all(others: readonly string[]): readonly string[] {
    const { standing } = this.detectors;
    return standing.length === 0 ? others : [...others, ...standing.map(({ name }) => name)];
  }

  /** Notes what began or ended. @returns whether one that counts has begun */
  changed(): boolean {
    const names = this.detectors.standing.map(({ name }) => name);
    const begun = names.filter((name) => !this.#before.includes(name) && this.#counts(name));
    this.#before = names;
    for (const name of begun) this.#options.tally.signalled(name);
    return begun.length > 0;
  }

  /**
   * Whether the rules must be asked without new evidence: a signal stands, which they may see otherwise by now, or the
   * one behind the last decision has ended.
   * @param rule of the decision that stands
   */
  due(rule: string): boolean {
    return this.detectors.standing.length > 0 || (signalNames as readonly string[]).includes(rule);
  }

  /** Somebody has proved to be there, or the session is over. */
  clear(): void {
    this.detectors.clear();
    this.#before = [];
  }

  #counts(name: SignalName): boolean {
    return this.#options.settings().policy.signals[name] !== "off";
  }
}
