/** `samehand serve` as a process: what it says when its files change, and that it stops when told to. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { createInterface } from "node:readline";
import t from "tap";
import { loadConfig } from "../../config/load.ts";
import { newKeyLine } from "../core/key-ring.ts";
import { storeOptions } from "../settings.ts";
import { openStore } from "../store/open-store.ts";
import { run } from "./serve.ts";

type Line = Record<string, unknown>;

t.test("a SIGHUP and a SIGTERM that come while the gateway starts are heard", async (t) => {
  const ring = newKeyLine(new Date(0));
  const yaml = "listen: {port: 0}\nmetrics: {port: 0}\nadmin: {port: 0}\nlog: {level: silent}\n";
  const folder = t.testdir({ "samehand.yaml": yaml, "samehand.keys": ring, "samehand.token-keys": ring });
  const at = ["--config", `${folder}/samehand.yaml`];
  const stopping = new AbortController();
  let hangUp = (): void => void t.fail("nobody hears a SIGHUP yet: it would end the process");
  const stderr = { write: () => {} };
  const ended = run(at, {
    stdout: stderr,
    stderr,
    env: {},
    stop: stopping.signal,
    onReload: (listener) => void (hangUp = listener),
  });
  hangUp();
  stopping.abort();
  t.equal(await ended, 0);
  const { config } = loadConfig(at[1] ?? null, {});
  const store = openStore(storeOptions(config));
  const actions = store.audit.newest(10).map(({ action }) => action);
  store.close();
  t.same(actions, ["gateway.stopped", "configuration.changed", "gateway.started"]);
});

t.test("serve takes changes of its files, refuses bad ones, and stops whole", { timeout: 60_000 }, async (t) => {
  const settings = (sessions: string): string => `listen: {port: 0, tls: {development: true}}
metrics: {port: 0}
admin: {port: 0}
policy: policy.yaml
limits: {sessions: ${sessions}}
`;
  const shipped = readFileSync(new URL("../../config/policy.default.yaml", import.meta.url), "utf8");
  const folder = t.testdir({
    "samehand.yaml": settings("5"),
    "policy.yaml": shipped,
    "samehand.keys": newKeyLine(new Date(0)),
    "samehand.token-keys": newKeyLine(new Date(0)),
  });
  const main = new URL("../main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [main, "serve", "--config", `${folder}/samehand.yaml`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  const exit = once(child, "exit");
  const lines: Line[] = [];
  const heard = createInterface({ input: child.stdout });
  heard.on("line", (line) => lines.push(JSON.parse(line) as Line));
  /** The next line with this message, from those not yet looked at. */
  const next = async (message: string): Promise<Line> => {
    for (;;) {
      const line = lines.shift();
      if (line?.["msg"] === message) return line;
      if (line === undefined) await once(heard, "line");
    }
  };

  t.match(await next("a development certificate is in use"), { trust: `${folder}/development-tls/ca.pem` });
  const { listen } = (await next("listening")) as { listen: string };
  const response = await new Promise<{ socket: unknown }>((resolve, reject) => {
    const ca = readFileSync(`${folder}/development-tls/ca.pem`);
    get(listen.replace("127.0.0.1", "localhost"), { ca, family: 4 }, resolve).on("error", reject);
  });
  t.match(response, { socket: { authorized: true }, statusCode: 200 }, "node:tls verifies the certificate");

  writeFileSync(`${folder}/samehand.yaml`, settings("6"));
  t.match(await next("the configuration changed"), { keys: ["limits.sessions"], afterRestart: [] });
  await next("configuration reloaded");
  writeFileSync(`${folder}/samehand.yaml`, settings("six"));
  t.match(await next("the change was refused; what ran goes on"), { detail: /samehand\.yaml:5:20: `limits.sessions`/ });
  writeFileSync(`${folder}/policy.yaml`, shipped.replace("trust <=", "trst <="));
  t.match(await next("the change was refused; what ran goes on"), { code: "policy-invalid", detail: /trst/ });
  writeFileSync(`${folder}/policy.yaml`, shipped);
  await next("configuration reloaded");
  writeFileSync(`${folder}/samehand.yaml`, settings("6"));
  child.kill("SIGHUP");
  await next("configuration reloaded");
  child.kill("SIGTERM");
  t.same(await exit, [0, null]);
});
