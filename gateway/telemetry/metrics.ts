/**
 * The metrics: prom-client's registry over the plain numbers of the tally, read at a scrape. No label names a
 * person, a session or an address; the labels that there are have few values.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type ReceiverState, registerDeliveryMetrics } from "./delivery-metrics.ts";
import { registerLogMetric } from "./log-metric.ts";
import { registerProcessMetrics } from "./process-metrics.ts";
import { registerStoreMetrics } from "./store-metrics.ts";
import { catalogue, type ErrorCode } from "../core/errors.ts";
import { signalNames } from "../core/signal.ts";
import type { Tally } from "../core/tally.ts";
import { verdicts } from "../core/verdict.ts";

/** The tally's plain counters, as metrics. */
const counters = [
  ["sessionsOpened", "samehand_sessions_opened_total", "Sessions that reached their desktop."],
  ["sessionsClosed", "samehand_sessions_closed_total", "Sessions that ended, however they ended."],
  ["sessionsQuarantined", "samehand_quarantines_total", "Quarantines that held a session's input."],
  ["sessionsSevered", "samehand_severs_total", "Sessions that a verdict ended."],
  ["instructionsFromClient", "samehand_client_instructions_total", "Instructions from viewers that were parsed."],
  ["instructionsHeld", "samehand_held_instructions_total", "Instructions from viewers that a quarantine kept back."],
  ["bytesFromClient", "samehand_client_received_bytes_total", "Bytes from viewers."],
  ["bytesToClient", "samehand_client_sent_bytes_total", "Bytes to viewers."],
  ["keyEvents", "samehand_key_events_total", "Key events that were inspected."],
  ["pointerEvents", "samehand_pointer_events_total", "Pointer events that were inspected."],
  ["touchesDropped", "samehand_dropped_touches_total", "Touches from viewers, which are never forwarded."],
  ["backpressurePauses", "samehand_backpressure_pauses_total", "Times that a target was paused for a slow viewer."],
  ["evidenceWindows", "samehand_evidence_windows_total", "Windows of input that were scored."],
  ["abstentions", "samehand_abstentions_total", "Windows that were given no weight because the link was bad."],
  ["signInsLearned", "samehand_webapp_sign_ins_total", "Sign-ins at the web application that were learned."],
  ["httpTunnelsPassed", "samehand_webapp_http_tunnels_passed_total", "HTTP tunnels that went by unseen."],
  ["httpTunnelsDegraded", "samehand_webapp_http_tunnels_degraded_total", "HTTP tunnels that were inspected."],
  ["httpTunnelsRefused", "samehand_webapp_http_tunnels_refused_total", "HTTP tunnels that were refused."],
  ["profilesSaved", "samehand_profile_saves_total", "Profiles that were saved."],
  ["profileSaveFailures", "samehand_profile_save_failures_total", "Profiles that could not be saved at first."],
] as const satisfies readonly (readonly [keyof Tally, string, string])[];

const gauges = [
  ["sessionsLive", "samehand_sessions", "Sessions that live now."],
  ["sessionsHeld", "samehand_sessions_held", "Sessions that are in quarantine now."],
  ["connectionsOpen", "samehand_client_connections", "Open connections of viewers."],
] as const satisfies readonly (readonly [keyof Tally, string, string])[];

export interface MetricsOptions {
  readonly tally: Tally;
  readonly version: string;
  /** Read at a scrape. */
  readonly store: () => {
    readonly waiting: number;
    readonly available: boolean;
    readonly locks: number;
    readonly tripped: boolean;
  };
  /** What the gateway is set to, read at a scrape. */
  readonly settings: () => {
    readonly sessionsLimit: number;
    readonly falseQuarantinesPerHour: number;
    /** When the certificate ends, seconds since 1970; null where there is none. */
    readonly certificateEnds: number | null;
  };
  /** The audit's ways out, read at a scrape. */
  readonly deliveries: () => readonly ReceiverState[];
}

export class Metrics {
  readonly registry = new Registry();
  readonly #storeSeconds = new Histogram({
    name: "samehand_store_seconds",
    help: "How long a read or a write of the store took; the event loop waits with it.",
    labelNames: ["operation"],
    buckets: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
    registers: [this.registry],
  });

  constructor(options: MetricsOptions) {
    const { tally, version } = options;
    registerProcessMetrics(this.registry);
    this.#gauge(
      "samehand_build_info",
      "The running version.",
      ["version"],
      (gauge) => gauge.set({ version }, 1),
      "first",
    );
    for (const [field, name, help] of counters) this.#counter(name, help, () => tally[field]);
    for (const [field, name, help] of gauges) this.#gauge(name, help, [], (gauge) => gauge.set(tally[field]));
    this.#gauge(
      "samehand_webapp_upstreams_lost",
      "Web applications that do not answer now.",
      [],
      (gauge) => gauge.set(tally.upstreamsLost),
      "max",
    );
    this.#labelled(
      "samehand_refusals_total",
      "Refusals and failures by the code of the error catalogue.",
      ["code"],
      // All from the start: an increase is only seen of a series that was there before.
      () =>
        (Object.keys(catalogue) as ErrorCode[]).map((code) => ({
          labels: { code },
          value: tally.refusals.get(code) ?? 0,
        })),
    );
    this.#labelled(
      "samehand_decisions_total",
      "Decisions; in report mode the verdict is what enforce would have done.",
      ["mode", "verdict"],
      () =>
        ["report", "enforce"].flatMap((mode) =>
          verdicts.map((verdict) => ({
            labels: { mode, verdict },
            value: tally.decisions.get(`${mode} ${verdict}`) ?? 0,
          })),
        ),
    );
    this.#labelled("samehand_signals_total", "Sessions' signals that began, by name.", ["signal"], () =>
      signalNames.map((signal) => ({ labels: { signal }, value: tally.signals.get(signal) ?? 0 })),
    );
    this.#labelled("samehand_challenges_total", "Challenges, and attempts at one, by how they went.", ["outcome"], () =>
      [...tally.challenges].map(([outcome, value]) => ({ labels: { outcome }, value })),
    );
    registerStoreMetrics(this.registry, () => ({ ...options.store(), givenUp: tally.writesGivenUp }));
    this.#gauge(
      "samehand_circuit_breaker_tripped",
      "1 while verdicts are only reported.",
      [],
      (gauge) => gauge.set(options.store().tripped ? 1 : 0),
      "max",
    );
    this.#gauge(
      "samehand_locks",
      "Agents that are locked now.",
      [],
      (gauge) => gauge.set(options.store().locks),
      "max",
    );
    this.#settings(options.settings);
    registerDeliveryMetrics(this.registry, options.deliveries);
    registerLogMetric(this.registry);
  }

  #settings(settings: MetricsOptions["settings"]): void {
    this.#gauge(
      "samehand_sessions_limit",
      "Sessions that this gateway may have.",
      [],
      (gauge) => gauge.set(settings().sessionsLimit),
      "max",
    );
    const budget = "False quarantines that the policy accepts per agent and active hour.";
    this.#gauge(
      "samehand_false_quarantine_budget_per_hour",
      budget,
      [],
      (gauge) => gauge.set(settings().falseQuarantinesPerHour),
      "max",
    );
    const ends = "When the certificate ends, in seconds since 1970.";
    this.#gauge(
      "samehand_certificate_not_after_seconds",
      ends,
      [],
      (gauge) => {
        const { certificateEnds } = settings();
        if (certificateEnds === null) gauge.remove();
        else gauge.set(certificateEnds);
      },
      "min",
    );
  }

  /** Hears how long each read and each write of the store took. */
  readonly observeStore = (operation: "read" | "write", seconds: number): void =>
    this.#storeSeconds.observe({ operation }, seconds);

  /** The exposition for a scrape. */
  expose(): Promise<string> {
    return this.registry.metrics();
  }

  /** The same as data, for a process that sums up several. */
  json(): Promise<object[]> {
    return this.registry.getMetricsAsJSON();
  }

  /** Forgets the metrics, and what the library runs for them. */
  close(): void {
    this.registry.clear();
  }

  #counter(name: string, help: string, read: () => number): void {
    const counter = new Counter({
      name,
      help,
      registers: [],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
    this.registry.registerMetric(counter);
  }

  #labelled(
    name: string,
    help: string,
    labelNames: string[],
    read: () => { labels: Record<string, string>; value: number }[],
  ): void {
    const counter = new Counter({
      name,
      help,
      labelNames,
      registers: [],
      collect() {
        this.reset();
        for (const { labels, value } of read()) this.inc(labels, value);
      },
    });
    this.registry.registerMetric(counter);
  }

  /** @param aggregator how the values of several processes become one */
  #gauge(
    name: string,
    help: string,
    labelNames: string[],
    set: (gauge: Gauge) => void,
    aggregator: "sum" | "first" | "min" | "max" = "sum",
  ): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames,
      aggregator,
      registers: [],
      collect() {
        set(this);
      },
    });
    this.registry.registerMetric(gauge);
  }
}
