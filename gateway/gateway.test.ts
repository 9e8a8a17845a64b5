/** A gateway's reload, over all of its rooms. */
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import t from "tap";
import { loadConfig } from "../config/load.ts";
import { developmentPki } from "./commands/pki.ts";
import { newKeyLine } from "./core/key-ring.ts";
import { silentLog } from "./core/log.ts";
import { startGateway } from "./gateway.ts";

const yaml = `listen: {port: 0, tls: {cert: server.pem, key: server.key}}
metrics: {port: 0}
admin: {port: 0}
policy: policy.yaml
`;

t.test(
  "a reload takes a new certificate to operators too, and the audit says by which policy from then on",
  async (t) => {
    const policy = readFileSync(new URL("../config/policy.default.yaml", import.meta.url), "utf8");
    const ring = newKeyLine(new Date(0));
    const folder = t.testdir({
      "samehand.yaml": yaml,
      "policy.yaml": policy,
      "samehand.keys": ring,
      "samehand.token-keys": ring,
    });
    const write = async (name: string): Promise<string> => {
      const { cert, key } = await developmentPki([name]);
      writeFileSync(join(folder, "server.pem"), cert);
      writeFileSync(join(folder, "server.key"), key);
      return new X509Certificate(cert).fingerprint256;
    };
    const first = await write("first.example");
    const load = () => loadConfig(join(folder, "samehand.yaml"), {}).config;
    const gateway = await startGateway(load(), { log: silentLog });
    t.teardown(() => gateway.close());
    const shown = async (url: string): Promise<string> => {
      const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port), rejectUnauthorized: false });
      await once(socket, "secureConnect");
      const { fingerprint256 = "" } = socket.getPeerX509Certificate() ?? {};
      socket.destroy();
      return fingerprint256;
    };
    for (const url of [gateway.url, gateway.admin.url]) t.equal(await shown(url), first);

    const second = await write("second.example");
    const other = policy.replace("lockMinutes: ", "lockMinutes: 1");
    writeFileSync(join(folder, "policy.yaml"), other);
    writeFileSync(join(folder, "samehand.yaml"), `${yaml}limits: {sessions: 7}\n`);
    gateway.reload(load());
    for (const url of [gateway.url, gateway.admin.url]) t.equal(await shown(url), second);
    const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
    t.match(
      gateway.store.audit.newest(2).map(({ action, detail }) => [action, detail]),
      [
        ["configuration.changed", { keys: ["limits.sessions"], policy: digest(other) }],
        ["gateway.started", { mode: "report", policy: digest(policy) }],
      ],
    );
  },
);
