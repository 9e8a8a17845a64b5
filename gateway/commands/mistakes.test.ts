/** What a newcomer gets wrong, and what is said of it. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import t from "tap";
import { loadConfig } from "../../config/load.ts";
import { newKeyLine } from "../core/key-ring.ts";
import { startGateway } from "../gateway.ts";
import { run as agents } from "./agents.ts";
import { run as config } from "./config.ts";
import { run as token } from "./token.ts";

const io = { stdout: { write: () => true }, stderr: { write: () => true }, env: {} };

t.test("what is missing or unknown on the command line is named", async (t) => {
  const folder = t.testdir();
  await t.rejects(config(["--new-key", join(folder, "none", "a.keys")], io), {
    code: "key-invalid",
    detail: /its folder is not there; make it first: mkdir -p .*none$/,
  });
  await t.rejects(token([], io), { code: "usage", detail: "--agent NAME is needed" });
  await t.rejects(token(["--agent", "anna"], io), { code: "usage", detail: "--connection NAME is needed" });
  await t.rejects(agents(["nope"], io), { code: "usage", detail: /'nope' is none of list, show, lock/ });
});

t.test("faults of the configuration name the file, the key, and that none was given", (t) => {
  t.throws(() => loadConfig(null, { SAMEHAND_WORKERS: "many" }), { message: /no configuration was named/ });
  const folder = t.testdir({ "a.yaml": "listen:\n  port: 1\n  origins: [https://a.example\nmode: report\n" });
  t.throws(() => loadConfig(join(folder, "a.yaml"), {}), { message: /a\.yaml:3:12 is not closed/ });
  t.end();
});

t.test("an address that is in use is named with its keys", async (t) => {
  const other = createServer();
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  t.teardown(() => other.close());
  const { port } = other.address() as AddressInfo;
  const free = { host: "127.0.0.1", port: 0 };
  for (const key of ["listen", "metrics", "admin"]) {
    const folder = t.testdir({ k: `${newKeyLine(new Date(0))}\n` });
    const keys = { file: join(folder, "k") };
    const parts = { listen: free, metrics: free, admin: free, keys, tokens: { keys }, store: join(folder, "s.db") };
    writeFileSync(join(folder, "a.yaml"), JSON.stringify({ ...parts, [key]: { ...free, port } }));
    await t.rejects(startGateway(loadConfig(join(folder, "a.yaml"), {}).config), {
      code: "address-unusable",
      detail: `${key}.host, ${key}.port: 127.0.0.1:${port} is in use`,
    });
  }
});

t.test("a checkout without its libraries says what to run", (t) => {
  const folder = t.testdir();
  mkdirSync(join(folder, "gateway"));
  cpSync(new URL("../main.ts", import.meta.url).pathname, join(folder, "gateway/main.ts"));
  cpSync(new URL("../../bin", import.meta.url).pathname, join(folder, "bin"), { recursive: true });
  const { status, stderr } = spawnSync(join(folder, "bin/samehand"), ["--help"], { encoding: "utf8" });
  t.equal(status, 1);
  t.match(stderr, /^samehand: its libraries are not there: run `npm ci`/);
  t.end();
});
