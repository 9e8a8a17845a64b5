/** The metrics of a process's store: whether it takes what is written. */
import { Counter, Gauge, type Registry } from "prom-client";

/** How it stands. */
export interface StoreState {
  readonly available: boolean;
  /** Writes that wait to be tried again, and those that were lost. */
  readonly waiting: number;
  readonly givenUp: number;
}

/** @param state read at a scrape */
export function registerStoreMetrics(registry: Registry, state: () => StoreState): void {
  registry.registerMetric(
    new Gauge({
      name: "samehand_store_available",
      help: "1 while the store can be written.",
      aggregator: "min",
      registers: [],
      collect() {
        this.set(state().available ? 1 : 0);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: "samehand_store_waiting_writes",
      help: "Writes that wait to be tried again.",
      registers: [],
      collect() {
        this.set(state().waiting);
      },
    }),
  );
  registry.registerMetric(
    new Counter({
      name: "samehand_store_given_up_writes_total",
      help: "Writes that were lost because the store took none.",
      registers: [],
      collect() {
        this.reset();
        this.inc(state().givenUp);
      },
    }),
  );
}
