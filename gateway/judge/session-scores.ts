/** A session's windows of evidence on their way to the store: a few bytes each, written some dozens at a time. */
import type { Clock } from "../core/clock.ts";
import type { Maturity } from "../core/maturity.ts";
import type { SessionInfo } from "../core/session.ts";
import { type EpochMillis, epochMillis } from "../core/units.ts";
import type { Weighed } from "../policy/decider.ts";
import { ScoreTape } from "../policy/score-tape.ts";
import type { Store } from "../store/store.ts";

export interface SessionScoresOptions {
  readonly store: Pick<Store, "scored">;
  readonly session: SessionInfo;
  readonly clock: Clock;
}

export class SessionScores {
  readonly #options: SessionScoresOptions;
  readonly #maturity: Maturity;
  #tape: ScoreTape | null = null;
  #startedAt: EpochMillis = epochMillis(0);

  /** @param maturity of the agent when the session began */
  constructor(options: SessionScoresOptions, maturity: Maturity) {
    this.#options = options;
    this.#maturity = maturity;
  }

  add(weighed: Weighed, jitterMs: number, signals: readonly string[]): void {
    this.#tape ??= new ScoreTape();
    if (this.#tape.empty) this.#startedAt = epochMillis(Math.floor(this.#options.clock.wall()));
    this.#tape.add(weighed, jitterMs, signals);
    if (this.#tape.full) this.write();
  }

  /** Hands what has come together to the store. Never throws. */
  write(): void {
    if (this.#tape === null || this.#tape.empty) return;
    const { store, session } = this.#options;
    store.scored(session, this.#startedAt, this.#maturity, this.#tape.take());
  }
}
