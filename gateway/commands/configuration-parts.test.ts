/** What `samehand config` calls valid starts, and what does not start it refuses, whichever file it is. */
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { loadConfig } from "../../config/load.ts";
import { newKeyLine } from "../core/key-ring.ts";
import { silentLog } from "../core/log.ts";
import { Gateway } from "../gateway.ts";
import { run as config } from "./config.ts";
import { run as doctor } from "./doctor.ts";
import { developmentPki } from "./pki.ts";

const yaml = `listen: {port: 0, tls: {cert: server.pem, key: server.key}}
metrics: {port: 0}
admin:
  port: 0
  oidc: {issuer: "https://idp.example", clientId: gate, clientSecret: {file: oidc.secret}, groups: {ops: [admin]}}
guacd: [{host: 127.0.0.1, port: 1, tls: {ca: guacd-ca.pem}}]
webapp: {upstreams: ["https://127.0.0.1:1"], ca: webapp-ca.pem}
connections: {desk: {protocol: vnc, settings: {hostname: 127.0.0.1, password: {file: vnc.secret}}}}
tokens: {formats: [samehand, guacamole-lite], keys: {file: token.keys}, guacamoleLite: {key: {file: lite.key}}}
keys: {file: profile.keys}
store: data/samehand.db
audit: {key: audit.key}
policy: policy.yaml
delivery:
  - {kind: syslog, name: siem, host: 127.0.0.1, tls: {ca: siem-ca.pem, client: {cert: siem.pem, key: siem.key}}}
  - {kind: webhook, name: hook, url: "https://127.0.0.1:1/", secret: {file: hook.secret}, ca: hook-ca.pem}
  - {kind: caep, name: idp, url: "https://127.0.0.1:1/", key: {file: caep.key}, issuer: i, audience: a, token: {file: caep.token}}
traces: {url: "https://127.0.0.1:1/", ca: traces-ca.pem, headers: {authorization: {file: traces.token}}}
`;

/** A folder with a configuration that names every kind of file, and all of them. */
async function whole() {
  const { ca, cert, key } = await developmentPki();
  const pem = { type: "pkcs8", format: "pem" } as const;
  const signing = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export(pem) as string;
  const ring = `${newKeyLine(new Date(0))}\n`;
  const trusted = ["guacd-ca.pem", "webapp-ca.pem", "siem-ca.pem", "hook-ca.pem", "traces-ca.pem"];
  const secrets = ["oidc.secret", "vnc.secret", "hook.secret", "caep.token", "traces.token"];
  return {
    "samehand.yaml": yaml,
    "policy.yaml": readFileSync(new URL("../../config/policy.default.yaml", import.meta.url), "utf8"),
    "lite.key": "k".repeat(32),
    "profile.keys": ring,
    "token.keys": ring,
    "audit.key": generateKeyPairSync("ed25519").privateKey.export(pem) as string,
    "caep.key": signing,
    "server.pem": cert,
    "server.key": key,
    "siem.pem": cert,
    "siem.key": key,
    ...Object.fromEntries(trusted.map((name) => [name, ca])),
    ...Object.fromEntries(secrets.map((name) => [name, "hush\n"])),
    data: {},
  };
}

/** The code that something ends with; null where it does not fail. */
async function refusal(act: () => unknown): Promise<unknown> {
  try {
    await act();
    return null;
  } catch (error) {
    return (error as { code?: unknown }).code ?? String(error);
  }
}

const readers = /^(policy.yaml|(profile|audit|caep).key|server.pem|(guacd|traces)-ca.pem|(oidc|hook).secret)/;

const quiet = { stdout: { write: () => {} }, stderr: { write: () => {} }, env: {} };

t.test("what config calls valid starts, and what does not start it refuses, of every file", async (t) => {
  const files = await whole();
  const folder = t.testdir(files);
  const file = join(folder, "samehand.yaml");
  const checked = () => refusal(() => config(["--config", file], quiet));
  const started = () => refusal(async () => new Gateway(loadConfig(file, {}).config, { log: silentLog }).close());
  t.equal(await checked(), null, "the whole one is valid");
  t.equal(await started(), null, "and starts");
  for (const [name, text] of Object.entries(files)) {
    if (typeof text !== "string" || name === "samehand.yaml") continue;
    const path = join(folder, name);
    // A secret may be any text.
    if (/secret|token$/.test(name)) rmSync(path);
    else writeFileSync(path, "x: [garbage\n");
    const valid = await checked();
    t.type(valid, "string", name);
    // One of each reader: a start takes a fifth of a second.
    if (readers.test(name)) t.equal(await started(), valid, `${name}: the start says the same`);
    else if (name === "vnc.secret") t.equal(await started(), null, "one desktop keeps no other from starting");
    writeFileSync(path, text);
  }
  rmSync(join(folder, "audit.key"));
  t.same([await checked(), await started()], [null, null], "an audit key is made");
  rmSync(join(folder, "data"), { recursive: true });
  t.match([await checked(), await started()], ["store-unavailable", "store-unavailable"]);
});

t.test("doctor names each file that cannot be used, and each secret that others can read", async (t) => {
  const folder = t.testdir(await whole());
  const file = join(folder, "samehand.yaml");
  let out = "";
  const wrong = async (): Promise<string[]> => {
    out = "";
    await doctor(["--json", "--config", file], { ...quiet, stdout: { write: (text: string) => (out += text) } });
    const findings = JSON.parse(out) as { what: string; ok: boolean }[];
    const elsewhere = /^(guacd|web application|console)/;
    return findings.filter(({ what, ok }) => !ok && !elsewhere.test(what)).map(({ what }) => what);
  };
  const secrets = ["oidc.secret", "vnc.secret", "hook.secret", "caep.token", "traces.token", "lite.key"];
  const keys = ["profile.keys", "token.keys", "audit.key", "caep.key", "server.key", "siem.key"];
  for (const name of [...secrets, ...keys]) chmodSync(join(folder, name), 0o600);
  t.same(await wrong(), []);
  chmodSync(join(folder, "hook.secret"), 0o644);
  t.same(await wrong(), ["secrets' rights"]);
  t.match(out, /chmod 600 [^"]*hook\.secret/, "and says how");
  t.notMatch(out, /--new-key/, "a secret is no key of the gateway's, to be made anew");
  chmodSync(join(folder, "hook.secret"), 0o640);
  // What is root's a service reads through its group, such as a certificate's key (docs/DEPLOY.md).
  t.same(await wrong(), process.getuid?.() === 0 ? [] : ["secrets' rights"]);
  chmodSync(join(folder, "hook.secret"), 0o600);
  for (const name of ["hook-ca.pem", "oidc.secret", "traces-ca.pem", "vnc.secret"]) rmSync(join(folder, name));
  t.same(await wrong(), ["identity provider", "traces", "receiver hook", "connection desk"]);
});
