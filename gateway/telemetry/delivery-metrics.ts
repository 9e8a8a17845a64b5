/** The metrics of the audit's ways out. */
import { Counter, Gauge, type Registry } from "prom-client";

/** How one receiver of the audit stands. */
export interface ReceiverState {
  /** The receiver's name in the configuration. */
  readonly receiver: string;
  /** How old the oldest entry is that was not delivered yet, seconds; 0 where none waits. */
  readonly lagSeconds: number;
  readonly delivered: number;
  readonly failures: number;
  readonly deadLetters: number;
}

const counters = [
  ["samehand_deliveries_total", "Audit entries that were delivered.", "delivered"],
  ["samehand_delivery_failures_total", "Attempts to deliver that failed and are tried again.", "failures"],
  ["samehand_delivery_dead_letters_total", "Entries that a receiver refused and that were set aside.", "deadLetters"],
] as const;

/** Registers them in place of what may have their names there. @param states read at a scrape */
export function registerDeliveryMetrics(registry: Registry, states: () => readonly ReceiverState[]): void {
  const labelNames = ["receiver"];
  const lag = "samehand_delivery_lag_seconds";
  registry.removeSingleMetric(lag);
  registry.registerMetric(
    new Gauge({
      name: lag,
      help: "How old the oldest audit entry is that was not delivered to the receiver.",
      labelNames,
      aggregator: "max",
      registers: [],
      collect() {
        this.reset();
        for (const { receiver, lagSeconds } of states()) this.set({ receiver }, lagSeconds);
      },
    }),
  );
  for (const [name, help, field] of counters) {
    registry.removeSingleMetric(name);
    registry.registerMetric(
      new Counter({
        name,
        help,
        labelNames,
        registers: [],
        collect() {
          this.reset();
          for (const state of states()) this.inc({ receiver: state.receiver }, state[field]);
        },
      }),
    );
  }
}
