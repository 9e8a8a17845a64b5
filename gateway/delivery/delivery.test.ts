/** The ways out to real receivers: HTTP servers and an rsyslog that speaks TLS; and what happens while one is away. */
import { createHmac, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type AddressInfo, createServer as createPlainServer } from "node:net";
import type { TLSSocket } from "node:tls";
import { createLocalJWKSet, exportJWK, jwtVerify } from "jose";
import t, { type Test } from "tap";
import { parseConfig } from "../../config/load.ts";
import { connectable, freePort, Program } from "../../demo/program.ts";
import { certificate } from "../../test/fixtures/certificate.ts";
import { watchers } from "../../test/parts/prometheus.ts";
import { systemClock } from "../core/clock.ts";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { silentLog } from "../core/log.ts";
import { agentName, epochMillis } from "../core/units.ts";
import { openStore } from "../store/open-store.ts";
import { sessionRevoked } from "./caep.ts";
import { Delivery } from "./delivery.ts";
import { lineFile } from "./line-file.ts";
import type { Notice } from "./notice.ts";
import { syslog } from "./syslog.ts";

interface Heard {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver that answers what `status` says. */
async function receiver(t: Test, status: (heard: Heard) => number, port = 0) {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const each = { headers: request.headers, body };
      const code = status(each);
      if (code < 300) heard.push(each);
      response.writeHead(code).end();
    });
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(stop);
  const { port: listening } = server.address() as AddressInfo;
  return { heard, stop, port: listening, url: `http://127.0.0.1:${listening}/events` };
}

const keyLine = newKeyLine(new Date(0));

/** A store and its deliveries, as a gateway starts them; the same folder again is the same gateway after a restart. */
function start(t: Test, folder: string, receivers: unknown[]) {
  const configured = (delivery: unknown[]) =>
    parseConfig(JSON.stringify({ delivery }), join(folder, "samehand.yaml"), {}).config.delivery;
  const store = openStore({ path: join(folder, "store.db"), keys: parseKeyRing(keyLine, "test") });
  const delivery = new Delivery({
    receivers: configured(receivers),
    store,
    version: "1.0.0",
    clock: systemClock,
    log: silentLog,
  });
  delivery.start();
  let running = true;
  const stop = async () => {
    if (!running) return;
    running = false;
    await delivery.stop();
    store.close();
  };
  t.teardown(stop);
  const note = (action: string, why = "test") =>
    store.audit.note({ actor: "operator:olga", action, why, agent: agentName("anna") });
  return { store, delivery, note, stop, prepare: (others: unknown[]) => delivery.prepare(configured(others)) };
}

/** Passes once it is so. */
async function until(so: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !so(); tries++) {
    if (tries > 600) throw new Error(`not within 30 s: ${what}`);
    await sleep(50);
  }
}

const lines = (heard: readonly Heard[]): { seq: number; action: string; agent: string }[] =>
  heard.flatMap(({ body }) =>
    body
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as never),
  );

t.test("signed webhooks arrive in order, over an outage and a restart, and a refused entry is set aside", async (t) => {
  t.setTimeout(60_000);
  const folder = t.testdir({ secret: "hush\n" });
  const status = (each: Heard) => (each.body.includes("poison") ? 422 : 204);
  const first = await receiver(t, status);
  const hook = { name: "hook", kind: "webhook", url: first.url, secret: { file: join(folder, "secret") } };
  const gateway = start(t, folder, [hook]);
  gateway.store.enrol(agentName("anna"));
  await until(() => gateway.store.deliveries.state("hook") !== null, "the first look");
  gateway.note("agent.locked");
  await until(() => first.heard.length > 0, "the first");
  const [{ headers, body }] = first.heard as [Heard];
  const signed = createHmac("sha256", "hush")
    .update(`${String(headers["samehand-timestamp"])}.${body}`)
    .digest("hex");
  t.equal(headers["samehand-signature"], `v1=${signed}`);
  t.match(lines(first.heard).at(-1), { action: "agent.locked", agent: "anna", actor: "operator:olga" });

  await first.stop();
  gateway.note("agent.unlocked");
  await until(() => (gateway.delivery.states[0]?.failures ?? 0) > 0, "a failure");
  t.ok((gateway.delivery.states[0]?.lagSeconds ?? 0) > 0, "what waits is seen");
  await gateway.stop();

  const second = await receiver(t, status, first.port);
  const again = start(t, folder, [hook]);
  again.note("policy.applied", "poison");
  again.note("agent.locked");
  await until(() => again.delivery.states[0]?.deadLetters === 1, "the dead letter");
  await until(() => lines(second.heard).length >= 2, "the others");
  t.same(
    lines(second.heard).map(({ action }) => action),
    ["agent.unlocked", "agent.locked"],
    "none lost, none twice",
  );
  t.match(again.store.deliveries.state("hook")?.dead, [{ why: "HTTP 422", again: false }]);
  t.equal(again.store.deliveries.retry("hook"), 1);
  await until(() => again.store.deliveries.state("hook")?.dead[0]?.again === false, "the second refusal");
  t.equal(lines(second.heard).length, 2);
});

t.test("what is to be tried again is tried, also where that was asked during an attempt", async (t) => {
  t.setTimeout(60_000);
  const folder = t.testdir({ secret: "hush\n" });
  let asked = 0;
  const { heard, url } = await receiver(t, ({ body }) => {
    if (body.includes("during")) asked = gateway.store.deliveries.retry("hook");
    return body.includes("poison") && asked === 0 ? 422 : 204;
  });
  const gateway = start(t, folder, [{ name: "hook", kind: "webhook", url, secret: { file: join(folder, "secret") } }]);
  gateway.store.enrol(agentName("anna"));
  await until(() => gateway.store.deliveries.state("hook") !== null, "the first look");
  gateway.note("policy.applied", "poison");
  await until(() => gateway.delivery.states[0]?.deadLetters === 1, "the dead letter");
  gateway.note("agent.locked", "during");
  await until(() => lines(heard).some(({ action }) => action === "policy.applied"), "it is sent again");
  t.equal(asked, 1);
  await until(() => gateway.store.deliveries.state("hook")?.dead.length === 0, "and no longer set aside");
});

t.test("a key that cannot sign a CAEP event is told at the start, and an older form of one that can is taken", (t) => {
  const pem = (namedCurve: string) => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve });
    return privateKey.export({ type: "sec1", format: "pem" }) as string;
  };
  const folder = t.testdir({ other: pem("P-384"), none: "hush\n", old: pem("P-256") });
  const told = { kind: "caep", url: "http://127.0.0.1:1/", issuer: "https://gate", audience: "https://idp" };
  const using = (key: string) => () => start(t, folder, [{ ...told, name: "caep", key: { file: join(folder, key) } }]);
  for (const key of ["other", "none"]) t.throws(using(key), { code: "config-invalid" });
  t.doesNotThrow(using("old"));
  t.end();
});

t.test("a severed session is told as a signed CAEP event, and nothing else is", async (t) => {
  t.setTimeout(60_000);
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const folder = t.testdir({ key: privateKey.export({ type: "pkcs8", format: "pem" }) as string });
  const { heard, url } = await receiver(t, () => 202);
  const caep = {
    name: "caep",
    kind: "caep",
    url,
    key: { file: join(folder, "key") },
    issuer: "https://gate",
    audience: "https://idp",
  };
  const gateway = start(t, folder, [caep]);
  gateway.store.enrol(agentName("anna"));
  await until(() => gateway.store.deliveries.state("caep") !== null, "the first look");
  gateway.note("agent.locked");
  gateway.note("session.severed");
  await until(() => heard.length > 0, "the event");
  t.equal(heard[0]?.headers["content-type"], "application/secevent+jwt");
  const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: "samehand", alg: "ES256" }] });
  const { payload, protectedHeader } = await jwtVerify(heard[0].body, keys, {
    issuer: "https://gate",
    audience: "https://idp",
  });
  t.equal(protectedHeader.typ, "secevent+jwt");
  t.match(payload, { sub_id: { user: { id: "anna" } }, events: { [sessionRevoked]: { initiating_entity: "admin" } } });
  await until(() => gateway.delivery.states[0]?.lagSeconds === 0, "all is told");
  t.equal(heard.length, 1);
});

t.test("lines of JSON go into a file, and into a new one when it was rotated", async (t) => {
  const folder = t.testdir();
  const path = join(folder, "audit.ndjson");
  const gateway = start(t, folder, [{ name: "file", kind: "file", path, format: "ecs" }]);
  await until(() => gateway.store.deliveries.state("file") !== null, "the first look");
  const read = (): string => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return "";
    }
  };
  gateway.note("agent.locked");
  await until(() => read().includes("agent.locked"), "the first line");
  rmSync(path);
  gateway.note("agent.unlocked");
  await until(() => read().includes("agent.unlocked"), "the second");
  t.match(JSON.parse(read()), { ecs: { version: "8.11.0" }, event: { action: "agent.unlocked" } });
});

t.test("a line that was written in half, as on a full disk, spoils no other", async (t) => {
  const path = join(t.testdir({ "audit.ndjson": '{"seq":1}\n{"seq":2,"act' }), "audit.ndjson");
  const carrier = lineFile(path, "samehand", "1.0.0");
  const notice: Notice = {
    installation: "i",
    id: "2-0",
    hash: "0",
    seq: 2,
    at: epochMillis(0),
    actor: "gateway",
    action: "verdict.sever",
    session: null,
    agent: null,
    why: "",
    detail: {},
    severity: 9,
  };
  await carrier.carry([notice]);
  await carrier.carry([notice]);
  const whole = readFileSync(path, "utf8").split("\n");
  t.equal(whole[1], '{"seq":2,"act', "what was there stays");
  t.match(JSON.parse(whole[2] ?? ""), { seq: 2, action: "verdict.sever" });
  t.match(JSON.parse(whole[3] ?? ""), { seq: 2, action: "verdict.sever" });
  t.same(whole.slice(4), [""]);
});

type Parts = NonNullable<Awaited<ReturnType<typeof watchers>>>;

/** A real rsyslog that takes TLS at a port and writes what it got into a file. @param ca whom it trusts, in the folder */
function realRsyslog(parts: Parts, folder: string, port: number, ca: string, clients: string) {
  const log = join(folder, "received.log");
  writeFileSync(
    join(folder, "rsyslog.conf"),
    `global(workDirectory="${folder}" defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="${folder}/${ca}"
  defaultNetstreamDriverCertFile="${folder}/cert.pem" defaultNetstreamDriverKeyFile="${folder}/key.pem")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" ${clients})
input(type="imtcp" port="${port}" address="127.0.0.1")
template(name="raw" type="string" string="%pri% %app-name% %msgid%%msg%\\n")
action(type="omfile" file="${log}" template="raw")
`,
  );
  const run = async () => {
    // rsyslog of the unpacked packages looks for its modules where they would be installed.
    const modules = readdirSync(join(parts.root, "usr/lib"), { recursive: true, encoding: "utf8" });
    const net = modules.find((file) => file.endsWith("rsyslog/lmnet.so")) ?? "";
    const flags = [
      "-M",
      join(parts.root, "usr/lib", dirname(net)),
      "-n",
      "-f",
      join(folder, "rsyslog.conf"),
      "-i",
      join(folder, "rsyslog.pid"),
    ];
    const program = new Program({ name: "rsyslog", command: parts.command("usr/sbin/rsyslogd", flags) });
    await connectable(port);
    return program;
  };
  const read = (): string => {
    try {
      return readFileSync(log, "utf8");
    } catch {
      return "";
    }
  };
  return { run, read };
}

t.test("a real rsyslog takes CEF over TLS, and what came while it was away", async (t) => {
  t.setTimeout(120_000);
  const parts = await watchers();
  if (parts === null) {
    t.pass("skipped: no rsyslog here");
    return;
  }
  const { cert, key } = certificate("localhost");
  const folder = t.testdir({ "cert.pem": cert, "key.pem": key });
  const port = await freePort();
  const { run: rsyslog, read } = realRsyslog(parts, folder, port, "cert.pem", 'streamDriver.authMode="anon"');
  let program = await rsyslog();
  t.teardown(() => program.stop());
  const tls = { ca: join(folder, "cert.pem"), servername: "localhost" };
  const gateway = start(t, folder, [{ name: "siem", kind: "syslog", host: "127.0.0.1", port, tls }]);
  gateway.store.enrol(agentName("anna"));
  await until(() => gateway.store.deliveries.state("siem") !== null, "the first look");
  gateway.note("agent.locked", "shift's end = now");
  await until(() => read().includes("agent.locked"), `the first line\n${program.tail}`);
  t.match(
    read(),
    /^84 samehand agent\.locked\s*CEF:0\|Samehand\|samehand\|1\.0\.0\|agent\.locked\|.*duser=anna.*shift's end \\= now/m,
  );
  await program.stop();
  gateway.note("agent.unlocked");
  await until(() => (gateway.delivery.states[0]?.failures ?? 0) > 0, "it is missed");
  program = await rsyslog();
  await until(() => read().includes("agent.unlocked"), "what waited");
});

t.test("a real rsyslog that asks for a client certificate is shown one, and takes nothing without", async (t) => {
  t.setTimeout(120_000);
  const parts = await watchers();
  if (parts === null) {
    t.pass("skipped: no rsyslog here");
    return;
  }
  const server = certificate("localhost");
  const own = certificate("gateway.example");
  const folder = t.testdir({
    "cert.pem": server.cert,
    "key.pem": server.key,
    "trusted.pem": server.cert + own.cert,
    "own.pem": own.cert,
    "own.key": own.key,
  });
  const port = await freePort();
  const named = 'streamDriver.authMode="x509/name" permittedPeer=["gateway.example"]';
  const { run, read } = realRsyslog(parts, folder, port, "trusted.pem", named);
  const program = await run();
  t.teardown(() => program.stop());
  const tls = { ca: "cert.pem", servername: "localhost" };
  const siem = { name: "siem", kind: "syslog", host: "127.0.0.1", port };
  const gateway = start(t, folder, [{ ...siem, tls: { ...tls, client: { cert: "own.pem", key: "own.key" } } }]);
  await until(() => gateway.store.deliveries.state("siem") !== null, "the first look");
  gateway.note("agent.locked");
  await until(() => read().includes("agent.locked"), `the line\n${program.tail}`);
  const stranger = start(t, folder, [{ ...siem, tls, name: "stranger" }]);
  await until(() => stranger.store.deliveries.state("stranger") !== null, "the stranger's first look");
  stranger.note("agent.unlocked");
  await until(() => read().includes("agent.unlocked"), "what the known one brings");
  await until(() => program.tail.includes("peer did not provide a certificate"), `a refusal\n${program.tail}`);
  t.equal(read().match(/^.*agent\.unlocked.*$/gm)?.length, 1, "of the known one alone");
});

t.test("a webhook that asks for a client certificate is shown one", async (t) => {
  t.setTimeout(60_000);
  const server = certificate("localhost");
  const own = certificate("gateway.example");
  const folder = t.testdir({
    secret: "hush",
    "ca.pem": server.cert,
    "own.pem": own.cert,
    "own.key": own.key,
    "other.key": certificate("other.example").key,
  });
  const callers: string[] = [];
  const https = createSecureServer({ ...server, ca: own.cert, requestCert: true }, (request, response) => {
    callers.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN));
    response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(https, "listening");
  t.teardown(() => https.close());
  const { port } = https.address() as AddressInfo;
  const hook = {
    name: "hook",
    kind: "webhook",
    url: `https://localhost:${port}/`,
    secret: { file: "secret" },
    ca: "ca.pem",
  };
  const gateway = start(t, folder, [hook]);
  await until(() => gateway.store.deliveries.state("hook") !== null, "the first look");
  gateway.note("agent.locked");
  await until(() => (gateway.delivery.states[0]?.failures ?? 0) > 0, "it is not let in");
  t.throws(() => gateway.prepare([{ ...hook, client: { cert: "own.pem", key: "other.key" } }]), {
    code: "config-invalid",
    detail: /delivery hook: .*own.pem.*other.key/,
  });
  gateway.prepare([{ ...hook, client: { cert: "own.pem", key: "own.key" } }])();
  await until(() => callers.length > 0, "what waited comes at once");
  t.same(callers, ["gateway.example"]);
});

t.test("receivers come, change and go while the gateway runs; whoever keeps the name keeps the place", async (t) => {
  t.setTimeout(60_000);
  const folder = t.testdir({ secret: "hush" });
  const first = await receiver(t, () => 503);
  const second = await receiver(t, () => 204);
  const third = await receiver(t, () => 204);
  const hook = { name: "hook", kind: "webhook", url: first.url, secret: { file: "secret" } };
  const gateway = start(t, folder, [hook]);
  await until(() => gateway.store.deliveries.state("hook") !== null, "the first look");
  gateway.note("agent.locked");
  await until(() => (gateway.delivery.states[0]?.failures ?? 0) > 1, "it waits longer and longer");
  t.throws(() => gateway.prepare([{ ...hook, secret: { file: "none" } }]), { code: "config-invalid" });
  t.equal(gateway.delivery.states[0]?.receiver, "hook", "what ran goes on");
  gateway.prepare([{ ...hook, url: second.url }])();
  await until(() => second.heard.length > 0, "what waited goes to the new address");
  t.match(lines(second.heard), [{ action: "agent.locked" }]);
  gateway.prepare([{ ...hook, name: "other", url: third.url }])();
  await until(() => gateway.store.deliveries.state("other") !== null, "another's first look");
  gateway.note("agent.unlocked");
  await until(() => third.heard.length > 0, "the new receiver");
  t.match(lines(third.heard), [{ action: "agent.unlocked" }], "from then on, not the past");
  t.equal(lines(second.heard).length, 1, "who was taken out gets nothing any more");
  t.same(
    gateway.delivery.states.map(({ receiver }) => receiver),
    ["other"],
  );
});

t.test("whom an entry is about is asked by itself, however many agents there are", async (t) => {
  const folder = t.testdir();
  const gateway = start(t, folder, [{ name: "lines", kind: "file", path: "out.jsonl" }]);
  await until(() => gateway.store.deliveries.state("lines") !== null, "the first look");
  const { store } = gateway;
  store.enrol(agentName("anna"));
  Object.assign(store, { agents: () => t.fail("a list of all agents, for each entry") });
  store.audit.note({ actor: "gateway", action: "agent.passkey-added", agent: agentName("anna"), why: "" });
  await until(() => (gateway.delivery.states[0]?.delivered ?? 0) > 0, "it is delivered");
  t.match(readFileSync(join(folder, "out.jsonl"), "utf8"), /"anna"/);
});

t.test("a receiver that never finishes its handshake keeps no connection of ours", async (t) => {
  const closed = Promise.withResolvers<void>();
  const server = createPlainServer((socket) =>
    socket
      .on("close", () => closed.resolve())
      .on("error", () => {})
      .resume(),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const carrier = syslog({ host: "127.0.0.1", port, tls: {} }, "1.0.0", 300);
  t.teardown(() => carrier.close());
  await t.rejects(carrier.carry([]));
  await closed.promise;
});
