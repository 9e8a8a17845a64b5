/** The demonstration: desktop, guacd, gateway and front desk, started in that order and stopped in the other. */
import { join } from "node:path";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { type Clock, systemClock } from "../gateway/core/clock.ts";
import { maturityOf } from "../gateway/core/maturity.ts";
import { agentName, epochMillis } from "../gateway/core/units.ts";
import { type Gateway, startGateway } from "../gateway/gateway.ts";
import { issueSamehandToken } from "../gateway/proxy/token/samehand-token.ts";
import { tokenKeys } from "../gateway/settings.ts";
import { Authenticator } from "./authenticator.ts";
import { cacheFolder } from "./cache.ts";
import { startDesk } from "./desk.ts";
import { type AgentView, FrontDesk } from "./front-desk.ts";
import { Guacd } from "./guacd.ts";
import { ensureParts } from "./parts.ts";
import { freePort, onFreePorts } from "./program.ts";
import { Screen } from "./screen.ts";
import { enrolment, writeSettings } from "./settings.ts";

const agents = ["alex", "sam"];
const wanted = { frontDesk: 8080, gateway: 8443, metrics: 9464, admin: 8444 };

/** Runs until Ctrl-C, or until a part of it dies. @returns the exit code */
export async function runDemonstration(): Promise<number> {
  const screen = new Screen(process.stdout);
  // at the first signal, whatever has come up so far is stopped; a second one ends the process at once
  const { promise: interrupted, resolve } = Promise.withResolvers<string>();
  let asked = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (asked) process.exit(1);
      asked = true;
      resolve("");
    });
  const demonstration = new Demonstration(screen, join(cacheFolder(), "demo"));
  try {
    const why = await Promise.race([interrupted, demonstration.start().then(() => demonstration.ended)]);
    screen.end(why);
    return why === "" ? 0 : 1;
  } finally {
    await demonstration.stop();
  }
}

export class Demonstration {
  readonly #screen: Screen;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #stops: (() => Promise<void>)[] = [];
  readonly #ended = Promise.withResolvers<string>();
  #running: { gateway: Gateway; frontDesk: FrontDesk } | null = null;

  /** @param folder where configuration, keys and store are kept */
  constructor(screen: Screen, folder: string, clock: Clock = systemClock) {
    this.#screen = screen;
    this.#folder = folder;
    this.#clock = clock;
  }

  /** The sentence that says what died. */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  get gateway(): Gateway {
    if (this.#running === null) throw new Error("the demonstration does not run");
    return this.#running.gateway;
  }

  /** Where the visitor begins. */
  get url(): string {
    return this.#running?.frontDesk.url ?? "";
  }

  /** Starts all of it. What has come up when this throws is for `stop` to stop. */
  async start(): Promise<void> {
    const screen = this.#screen;
    screen.step("Looking for guacd and a desktop");
    const parts = await ensureParts("desktop", (line) => screen.progress(line));
    screen.step("Starting the desktop and guacd");
    const desk = await startDesk(parts);
    this.#stops.push(() => desk.stop());
    const guacd = await Guacd.start(parts);
    this.#stops.push(() => guacd.stop());
    screen.step("Starting the gateway");
    const behind = { guacd: guacd.port, desktop: desk.port };
    const { gateway, config } = await startBehind(behind, this.#folder, screen, this.#clock);
    this.#stops.push(() => gateway.close());
    const frontDesk = await openFrontDesk(gateway, config, screen);
    this.#stops.push(() => frontDesk.stop());
    this.#running = { gateway, frontDesk };
    screen.welcome({
      frontDesk: frontDesk.url,
      gateway: gateway.url,
      metrics: gateway.metricsUrl,
      console: gateway.admin.firstRunUrl() ?? gateway.admin.url,
      folder: this.#folder,
    });
    void desk.ended.then(() => this.#ended.resolve("the desktop ended"));
    void guacd.ended.then(() => this.#ended.resolve(`guacd ended:\n${guacd.log}`));
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).toReversed()) await stop();
  }
}

async function openFrontDesk(gateway: Gateway, config: Config, screen: Screen): Promise<FrontDesk> {
  const keys = tokenKeys(config);
  const authenticator = new Authenticator(gateway.store, systemClock);
  for (const name of agents) authenticator.enrol(agentName(name));
  return onFreePorts(async () =>
    FrontDesk.start({
      port: await portFor("the front desk", wanted.frontDesk, screen),
      agents: () => agents.map((name) => viewOf(gateway, authenticator, name)),
      picture: (name) => authenticator.picture(agentName(name)),
      decisions: () => decisionsOf(gateway),
      metricsUrl: gateway.metricsUrl,
      link: async (agent, renew) => {
        const expires = epochMillis(Date.now() + 60_000);
        const token = await issueSamehandToken({ agent, connection: "desktop", expires }, keys);
        return `${gateway.url}/#${new URLSearchParams({ token, renew }).toString()}`;
      },
    }),
  );
}

/** The gateway on its usual ports, or on others where those are taken. */
const startBehind = (
  behind: { guacd: number; desktop: number },
  folder: string,
  screen: Screen,
  clock: Clock,
): Promise<{ gateway: Gateway; config: Config }> =>
  onFreePorts(async () => {
    const file = writeSettings(folder, {
      gateway: await portFor("the gateway", wanted.gateway, screen),
      metrics: await portFor("the metrics", wanted.metrics, screen),
      admin: await portFor("the operators' console", wanted.admin, screen),
      ...behind,
    });
    const { config } = loadConfig(file, {});
    return { config, gateway: await startGateway(config, { log: screen.log, clock }) };
  });

async function portFor(what: string, port: number, screen: Screen): Promise<number> {
  const free = await freePort(port);
  if (free !== port) screen.note(`port ${port} is taken: ${what} listens on ${free}`);
  return free;
}

function viewOf(gateway: Gateway, authenticator: Authenticator, name: string): AgentView {
  const { keystrokes, actions } = enrolment.mature;
  const record = gateway.store.agent(agentName(name));
  const lock = gateway.store.lockOf(agentName(name));
  const until = lock?.until ?? 0;
  return {
    name,
    maturity: record === null ? "enrolling" : maturityOf(record, enrolment),
    keystrokes: record?.keystrokes ?? 0,
    actions: record?.actions ?? 0,
    needed: { keystrokes, actions },
    lockedSeconds: Math.max(0, Math.ceil((until - systemClock.wall()) / 1000)),
    code: authenticator.code(agentName(name)),
  };
}

function decisionsOf(gateway: Gateway): { at: number; agent: string; text: string }[] {
  return gateway.store.decisions(8).map((row) => ({
    at: row.at,
    agent: row.name ?? "somebody forgotten",
    text: `${row.verdict}, trust ${Math.round(row.trust)}: ${row.reasons.map((reason) => reason.replace(/^[a-z:-]+: /, "")).join("; ")}`,
  }));
}
