/**
 * Whether what is decided is also done: the configured mode, unless the fleet's circuit-breaker has tripped. Then
 * every session is only reported on until a person arms the breaker again.
 */
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { AgentName } from "../core/units.ts";
import { type Decision, type Mode, stricter } from "../core/verdict.ts";
import { CircuitBreaker } from "../policy/circuit-breaker.ts";
import type { Store } from "../store/store.ts";

/** Decisions that say nothing new of the hand: of time that passed, of what was said before, and of operators. */
const notOfTheHand = new Set([
  "presence-idle",
  "mode-changed",
  "quarantine-expired",
  "left-while-held",
  "held-by-operator",
  "severed-by-operator",
  "stranger",
  "challenge-wrong-code",
]);

export class Enforcement {
  readonly #store: Pick<Store, "breaker">;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #breaker: CircuitBreaker;
  #wasTripped = false;

  constructor(options: {
    readonly store: Pick<Store, "breaker">;
    readonly log: Log;
    readonly clock: Clock;
    readonly falseQuarantinesPerHour: () => number;
  }) {
    this.#store = options.store;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#breaker = new CircuitBreaker(options);
  }

  /** The mode that holds now. */
  mode(configured: Mode): Mode {
    const tripped = this.#store.breaker.tripped !== null;
    if (this.#wasTripped && !tripped) this.#breaker.reset();
    this.#wasTripped = tripped;
    return tripped ? "report" : configured;
  }

  entered(agent: AgentName): void {
    this.#breaker.entered(agent);
  }

  left(agent: AgentName): void {
    this.#breaker.left(agent, this.#clock.now());
  }

  /** Hears every decision; in report mode the breaker is kept as well, so that it is known what it would do. */
  decided(agent: AgentName, { at, wouldBe, rule }: Decision): void {
    if (!stricter(wouldBe, "alert") || notOfTheHand.has(rule)) return;
    const trip = this.#breaker.mismatched(agent, at);
    if (trip === null || this.#store.breaker.tripped !== null) return;
    this.#store.breaker.trip(trip);
    this.#log.error(
      { event: "breaker-tripped", ...trip },
      "the circuit-breaker tripped: enforcement has stopped until `samehand breaker arm`",
    );
  }
}
