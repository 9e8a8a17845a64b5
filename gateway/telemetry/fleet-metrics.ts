/**
 * The metrics of several processes as one scrape. What a process that died had counted is kept, so that no sum ever
 * falls; what it counted after the last scrape is lost with it, and nobody had seen it.
 */
import { AggregatorRegistry, Gauge, Registry } from "prom-client";
import { type ReceiverState, registerDeliveryMetrics } from "./delivery-metrics.ts";
import { registerLogMetric } from "./log-metric.ts";
import { registerProcessMetrics } from "./process-metrics.ts";
import { registerStoreMetrics, type StoreState } from "./store-metrics.ts";
import type { Fleet } from "../core/fleet.ts";

/** One metric, as `Registry.getMetricsAsJSON` gives it and JSON keeps it. */
interface Metric {
  readonly name: string;
  readonly type: string;
  readonly values: readonly { readonly value: number | null }[];
}

export interface FleetMetricsParts {
  /** How many processes there are. */
  readonly workers: () => number;
  /** How many ended by themselves while they were needed. */
  readonly lost: () => number;
  /** The audit's ways out, which the first process has; and its store. */
  readonly deliveries: () => readonly ReceiverState[];
  readonly store: () => StoreState;
}

export class FleetMetrics {
  readonly #fleet: Fleet;
  readonly #parts: FleetMetricsParts;
  /** Of this process, which has no sessions. */
  readonly #own = new Registry();
  /** What each process said last. */
  readonly #latest = new Map<string, readonly Metric[]>();
  /** Processes that died; no name comes again. */
  readonly #gone = new Set<string>();
  /** What they had counted, each name once. */
  #departed: readonly Metric[] = [];

  constructor(fleet: Fleet, parts: FleetMetricsParts) {
    this.#fleet = fleet;
    this.#parts = parts;
    registerProcessMetrics(this.#own);
    registerStoreMetrics(this.#own, parts.store);
    registerLogMetric(this.#own);
  }

  /** Forgets the metrics, and what the library runs for them. */
  close(): void {
    this.#own.clear();
  }

  /** The exposition for a scrape. */
  async expose(): Promise<string> {
    for (const { worker, metrics } of await this.#fleet.ask("metrics", null))
      // One that died while others were still asked would have its sessions for ever.
      if (!this.#gone.has(worker)) this.#latest.set(worker, (metrics as readonly Metric[]).map(withoutNull));
    const registry = AggregatorRegistry.aggregate<"text/plain; version=0.0.4; charset=utf-8">([
      ...this.#latest.values(),
      this.#departed,
      await this.#own.getMetricsAsJSON(),
    ]);
    registerDeliveryMetrics(registry, this.#parts.deliveries);
    this.#gauge(registry, "samehand_workers", "Worker processes that live.", this.#parts.workers());
    this.#gauge(registry, "samehand_workers_lost", "Worker processes that ended by themselves.", this.#parts.lost());
    return registry.metrics();
  }

  /** A process is gone, by itself or because it was told to. */
  lost(worker: string): void {
    this.#gone.add(worker);
    const latest = this.#latest.get(worker) ?? [];
    this.#latest.delete(worker);
    const counted = latest.filter(({ type }) => type === "counter" || type === "histogram");
    const sum = AggregatorRegistry.aggregate([this.#departed, counted]);
    // What `aggregate` registers holds its own values; no collector runs.
    this.#departed = sum.getMetricsAsArray() as unknown as readonly Metric[];
  }

  #gauge(registry: Registry, name: string, help: string, value: number): void {
    new Gauge({ name, help, registers: [registry] }).set(value);
  }
}

/** JSON has no NaN: a mean of nothing arrives as null, and counts for nothing. */
const withoutNull = (metric: Metric): Metric => ({
  ...metric,
  values: metric.values.filter(({ value }) => value !== null),
});
