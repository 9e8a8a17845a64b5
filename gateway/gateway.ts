/**
 * Puts a gateway together from a configuration: store, background, judge, proxy, metrics; reloads, drains and
 * stops it. The command line and the tests use the same one.
 */
import { X509Certificate } from "node:crypto";
import type { AddressInfo } from "node:net";
import { readKeyRing } from "../config/load.ts";
import { changedKeys } from "../config/watch.ts";
import type { Config } from "../config/schema.ts";
import { Background } from "../models/background.ts";
import type { Admin } from "./admin/admin.ts";
import { type Clock, systemClock } from "./core/clock.ts";
import { SamehandError } from "./core/errors.ts";
import type { Log } from "./core/log.ts";
import type { Fleet } from "./core/fleet.ts";
import { Tally } from "./core/tally.ts";
import { Bus } from "./fleet/bus.ts";
import { TraceSender } from "./delivery/traces.ts";
import { Delivery } from "./delivery/delivery.ts";
import { LiveJudge } from "./judge/judge.ts";
import { defaultPolicyFile, loadPolicy } from "./policy/policy-file.ts";
import type { Policy } from "./policy/rules.ts";
import { operators, version } from "./operators.ts";
import { ownAnswers } from "./own-page.ts";
import { agentPages } from "./pages/pages.ts";
import { passkeyPosts } from "./passkey-page.ts";
import type { Page, ProxyOptions, TlsPair } from "./proxy/options.ts";
import { Proxy } from "./proxy/proxy.ts";
import type { Tokens } from "./proxy/token/ticket.ts";
import { acceptedTokens, proxyOptions, retentionOf, siteOf, storeOptions, tlsFiles } from "./settings.ts";
import { openStore } from "./store/open-store.ts";
import type { Detail } from "./store/audit-entry.ts";
import type { Store } from "./store/store.ts";
import { createLog } from "./telemetry/log.ts";
import { Metrics } from "./telemetry/metrics.ts";
import { MetricsServer } from "./telemetry/metrics-server.ts";

export interface GatewayOptions {
  /** Standard output's JSON lines by default. */
  readonly log?: Log;
  readonly clock?: Clock;
  /** The pages that are served beside the tunnel; the agent's page by default. */
  readonly pages?: ReadonlyMap<string, Page>;
  /** Certificate and key for `listen.tls.development`. */
  readonly developmentTls?: TlsPair;
  /** In place of what the configuration accepts as a token. */
  readonly tokens?: Tokens;
  /** Sessions come from another server, which hands its upgrades to `proxy.take`: no port of its own is opened for them. */
  readonly attached?: boolean;
  /** Where this is one process of several: metrics, readiness and the sum of all are the first one's business. */
  readonly fleet?: Bus;
}

export class Gateway {
  readonly store: Store;
  readonly tally = new Tally();
  /** How to reach every process of the gateway: this one alone, or one of several. */
  readonly fleet: Fleet;
  readonly proxy: Proxy;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #judge: LiveJudge;
  readonly #metrics: Metrics;
  readonly #metricsServer: MetricsServer;
  readonly admin: Admin;
  /** The first process's business, where there are several. */
  readonly #delivery: Delivery | null;
  readonly #traces: TraceSender;
  readonly #options: GatewayOptions;
  #config: Config;
  #policy: Policy;
  #tokens: Tokens;
  #tls: TlsPair | null;
  #draining = false;
  /** Said in the audit chain. */
  #started = false;
  #address: AddressInfo | null = null;
  #metricsAddress: AddressInfo | null = null;

  /**
   * Opens the store and reads every file that the configuration names; listens on nothing yet.
   * @throws SamehandError naming the file and what to mend
   */
  constructor(config: Config, options: GatewayOptions = {}) {
    this.#config = config;
    this.#options = options;
    this.fleet = options.fleet ?? new Bus("1");
    this.#log = options.log ?? createLog(config.log.level);
    this.#clock = options.clock ?? systemClock;
    this.#policy = loadPolicy(config.policy ?? defaultPolicyFile);
    this.#tls = this.#certificate(config);
    const background = Background.load(config.background);
    this.#metrics = new Metrics({
      tally: this.tally,
      version,
      store: () => ({
        waiting: this.store.waiting,
        available: this.store.problem === null,
        locks: this.store.locks().length,
        tripped: this.store.breaker.tripped !== null,
      }),
      settings: () => ({
        sessionsLimit: this.#config.limits.sessions,
        falseQuarantinesPerHour: this.#policy.budget.falseQuarantinesPerHour,
        certificateEnds: this.#tls === null ? null : endOf(this.#tls),
      }),
      deliveries: () => this.#delivery?.states ?? [],
    });
    const { observeStore } = this.#metrics;
    const base = { log: this.#log, clock: this.#clock, tally: this.tally };
    try {
      this.store = openStore({
        ...storeOptions(config),
        ...retentionOf(config),
        ...base,
        observe: observeStore,
        checkpointBeside: true,
      });
    } catch (error) {
      this.#metrics.close();
      throw error;
    }
    try {
      this.#tokens = this.#accepted(config);
      const { name } = this.fleet;
      const instance = `${this.store.installation}/${name}`;
      this.#traces = new TraceSender({ ...base, traces: config.traces, version, instance });
      this.#judge = new LiveJudge({
        ...base,
        traces: this.#traces,
        fleet: this.fleet,
        store: this.store,
        background,
        settings: () => ({
          mode: this.#config.mode,
          policy: this.#policy,
          enrolment: this.#config.enrolment,
          sessionsPerAgent: this.#config.limits.sessionsPerAgent,
          language: this.#config.organisation.language,
          notice: this.#config.organisation.notice,
          url: this.#config.listen.url,
        }),
      });
      this.proxy = new Proxy({
        ...base,
        fleet: this.fleet,
        judge: this.#judge,
        tokens: { open: (token) => this.#tokens.open(token) },
        options: this.#proxyOptions(config, this.#tls),
      });
      this.admin = operators(config, {
        store: this.store,
        fleet: this.fleet,
        config: () => this.#config,
        policy: () => this.#policy,
        reload: () => this.reload(this.#config),
        peaks: () => background.facts.peaks,
        clock: this.#clock,
        log: this.#log,
        tls: this.#tls,
      });
      const out = { receivers: config.delivery, store: this.store, version, clock: this.#clock, log: this.#log };
      this.#delivery = this.#options.fleet === undefined ? new Delivery(out) : null;
    } catch (error) {
      this.store.close();
      this.#metrics.close();
      throw error;
    }
    const { host, port } = config.metrics;
    this.#join();
    this.#metricsServer = new MetricsServer({ host, port, metrics: this.#metrics, unready: () => this.#unready() });
  }

  /** Listens. @throws SamehandError `address-unusable` */
  async listen(): Promise<void> {
    // Of several processes the first has these, and says when all listen.
    if (this.#options.fleet === undefined) {
      this.#metricsAddress = await this.#metricsServer.listen();
      await this.admin.listen();
    }
    if (this.#options.attached === true) this.proxy.attach();
    else this.#address = await this.proxy.listen();
    if (this.#options.fleet !== undefined) return;
    const { mode } = this.#config;
    this.#delivery?.start();
    this.#note("gateway.started", { version, mode, policy: this.#policy.digest });
    this.#started = true;
    const { url: console } = this.admin;
    this.#log.info({ listen: this.url, console, metrics: this.metricsUrl, mode }, "listening");
  }

  /** Where pages and the tunnel are, such as `http://127.0.0.1:8443`. */
  get url(): string {
    return `${this.#tls === null ? "http" : "https"}://${authority(this.#address)}`;
  }

  /** The tunnel's address, to which the token and the screen's size are added as a query. */
  get tunnelUrl(): string {
    return `${this.url.replace(/^http/, "ws")}/websocket-tunnel`;
  }

  /** Where /metrics, /healthz and /readyz are. */
  get metricsUrl(): string {
    return `http://${authority(this.#metricsAddress)}`;
  }

  /**
   * Takes a new configuration without touching a session. Addresses, store and background stay until a restart.
   * @throws SamehandError and changes nothing, where a file that it names cannot be used
   */
  reload(config: Config): void {
    const policy = loadPolicy(config.policy ?? defaultPolicyFile);
    const tls = this.#certificate(config);
    const tokens = this.#accepted(config);
    const keys = readKeyRing(config.keys, "keys");
    const options = this.#proxyOptions(config, tls);
    const deliver = this.#delivery?.prepare(config.delivery);
    const trace = this.#traces.prepare(config.traces);
    const changed = changedKeys(this.#config, config);
    // Everything is read: from here on nothing fails.
    this.store.useKeys(keys);
    this.#policy = policy;
    this.#tls = tls;
    this.#tokens = tokens;
    this.#config = config;
    this.proxy.reload(options);
    this.admin.useCertificate(tls);
    deliver?.();
    trace();
    this.#note("configuration.changed", { mode: config.mode, keys: changed, policy: policy.digest });
    this.#log.info({ mode: config.mode }, "configuration reloaded");
    // Agents may have been enrolled from recordings meanwhile: nobody should wait an hour for them to count.
    void this.refreshBackground();
  }

  /** Refuses new sessions, and lets live ones finish until `drainSeconds` have passed. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#log.info({ sessions: this.proxy.sessions.size, seconds: this.#config.drainSeconds }, "draining");
    await this.proxy.drain(this.#config.drainSeconds * 1000);
  }

  /** Makes the farm's background from its agents anew, as happens each hour; resolves when it serves. Never rejects. */
  refreshBackground(): Promise<void> {
    return this.#judge.refresh();
  }

  /** Ends what lives, saves what was learned, and gives everything back. */
  async close(): Promise<void> {
    await this.proxy.close();
    await this.admin.close();
    await this.#judge.close();
    // What never listened did not stop: on the same store another one may be at work.
    if (this.#started) this.#note("gateway.stopped", {});
    await this.#delivery?.stop();
    await this.#traces.stop();
    this.store.close();
    if (this.#metricsAddress !== null) await this.#metricsServer.close();
    this.#metrics.close();
  }

  /** In which mode the gateway ran when is part of what a verdict rests on. */
  #note(action: string, detail: Detail): void {
    if (this.#options.fleet === undefined) this.store.audit.note({ actor: "gateway", action, why: "", detail });
  }

  /** Tells the others what changes in the store here, hears of what changes there, and answers for this process. */
  #join(): void {
    let hearing = false;
    this.store.onChange((change) => {
      if (!hearing) this.fleet.publish("changed", change);
    });
    this.fleet.subscribe("changed", (change, elsewhere) => {
      if (!elsewhere) return;
      hearing = true;
      this.store.heard(change);
      hearing = false;
    });
    const { sessions } = this.#judge;
    this.fleet.answer("sessions", () => ({ worker: this.fleet.name, sessions: sessions.summaries() }));
    this.fleet.answer("session", (id) => sessions.detail(id));
    this.fleet.answer("act", ({ id, act }) => sessions.act(id, act));
    this.fleet.answer("unready", () => this.#unready());
    this.fleet.answer("metrics", async () => ({ worker: this.fleet.name, metrics: await this.#metrics.json() }));
  }

  #unready(): string[] {
    const reasons: string[] = [];
    if (this.#draining) reasons.push("draining");
    if (this.store.problem !== null) reasons.push(this.store.problem.message);
    if (!this.proxy.reaches) reasons.push("no web application answers");
    return reasons;
  }

  #proxyOptions(config: Config, tls: TlsPair | null): ProxyOptions {
    const tokens = { open: (token: string) => this.#tokens.open(token) };
    const { confirmations } = this.#judge;
    return {
      ...proxyOptions(config, tls, this.#pages()),
      answers: ownAnswers({ store: this.store, config: () => this.#config, tokens }),
      posts: passkeyPosts({ store: this.store, confirmations, clock: this.#clock, site: () => siteOf(this.#config) }),
    };
  }

  #accepted(config: Config): Tokens {
    return this.#options.tokens ?? acceptedTokens(config, this.store, this.#clock);
  }

  #pages(): ReadonlyMap<string, Page> {
    return this.#options.pages ?? agentPages();
  }

  #certificate(config: Config): TlsPair | null {
    if (config.listen.tls?.development !== true) return tlsFiles(config);
    if (this.#options.developmentTls !== undefined) return this.#options.developmentTls;
    throw new SamehandError(
      "config-invalid",
      "listen.tls.development needs `samehand serve`, which makes the certificate",
    );
  }
}

/** When a certificate ends, seconds since 1970. */
const endOf = ({ cert }: TlsPair): number => new X509Certificate(cert).validToDate.getTime() / 1000;

function authority(address: AddressInfo | null): string {
  if (address === null) return "";
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `${host}:${address.port}`;
}

/** A gateway that listens. @throws SamehandError */
export async function startGateway(config: Config, options: GatewayOptions = {}): Promise<Gateway> {
  const gateway = new Gateway(config, options);
  try {
    await gateway.listen();
  } catch (error) {
    await gateway.close();
    throw error;
  }
  return gateway;
}
