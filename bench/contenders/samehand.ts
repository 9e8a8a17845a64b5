/**
 * The gateway itself, as `samehand serve` runs it: own tokens, report mode, every session of an enrolled and mature
 * agent, so that each event is inspected, scored and decided on. TLS is a second gateway, started when it is asked for.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { freePort } from "../../demo/program.ts";
import { newKeyLine, parseKeyRing } from "../../gateway/core/key-ring.ts";
import { epochMillis } from "../../gateway/core/units.ts";
import { issueSamehandToken, type TokenKey } from "../../gateway/proxy/token/samehand-token.ts";
import { agentAt, enrolAgents } from "../enrolled.ts";
import { atRest } from "../meter.ts";
import { connectionOf, type Contender, type Setting } from "./contender.ts";

export interface SamehandOptions {
  /** Enrolled agents; sessions are spread over them. */
  readonly agents: number;
  /** Processes that share the port; the configuration's default where it is left out. */
  readonly workers?: number;
}

const command = fileURLToPath(new URL("../../bin/samehand", import.meta.url));
const plenty = 1_000_000;
let runs = 0;

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
}

interface Ports {
  readonly port: number;
  readonly metrics: number;
}

function configuration(setting: Setting, { port, metrics }: Ports, tls: boolean, workers?: number): object {
  const files = { cert: join(setting.folder, "cert.pem"), key: join(setting.folder, "key.pem") };
  return {
    listen: {
      port,
      ...(tls ? { tls: files } : {}),
      ...(setting.desktop === undefined ? {} : { origins: [setting.desktop.origin] }),
    },
    metrics: { port: metrics },
    admin: { port: 0 },
    ...(workers === undefined ? {} : { workers }),
    guacd: [`127.0.0.1:${setting.guacd}`],
    tokens: { keys: { file: "token-keys" } },
    keys: { file: "keys" },
    store: "samehand.db",
    enrolment: { mature: { keystrokes: 2000, actions: 500, days: 1 } },
    limits: {
      sessions: plenty,
      connections: plenty,
      connectionsPerAddress: plenty,
      sessionsPerAgent: plenty,
      upgradesPerSecond: plenty,
      upgradeBurst: plenty,
    },
  };
}

/** @throws Error when it is not ready within ten seconds, or ends */
async function serve(setting: Setting, folder: string, tls: boolean, workers?: number): Promise<Running> {
  const { port, metrics } = { port: await freePort(), metrics: await freePort() };
  const file = join(folder, tls ? "tls.yaml" : "plain.yaml");
  writeFileSync(file, stringify(configuration(setting, { port, metrics }, tls, workers)));
  const child = spawn(command, ["serve", "--config", file], {
    stdio: ["ignore", "ignore", process.env["BENCH_DEBUG"] === undefined ? "ignore" : "inherit"],
  });
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    await wait(50);
    const ready = await fetch(`http://127.0.0.1:${metrics}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return { child, port };
  }
  child.kill("SIGKILL");
  throw new Error("samehand serve does not become ready");
}

async function url(
  setting: Setting,
  running: Running,
  tls: boolean,
  keys: readonly TokenKey[],
  number: number,
  agent: string,
): Promise<string> {
  const settings = connectionOf(setting, number);
  const connection = { name: "bench", protocol: "vnc", settings };
  const token = await issueSamehandToken({ agent, connection, expires: epochMillis(Date.now() + 1_800_000) }, keys);
  return `${tls ? "wss" : "ws"}://127.0.0.1:${running.port}/websocket-tunnel?token=${token}`;
}

export const samehand =
  ({ agents, workers }: SamehandOptions) =>
  async (setting: Setting): Promise<Contender> => {
    const folder = join(setting.folder, `samehand-${runs++}`);
    mkdirSync(folder);
    const [keyLine, tokenLine] = [newKeyLine(new Date()), newKeyLine(new Date())];
    writeFileSync(join(folder, "keys"), keyLine, { mode: 0o600 });
    writeFileSync(join(folder, "token-keys"), tokenLine, { mode: 0o600 });
    writeFileSync(join(setting.folder, "cert.pem"), setting.cert);
    writeFileSync(join(setting.folder, "key.pem"), setting.key, { mode: 0o600 });
    enrolAgents(join(folder, "samehand.db"), parseKeyRing(keyLine, "keys"), agents);
    const { id, secret } = parseKeyRing(tokenLine, "token-keys").newest;
    const keys = [{ id, key: secret }];
    const running: Running[] = [await serve(setting, folder, false, workers)];
    return {
      name: "samehand",
      get pids() {
        return running.map(({ child }) => child.pid ?? 0);
      },
      async urls(first, count, tls) {
        if (tls && running.length === 1) {
          const secure = await serve(setting, folder, true, workers);
          running.push(secure);
          await atRest([secure.child.pid ?? 0]);
        }
        const gateway = running[tls ? 1 : 0];
        const numbers = Array.from({ length: count }, (_, index) => first + index);
        return Promise.all(numbers.map((number) => url(setting, gateway, tls, keys, number, agentAt(number % agents))));
      },
      async stop() {
        for (const { child } of running) {
          if (child.exitCode !== null || child.signalCode !== null) continue;
          const ended = once(child, "exit");
          child.kill("SIGKILL");
          await ended;
        }
      },
    };
  };
