/**
 * A gateway of several processes: workers that share a port (SO_REUSEPORT), and this first process, which has no
 * sessions. It starts workers, puts another in the place of one that died, and speaks for all: one scrape, one
 * readiness, one reload, one drain.
 */
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../../config/schema.ts";
import { changedKeys } from "../../config/watch.ts";
import { Background } from "../../models/background.ts";
import type { Admin } from "../admin/admin.ts";
import { systemClock } from "../core/clock.ts";
import { asSamehandError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { Tally } from "../core/tally.ts";
import { Delivery } from "../delivery/delivery.ts";
import { operators, version } from "../operators.ts";
import { defaultPolicyFile, loadPolicy } from "../policy/policy-file.ts";
import type { Policy } from "../policy/rules.ts";
import { retentionOf, storeOptions, tlsFiles } from "../settings.ts";
import type { Detail } from "../store/audit-entry.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
import { createLog } from "../telemetry/log.ts";
import { FleetMetrics } from "../telemetry/fleet-metrics.ts";
import { MetricsServer } from "../telemetry/metrics-server.ts";
import { Bus } from "./bus.ts";
import type { PemPair } from "./messages.ts";
import { Middle } from "./middle.ts";
import { WorkerProcess } from "./worker-process.ts";

export interface WorkersOptions {
  readonly log?: Log;
  readonly developmentTls?: PemPair;
}

/** One that dies younger than this is replaced more slowly each time, ms. */
const youth = 5000;
const longestPause = 30_000;

export class Workers {
  /** This process's end of the bus: what is published or asked here reaches all workers. */
  readonly fleet = new Bus("0", 2000);
  readonly #log: Log;
  readonly #options: WorkersOptions;
  readonly #middle: Middle;
  readonly #metrics: FleetMetrics;
  /** Of this process, which has no sessions. */
  readonly #tally = new Tally();
  readonly #metricsServer: MetricsServer;
  readonly #store: Store;
  readonly #delivery: Delivery;
  /** The operators' room: it sees the sessions of all. */
  readonly admin: Admin;
  readonly #workers = new Set<WorkerProcess>();
  #policy: Policy;
  #config: Config;
  #started = 0;
  /** Workers that ended by themselves. */
  #ended = 0;
  #port = 0;
  #url = "";
  #metricsUrl = "";
  #draining = false;
  #closing = false;
  /** Said in the audit chain. */
  #listens = false;

  /** Opens the store, for the operators. @throws SamehandError naming the file and what to mend */
  constructor(config: Config, options: WorkersOptions = {}) {
    this.#config = config;
    this.#options = options;
    this.#log = options.log ?? createLog(config.log.level);
    this.#middle = new Middle(this.fleet, () => this.#config.limits.sessions);
    this.#metrics = new FleetMetrics(this.fleet, {
      workers: () => this.#workers.size,
      lost: () => this.#ended,
      deliveries: () => this.#delivery.states,
      store: () => ({
        available: this.#store.problem === null,
        waiting: this.#store.waiting,
        givenUp: this.#tally.writesGivenUp,
      }),
    });
    this.#policy = loadPolicy(config.policy ?? defaultPolicyFile);
    this.#store = openStore({
      ...storeOptions(config),
      log: this.#log,
      tally: this.#tally,
      ...retentionOf(config),
      checkpointBeside: true,
    });
    const out = { receivers: config.delivery, store: this.#store, version, clock: systemClock, log: this.#log };
    this.#delivery = new Delivery(out);
    this.#store.onChange((change) => this.fleet.publish("changed", change));
    this.admin = operators(config, {
      store: this.#store,
      fleet: this.fleet,
      config: () => this.#config,
      policy: () => this.#policy,
      reload: () => this.reload(this.#config),
      peaks: () => Background.load(this.#config.background).facts.peaks,
      clock: systemClock,
      log: this.#log,
      tls: options.developmentTls ?? tlsFiles(config),
    });
    const { host, port } = config.metrics;
    this.#metricsServer = new MetricsServer({ host, port, metrics: this.#metrics, unready: () => this.#unready() });
  }

  /** Where pages and the tunnel are. */
  get url(): string {
    return this.#url;
  }

  /** Where /metrics, /healthz and /readyz are. */
  get metricsUrl(): string {
    return this.#metricsUrl;
  }

  /** Process ids of the workers that live. */
  get pids(): number[] {
    return [...this.#workers].map(({ pid }) => pid);
  }

  /** @throws SamehandError where a worker cannot start, or an address cannot be had */
  async listen(): Promise<void> {
    const address: AddressInfo = await this.#metricsServer.listen();
    const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
    this.#metricsUrl = `http://${host}:${address.port}`;
    await this.admin.listen();
    // The first takes the port, where the system chooses it; the others share it.
    const { port, url } = await this.#start().listening;
    this.#port = port;
    this.#url = url;
    await Promise.all(Array.from({ length: this.#config.workers - 1 }, () => this.#start().listening));
    const { mode, workers } = this.#config;
    this.#delivery.start();
    this.#note("gateway.started", { version, mode, workers, policy: this.#policy.digest });
    this.#listens = true;
    this.#log.info({ listen: url, console: this.admin.url, metrics: this.metricsUrl, mode, workers }, "listening");
  }

  /** Has every worker take a new configuration. @throws SamehandError the first refusal; that worker changed nothing */
  async reload(config: Config): Promise<void> {
    // How many there are is settled at the start.
    const next = { ...config, workers: this.#config.workers };
    const deliver = this.#delivery.prepare(config.delivery);
    const policy = loadPolicy(config.policy ?? defaultPolicyFile);
    const tls = this.#options.developmentTls ?? tlsFiles(config);
    const keys = changedKeys(this.#config, next);
    const [first] = this.#workers;
    // One is asked first: what it refuses none of the others is told.
    const refusal = (await first?.reload(next)) ?? null;
    if (refusal !== null) throw refusal;
    this.#config = next;
    // All that live now, those too that began with the old one meanwhile.
    const others = [...this.#workers].filter((worker) => worker !== first);
    this.#policy = policy;
    this.admin.useCertificate(tls);
    deliver();
    this.#note("configuration.changed", { mode: config.mode, keys, policy: policy.digest });
    const refusals = await Promise.all(others.map((worker) => worker.reload(next)));
    const late = refusals.find((each) => each !== null);
    if (late !== undefined && late !== null) throw late;
  }

  /** Refuses new sessions everywhere, and lets live ones finish until `drainSeconds` have passed. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#log.info({ sessions: this.#middle.sessions, seconds: this.#config.drainSeconds }, "draining");
    await Promise.all([...this.#workers].map((worker) => worker.drain()));
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#workers].map((worker) => worker.close()));
    await this.admin.close();
    // What never listened did not stop: on the same store another one may be at work.
    if (this.#listens) this.#note("gateway.stopped", {});
    await this.#delivery.stop();
    this.#store.close();
    await this.#metricsServer.close();
    this.#metrics.close();
  }

  #note(action: string, detail: Detail): void {
    this.#store.audit.note({ actor: "gateway", action, why: "", detail });
  }

  #start(): WorkerProcess {
    const config = this.#port === 0 ? this.#config : withPort(this.#config, this.#port);
    const name = String(++this.#started);
    const worker = new WorkerProcess(
      { name, config, developmentTls: this.#options.developmentTls ?? null },
      this.fleet,
    );
    const begun = performance.now();
    this.#workers.add(worker);
    let listened = false;
    worker.listening.then(
      () => (listened = true),
      () => {},
    );
    void worker.gone.then(({ code, signal }) =>
      this.#lost(worker, listened ? performance.now() - begun : null, signal ?? code),
    );
    return worker;
  }

  /** @param age ms; null of one that never listened, which is tried again by whoever started it */
  #lost(worker: WorkerProcess, age: number | null, how: number | string | null): void {
    this.#workers.delete(worker);
    this.#metrics.lost(worker.name);
    this.#middle.gone(worker.name);
    if (age === null || this.#closing || this.#draining || this.#port === 0) return;
    this.#ended += 1;
    this.#log.error({ worker: worker.name, how }, "a worker ended with its sessions; another takes its place");
    void this.#replace(age < youth ? 250 : 0);
  }

  /** @param pause ms */
  async #replace(pause: number): Promise<void> {
    for (let wait = pause; !this.#closing && !this.#draining; wait = Math.min(longestPause, Math.max(500, 2 * wait))) {
      await sleep(wait, undefined, { ref: false });
      if (this.#closing || this.#draining) return;
      try {
        const worker = this.#start();
        await worker.listening;
        this.#log.info({ worker: worker.name }, "a worker took the place of another");
        return;
      } catch (error) {
        const { code, detail } = asSamehandError(error, "worker-lost");
        this.#log.error({ worker: String(this.#started), code, detail }, "a worker cannot start");
      }
    }
  }

  async #unready(): Promise<string[]> {
    if (this.#draining) return ["draining"];
    const answers = await this.fleet.ask("unready", null);
    if (answers.length === 0) return ["no worker answers"];
    return answers.some((reasons) => reasons.length === 0) ? [] : [...new Set(answers.flat())];
  }
}

const withPort = (config: Config, port: number): Config => ({ ...config, listen: { ...config.listen, port } });

/** Workers that listen. @throws as `Workers.listen` */
export async function startWorkers(config: Config, options: WorkersOptions = {}): Promise<Workers> {
  const workers = new Workers(config, options);
  try {
    await workers.listen();
  } catch (error) {
    await workers.close();
    throw error;
  }
  return workers;
}
