/** The commands that an operator calls, as `main.ts` calls them: arguments in, text and an exit code out. */
import { once } from "node:events";
import { existsSync, statSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { createServer, connect, type TLSSocket } from "node:tls";
import { parse } from "yaml";
import t from "tap";
import { loadConfig, readKeyRing } from "../../config/load.ts";
import { systemClock } from "../core/clock.ts";
import type { Io } from "../core/io.ts";
import { newKeyLine } from "../core/key-ring.ts";
import { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { agentName, epochMillis, millis, sessionId } from "../core/units.ts";
import { acceptedTokens, storeOptions } from "../settings.ts";
import { openStore } from "../store/open-store.ts";
import { run as operators } from "./operators.ts";
import { run as agents } from "./agents.ts";
import { run as audit } from "./audit.ts";
import { run as config } from "./config.ts";
import { run as enrol } from "./enrol.ts";
import { run as evidence } from "./evidence.ts";
import { run as doctor } from "./doctor.ts";
import { developmentPki } from "./pki.ts";
import { run as score } from "./score.ts";
import { run as token } from "./token.ts";

type Run = (args: string[], io: Io) => Promise<number>;

/** Runs a command; its output, and its exit code as `main.ts` would have it. */
async function call(
  run: Run,
  args: string[],
  env: Io["env"] = {},
): Promise<{ code: number; out: string; err: string }> {
  const written = { out: "", err: "" };
  const io: Io = {
    stdout: { write: (text) => (written.out += text) },
    stderr: { write: (text) => (written.err += text) },
    env,
  };
  return { code: await run(args, io), ...written };
}

const farm = (
  t: { testdir(fixture: Record<string, string>): string },
  more = "",
): { folder: string; file: string; at: string[] } => {
  const folder = t.testdir({
    "samehand.yaml": `listen: {port: 8000}
connections:
  desk: {protocol: vnc, settings: {hostname: 127.0.0.1, port: 5901, password: vnc-pass-word}}
${more}`,
    "samehand.keys": `${newKeyLine(new Date(0))}\n`,
    "samehand.token-keys": `${newKeyLine(new Date(0))}\n`,
  });
  const file = `${folder}/samehand.yaml`;
  return { folder, file, at: ["--config", file] };
};

/** A session's row is written at the end of the turn of the event loop: then other processes see it. */
const turnsEnd = (): Promise<void> => new Promise(setImmediate);

t.test("every command explains itself, and refuses what it does not know", async (t) => {
  for (const [name, run] of Object.entries({ agents, audit, config, token })) {
    const { code, out } = await call(run, ["--help"]);
    t.equal(code, 0);
    t.match(out, new RegExp(`^usage: samehand ${name}`));
    await t.rejects(call(run, ["--nonsense"]), { code: "ERR_PARSE_ARGS_UNKNOWN_OPTION" });
  }
  for (const args of [
    ["frobnicate"],
    ["show"],
    ["lock"],
    ["forget", "anna"],
    ["lock", "a", "--minutes", "0"],
    ["show", "a", "b"],
  ])
    await t.rejects(call(agents, args), { code: "usage" }, args.join(" "));
  await t.rejects(call(audit, ["frobnicate"]), { code: "usage" });
  await t.rejects(call(token, ["--agent", "anna"]), { code: "usage" });
  await t.rejects(call(config, ["frobnicate"]), { code: "usage" });
});

t.test("the configuration is the option's, else SAMEHAND_CONFIG's, else ./samehand.yaml, else none", async (t) => {
  const { folder, file, at } = farm(t);
  const before = process.cwd();
  t.teardown(() => process.chdir(before));
  const found = async (args: string[], env: Io["env"] = {}): Promise<string> => {
    const { out } = await call(doctor, ["--json", ...args], env);
    return (JSON.parse(out) as { what: string; told: string }[])[0].told;
  };
  t.equal(await found(at), file);
  const findings = JSON.parse((await call(doctor, ["--json", ...at])).out) as { what: string; ok: boolean }[];
  const page = new URL("../../console/dist/index.html", import.meta.url);
  t.equal(findings.find(({ what }) => what === "console")?.ok, existsSync(page), "whether operators have pages");
  t.equal(await found([], { SAMEHAND_CONFIG: file }), file);
  t.equal(await found([]), "the environment and the defaults");
  process.chdir(folder);
  t.equal(await found([]), "samehand.yaml");
  t.equal(await found([], { SAMEHAND_CONFIG: file }), file);
  t.match((await call(token, ["--agent", "anna", "--connection", "desk"])).out, /127\.0\.0\.1:8000/);
});

t.test("a token opens its session once, and its link carries it", async (t) => {
  const { file, at } = farm(t);
  const { code, out } = await call(token, ["--agent", "anna", "--connection", "desk", "--json", ...at]);
  t.equal(code, 0);
  const issued = JSON.parse(out) as { token: string; link: string };
  t.equal(issued.link, `http://127.0.0.1:8000/#token=${issued.token}`, "where the page reads it, and no log does");
  const { config } = loadConfig(file, {});
  const store = openStore({ path: config.store, keys: readKeyRing(config.keys, "keys") });
  t.teardown(() => store.close());
  const tokens = acceptedTokens(config, store, systemClock);
  t.match(await tokens.open(issued.token), {
    agent: "anna",
    connection: "desk",
    settings: { port: "5901", password: "vnc-pass-word" },
  });
  await t.rejects(tokens.open(issued.token), { code: "token-replayed" });

  t.match((await call(token, ["--agent", "anna", "--connection", "desk", ...at])).out, /^token {2}\S+\nlink {3}http/);
  await t.rejects(call(token, ["--agent", "a", "--connection", "none", ...at]), { code: "connection-unknown" });
  await t.rejects(call(token, ["--agent", "a", "--connection", "desk", "--seconds", "9999", ...at]), { code: "usage" });
  await t.rejects(call(token, ["--agent", "a\n", "--connection", "desk", ...at]), { code: "token-invalid" });
});

t.test("agents are listed with their maturity, locked, unlocked and forgotten", async (t) => {
  const { file, at } = farm(t);
  t.match((await call(agents, at)).out, /no agents yet/);
  const { config } = loadConfig(file, {});
  const store = openStore({ path: config.store, keys: readKeyRing(config.keys, "keys") });
  t.teardown(() => store.close());
  const anna = agentName("anna");
  const { id } = store.enrol(anna);
  const body = Profile.empty(Background.load()).encode();
  store.updateProfile(id, () => ({ keystrokes: 600, actions: 150, days: 1, body }));
  store.enrol(agentName("be\u001b[31mrt"));
  store.sessionStarted({
    id: sessionId("s1"),
    agent: anna,
    connection: "desk",
    startedAt: epochMillis(1000),
    address: "::1",
  });
  await turnsEnd();

  const listed = await call(agents, ["list", "--json", ...at]);
  t.match(JSON.parse(listed.out), {
    agents: [
      { name: "anna", maturity: "provisional", keystrokes: 600, locked: null },
      { maturity: "enrolling", learned: null },
    ],
  });
  const shown = await call(agents, ["show", "anna", ...at]);
  t.match(shown.out, /version +saved +keystrokes .*\n1 +20.* 600 +150 +1 +in use/, "versions, to go back to one");
  t.match(shown.out, /maturity {8}provisional/);
  t.match(shown.out, /1970-01-01T00:00:01.000Z {2}desk/);
  t.notMatch((await call(agents, at)).out, "\u001b", "a name cannot steer the terminal");

  t.match((await call(agents, ["lock", "anna", "--minutes", "5", ...at])).out, /anna is locked until 20/);
  t.match((await call(agents, ["list", ...at])).out, /anna.*until 20.*: locked by an operator/);
  await t.rejects(call(agents, ["forget", "anna", "--yes", ...at]), { code: "agent-locked" });
  t.equal((await call(agents, ["unlock", "anna", ...at])).code, 0);
  t.match(await call(agents, ["unlock", "anna", ...at]), { code: 1, err: "anna was not locked\n" });
  t.match(await call(agents, ["lock", "ghost", ...at]), { code: 0, out: "ghost is locked until it is unlocked\n" });
  t.match((await call(agents, at)).out, /ghost +unknown/, "a lock without an agent is seen too");
  t.equal((await call(agents, ["forget", "anna", "--yes", ...at])).code, 0);
  t.equal((await call(agents, ["forget", "anna", "--yes", ...at])).code, 1);
  t.match(await call(agents, ["unlock", "ghost", "--json", ...at]), {
    code: 0,
    out: '{"unlocked":"ghost","was":"locked"}\n',
  });
  t.match(await call(agents, ["unlock", "ghost", "--json", ...at]), { code: 1, out: /"was":"open"/ });
  t.match(await call(agents, ["forget", "anna", "--yes", "--json", ...at]), { code: 1, out: /"outcome":"already"/ });
  await t.rejects(call(agents, ["show", "anna", ...at]), { code: "record-unknown" });
});

t.test(
  "consent is recorded, gates enrolling, and is withdrawn with all that rests on it; an export has everything",
  async (t) => {
    const { file, folder, at } = farm(t);
    const { config } = loadConfig(file, {});
    t.match(await call(agents, ["consent", "anna", ...at]), { code: 1, out: "anna has not consented\n" });
    const asked = { SAMEHAND_POLICY: `${folder}/asks.yaml` };
    const shipped = readFileSync(new URL("../../config/policy.default.yaml", import.meta.url), "utf8");
    writeFileSync(`${folder}/asks.yaml`, shipped.replace("consent: none", "consent: required"));
    await t.rejects(call(enrol, ["anna", folder, ...at], asked), { code: "act-refused" });
    t.equal((await call(agents, ["consent", "anna", "--notice", "v3 of 2026-01-05", ...at])).code, 0);
    t.match((await call(agents, ["consent", "anna", ...at])).out, /^20.*Z {2}v3 of 2026-01-05\n$/);

    const store = openStore(storeOptions(config));
    t.teardown(() => store.close());
    const { id } = store.enrol(agentName("anna"));
    store.updateProfile(id, () => ({ keystrokes: 9, actions: 9, days: 1, body: Buffer.from("statistics") }));
    const session = { id: sessionId("s1"), agent: agentName("anna"), connection: "desk", address: "127.0.0.1" };
    store.sessionStarted({ ...session, startedAt: epochMillis(1) });
    await turnsEnd();
    store.challenges.keepCodeSecret(id, Buffer.alloc(20, 66));
    await call(agents, ["export", "anna", "--out", `${folder}/anna.json`, ...at]);
    t.equal(statSync(`${folder}/anna.json`).mode & 0o077, 0);
    const text = readFileSync(`${folder}/anna.json`, "utf8");
    t.match(JSON.parse(text), {
      name: "anna",
      consent: { notice: "v3 of 2026-01-05" },
      profile: { versions: [{ version: 1, keystrokes: 9 }], template: Buffer.from("statistics").toString("base64") },
      sessions: [{ id: "s1", connection: "desk", scores: [] }],
      oneTimeCodes: true,
      audit: [{ action: "consent.given" }, { action: "agent.exported" }],
    });
    t.notMatch(text, Buffer.alloc(20, 66).toString("base64"), "a secret is not handed out");

    await t.rejects(call(agents, ["consent", "anna", "--withdraw", ...at]), { code: "usage" });
    t.equal((await call(agents, ["consent", "anna", "--withdraw", "--yes", ...at])).code, 0);
    t.equal(store.agent(agentName("anna")), null);
    await t.rejects(call(agents, ["export", "anna", ...at]), { code: "record-unknown" });
    t.match(store.audit.newest(1), [{ action: "agent.forgotten", why: "consent withdrawn." }]);
  },
);

t.test("the last admin keeps the role, and a token belongs to an operator who is known", async (t) => {
  const { at } = farm(t);
  t.equal((await call(operators, ["invite", "kim", "--role", "admin", ...at])).code, 0);
  const demote = ["invite", "kim", "--role", "viewer", ...at];
  await t.rejects(call(operators, demote), { code: "act-refused" });
  await call(operators, ["invite", "bo", "--role", "admin", ...at]);
  t.equal((await call(operators, demote)).code, 0);
  await t.rejects(call(operators, ["invite", "oidc:eve", "--role", "admin", ...at]), { code: "usage" });
  await t.rejects(call(operators, ["token", "shell", "--role", "viewer", "--for", "eve", ...at]), {
    code: "record-unknown",
  });
  t.equal((await call(operators, ["token", "shell", "--role", "viewer", "--for", "bo", ...at])).code, 0);
});

t.test("where two people must agree, nobody is erased by one command", async (t) => {
  const { file, at } = farm(t, "admin: {fourEyes: [forget]}\n");
  const { config } = loadConfig(file, {});
  const store = openStore({ path: config.store, keys: readKeyRing(config.keys, "keys") });
  t.teardown(() => store.close());
  store.enrol(agentName("anna"));
  await t.rejects(call(agents, ["forget", "anna", "--yes", ...at]), { code: "usage" }, "the second one reads why");
  for (const args of [["forget"], ["consent", "--withdraw"]])
    await t.rejects(call(agents, [...args, "anna", "--yes", "--reason", "asked by anna", ...at]), {
      code: "sign-in-needed",
    });
  t.not(store.agent(agentName("anna")), null);
});

t.test("the audit chain is shown and verified", async (t) => {
  const { file, at } = farm(t);
  const { config } = loadConfig(file, {});
  const store = openStore({ path: config.store, keys: readKeyRing(config.keys, "keys") });
  t.teardown(() => store.close());
  const reasons = [{ code: "keyboard-mismatch", text: "holds keys 40 % longer than usual" }];
  const decision = {
    at: millis(1),
    mode: "enforce",
    trust: 3,
    rule: "wrong-hand",
    reasons,
    keystrokes: 9,
    actions: 2,
  } as const;
  store.decided(sessionId("s1"), agentName("anna"), { ...decision, verdict: "quarantine", wouldBe: "quarantine" });
  t.match(
    (await call(audit, at)).out,
    /gateway +verdict\.quarantine +anna +s1 +rule wrong-hand +mode enforce,.*keyboard-mismatch: holds/,
  );
  t.match(JSON.parse((await call(audit, ["show", "--json", ...at])).out), [{ seq: 1, name: "anna" }]);
  t.match(await call(audit, ["verify", ...at]), { code: 0, out: /^1 entry is whole\nlast hash [0-9a-f]{64}\n$/ });
});

t.test("an export, a checkpoint and evidence are checked with nothing but the public key", async (t) => {
  const { file, folder, at } = farm(t);
  const { config } = loadConfig(file, {});
  const store = openStore(storeOptions(config));
  t.teardown(() => store.close());
  const info = { id: sessionId("s1"), agent: agentName("anna"), connection: "desk", startedAt: epochMillis(1) };
  store.sessionStarted({ ...info, address: "127.0.0.1" });
  await turnsEnd();
  await call(agents, ["lock", "anna", "--reason", "left early", ...at]);
  await call(evidence, ["s1", "--out", folder, ...at]);
  writeFileSync(`${folder}/mark.json`, (await call(audit, ["checkpoint", ...at])).out);
  writeFileSync(`${folder}/key.pub`, (await call(audit, ["key", ...at])).out);
  t.match(await call(audit, ["export", `${folder}/audit.jsonl`, ...at]), { code: 0, out: /^3 entries in / });
  const key = ["--key", `${folder}/key.pub`];
  const check = (name: string, ...more: string[]) => call(audit, ["verify", `${folder}/${name}`, ...key, ...more]);
  t.match(await check("audit.jsonl", "--checkpoint", `${folder}/mark.json`), { code: 0, out: /^3 entries are whole/ });
  t.match(await check("mark.json"), { code: 0, out: /^the checkpoint at entry 2 .* holds/ });
  const pack = (name: string) => call(evidence, ["verify", `${folder}/${name}`, ...key]);
  t.match(await pack("evidence-s1.json"), { code: 0, out: /^the evidence on session s1 of anna holds/ });
  t.match(await pack("evidence-s1.html"), { code: 0 });
  writeFileSync(`${folder}/cut.html`, readFileSync(`${folder}/evidence-s1.html`, "utf8").replace("anna", "bert"));
  await t.rejects(pack("cut.html"), { code: "audit-broken" });
  await t.rejects(call(evidence, ["verify", `${folder}/evidence-s1.json`]), { code: "usage" });
  await t.rejects(call(evidence, ["s1", ...at]), { code: "usage" });
  const text = readFileSync(`${folder}/audit.jsonl`, "utf8");
  t.match(text, /"command-line:[^"]+","action":"agent.locked".*"why":"left early"/);
  writeFileSync(`${folder}/changed.jsonl`, text.replace("left early", "left earlY"));
  await t.rejects(check("changed.jsonl"), { code: "audit-broken" });
  await t.rejects(call(audit, ["verify", `${folder}/audit.jsonl`]), { code: "usage" });
});

t.test("config says what is valid, and exactly what is not", async (t) => {
  const { folder, at } = farm(t);
  t.match(await call(config, at), { code: 0, out: "the configuration is valid\n", err: "" });
  t.match(await call(config, at, { SAMEHAND_LISTN_PORT: "1" }), { code: 0, err: /did you mean SAMEHAND_LISTEN_PORT/ });
  await t.rejects(call(config, at, { SAMEHAND_LISTEN_PORT: "x" }), { code: "config-invalid" });
  await t.rejects(call(config, at, { SAMEHAND_POLICY: `${folder}/none` }), { code: "policy-invalid" });
  await t.rejects(call(config, at, { SAMEHAND_KEYS_FILE: `${folder}/none` }), { code: "key-invalid" });
  await t.rejects(call(config, at, { SAMEHAND_KEYS_FILE: `${folder}/samehand.yaml` }), { code: "key-invalid" });
  await t.rejects(call(config, at, { SAMEHAND_LISTEN_TLS_CERT: "/none", SAMEHAND_LISTEN_TLS_KEY: "/none" }), {
    code: "config-invalid",
  });
  t.match(JSON.parse((await call(config, ["--schema"])).out), { title: "samehand.yaml", properties: { listen: {} } });
  t.equal((await call(config, [], { SAMEHAND_CONFIG: at[1] })).code, 0, "the file may be named by the environment");
});

t.test("the printed configuration has every key and no secret", async (t) => {
  const { at } = farm(
    t,
    `tokens: {guacamoleLite: {key: {value: lite-secret-key}}}
traces: {url: "https://otel", headers: {authorization: {value: bearer-of-traces}}}
delivery:
  - {kind: webhook, name: hook, url: "https://siem", secret: {value: hook-secret}}
  - {kind: caep, name: idp, url: "https://idp", issuer: i, audience: a, key: {value: caep-key}, token: {value: caep-token}}
`,
  );
  const ring = newKeyLine(new Date(0));
  for (const how of [["--print"], ["--print", "--json"]]) {
    const { out } = await call(config, [...how, ...at], { SAMEHAND_KEYS: ring });
    const printed = parse(out) as Record<string, unknown>;
    t.match(printed, { mode: "report", listen: { port: 8000 }, keys: { value: "(secret)" } });
    t.match(printed, { connections: { desk: { settings: { port: 5901, password: "(secret)" } } } });
    t.match(printed, { delivery: [{ name: "hook", url: "https://siem", secret: { value: "(secret)" } }, {}] });
    const others = ["bearer-of-traces", "hook-secret", "caep-key", "caep-token"];
    for (const secret of [...others, "vnc-pass-word", "lite-secret-key", ring.split(":")[1] ?? ""])
      t.notMatch(out, secret);
  }
});

t.test("a new key starts a key file, then rotates it, for nobody else to read", async (t) => {
  const folder = t.testdir({ "notes.txt": "not keys" });
  const file = `${folder}/new.keys`;
  t.match((await call(config, ["--new-key"])).out, /^\d{4}-\d\d-\d\d-[0-9a-f]{6}:[\w-]{43}\n$/);
  const first = await call(config, ["--new-key", file]);
  t.equal(statSync(file).mode & 0o777, 0o600);
  const second = await call(config, ["--new-key", file]);
  const ring = readKeyRing({ file }, "keys");
  t.equal(ring.keys.length, 2);
  t.ok(second.out.startsWith(`${ring.newest.id} is the newest`));
  for (const key of ring.keys) t.notMatch(first.out + second.out, Buffer.from(key.secret).toString("base64url"));
  await t.rejects(call(config, ["--new-key", `${folder}/notes.txt`]), { code: "key-invalid" });
  t.equal(readFileSync(`${folder}/notes.txt`, "utf8"), "not keys", "a file of something else is left as it is");
});

t.test(
  "the development certificate is verified by node:tls, and only for its hosts and by its authority",
  async (t) => {
    const pki = await developmentPki();
    const other = await developmentPki();
    const server = createServer({ cert: pki.cert, key: pki.key }, (socket) => socket.end());
    server.on("tlsClientError", () => {});
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.teardown(() => server.close());
    const { port } = server.address() as { port: number };
    const reach = async (ca: string, servername: string): Promise<TLSSocket> => {
      const socket = connect({ host: "127.0.0.1", port, ca, servername });
      await once(socket, "secureConnect");
      socket.destroy();
      return socket;
    };
    t.equal((await reach(pki.ca, "localhost")).authorized, true);
    await t.rejects(reach(pki.ca, "example.com"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    await t.rejects(reach(other.ca, "localhost"), "another authority of the same name is not believed");
  },
);

t.test("the development CA is written once, its key for nobody else", async (t) => {
  const folder = `${t.testdir()}/pki`;
  t.equal((await call(config, ["--dev-ca", folder])).code, 0);
  t.equal(statSync(`${folder}/server.key`).mode & 0o777, 0o600);
  await t.rejects(call(config, ["--dev-ca", folder]), { code: "key-invalid" });
});

t.test("doctor says that the profile keys are others than those that the store needs", async (t) => {
  const { file, folder, at } = farm(t);
  const { config } = loadConfig(file, {});
  const store = openStore({ path: config.store, keys: readKeyRing(config.keys, "keys") });
  store.enrol(agentName("anna"));
  store.close();
  const finding = async () => {
    const all = JSON.parse((await call(doctor, ["--json", ...at])).out) as { what: string }[];
    return all.find(({ what }) => what === "store");
  };
  t.match(await finding(), { ok: true });
  writeFileSync(`${folder}/samehand.keys`, `${newKeyLine(new Date(0))}\n`);
  t.match(await finding(), { ok: false, told: /the profile cannot be decrypted.*samehand\.keys has no key 1970-/ });
});

t.test("a command whose act is not in the audit chain fails, and says so", async (t) => {
  const { file, at } = farm(t);
  const { config } = loadConfig(file, {});
  openStore(storeOptions(config)).close();
  const db = new DatabaseSync(config.store);
  db.exec("CREATE TRIGGER none BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'none'); END");
  db.close();
  const told = { code: "store-unavailable", message: /not all was written; the audit may lack it/ };
  await t.rejects(call(agents, ["lock", "anna", ...at]), told);
  await t.rejects(call(operators, ["token", "ci", "--role", "viewer", ...at]), told);
  t.match(await call(agents, ["list", ...at]), { code: 0, out: /anna/ }, "what only reads is as before");
});

t.test("who compares recordings with an agent's hand is in the audit", async (t) => {
  const { file, folder, at } = farm(t);
  writeFileSync(`${folder}/r.guac`, "3.key,2.97,1.1,4.1000;3.key,2.97,1.0,4.1090;");
  const store = openStore(storeOptions(loadConfig(file, {}).config));
  t.teardown(() => store.close());
  const body = Profile.empty(Background.load()).encode();
  store.updateProfile(store.enrol(agentName("anna")).id, () => ({ keystrokes: 0, actions: 0, days: 1, body }));
  t.match(await call(score, [`${folder}/r.guac`, "--agent", "anna", ...at]), { code: 0, out: /^session,claimed/ });
  t.match(store.audit.newest(1), [{ action: "agent.scored", actor: /^command-line:/, detail: { recordings: 1 } }]);
});
