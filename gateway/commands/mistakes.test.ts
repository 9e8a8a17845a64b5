/** What a newcomer gets wrong, and what is said of it. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import t from "tap";
import { loadConfig, readSettings } from "../../config/load.ts";
import { newKeyLine } from "../core/key-ring.ts";
import { startGateway } from "../gateway.ts";
import { run as agents } from "./agents.ts";
import { run as audit } from "./audit.ts";
import { run as config } from "./config.ts";
import { run as sessions } from "./sessions.ts";
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

/** The command line itself, in a folder. */
const samehand = (cwd: string, ...args: string[]) =>
  spawnSync(new URL("../../bin/samehand", import.meta.url).pathname, args, { cwd, encoding: "utf8" });

t.test("a file that is not there, and a configuration that nobody named, are said to be that", (t) => {
  const folder = t.testdir();
  const enrol = samehand(folder, "enrol", "--all", "none");
  t.match(enrol, { status: 1, stderr: /^samehand: a file or folder cannot be used: none \(ENOENT\) \(file-unusable;/ });
  t.notMatch(enrol.stderr, /\n +at /, "and no stack, since it is no fault of ours");
  t.match(samehand(folder, "agents"), {
    status: 1,
    stderr: /samehand\.keys.*\nno configuration was named: give --config/,
  });
  t.notMatch(samehand(folder, "agents", "--config", "a.yaml").stderr, /no configuration was named/);
  t.match(samehand(folder, "agents", "--nope"), {
    status: 2,
    stderr: /^samehand: the command line cannot be understood: Unknown option '--nope' \(usage; see --help\)\n$/,
  });
  t.match(samehand(folder, "--version"), { status: 0, stdout: /^\d+\.\d+\.\d+\n$/ });
  t.end();
});

t.test("an address that is none, or not the operators' port, is said to be that", async (t) => {
  const other = createHttpServer((_request, response) => response.writeHead(404).end("<h1>not here</h1>"));
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  t.teardown(() => other.close());
  const asked = (url: string) => sessions(["--url", url], { ...io, env: { SAMEHAND_TOKEN: "x" } });
  for (const url of ["desk", "localhost:8444"])
    await t.rejects(asked(url), { code: "usage", detail: /https:\/\/HOST:PORT/ });
  const { port } = other.address() as AddressInfo;
  await t.rejects(asked(`http://127.0.0.1:${port}/`), {
    code: "act-refused",
    detail: `http://127.0.0.1:${port} answers HTTP 404 and no data: is that the operators' port (admin.port)?`,
  });
});

t.test("output that nobody reads to its end is no fault, and one that cannot be written is", (t) => {
  const piped = (after: string) =>
    spawnSync("sh", ["-c", `"$0" config --schema ${after}`, new URL("../../bin/samehand", import.meta.url).pathname], {
      encoding: "utf8",
    });
  t.equal(piped("| true").stderr, "");
  if (existsSync("/dev/full"))
    t.match(piped("> /dev/full"), {
      status: 1,
      stderr: /^samehand: .*the output \(ENOSPC\) \(file-unusable;[^\n]*\n$/,
    });
  t.end();
});

t.test("a slip in a name is told: of a connection, of an agent, of a secret's file", async (t) => {
  const folder = t.testdir({ k: `${newKeyLine(new Date(0))}\n` });
  const keys = { file: join(folder, "k") };
  const settings = { hostname: "desk", password: { file: "gone" } };
  const at = join(folder, "a.yaml");
  const file = { keys, tokens: { keys }, store: "s.db", connections: { desk: { protocol: "vnc", settings } } };
  writeFileSync(at, JSON.stringify(file));
  await t.rejects(token(["--agent", "anna", "--connection", "desk1", "--config", at], io), {
    code: "connection-unknown",
    detail: "desk1; configured: desk",
  });
  t.throws(() => readSettings(loadConfig(at, {}).config.connections["desk"]), {
    code: "config-invalid",
    message: /settings\.password: .*gone cannot be read \(ENOENT\) \(config-invalid; mend the named key\)/,
  });
  let said = "";
  const told = { ...io, stderr: { write: (text: string) => void (said += text) } };
  await agents(["totp", "postgresql/anna", "--config", at], told);
  t.equal(said, "note: nobody was known as postgresql/anna before\n");
  await t.rejects(agents(["show", "anna", "--config", at], told), {
    code: "record-unknown",
    detail: "no agent anna; did you mean postgresql/anna?",
  });
  said = "";
  await agents(["lock", "anna", "--config", at], told);
  t.equal(said, "note: nobody was known as anna before; did you mean postgresql/anna?\n");
  said = "";
  t.equal(await agents(["totp", "bert", "--remove", "--config", at], told), 1, "what takes away makes nobody");
  await t.rejects(agents(["show", "bert", "--config", at], told), { code: "record-unknown", detail: "no agent bert" });
});

t.test("faults of the configuration name the file, the key, and that none was given", (t) => {
  t.throws(() => loadConfig(null, { SAMEHAND_WORKERS: "many" }), { message: /no configuration was named/ });
  const folder = t.testdir({ "a.yaml": "listen:\n  port: 1\n  origins: [https://a.example\nmode: report\n" });
  t.throws(() => loadConfig(join(folder, "a.yaml"), {}), { message: /a\.yaml:3:12 is not closed/ });
  t.end();
});

t.test("a certificate that is not trusted here is another thing than a gateway that is not there", async (t) => {
  const folder = t.testdir();
  await config(["--dev-ca", folder], io);
  const [cert, key] = ["server.pem", "server.key"].map((name) => readFileSync(join(folder, name)));
  const console = createHttpsServer({ cert, key });
  console.listen(0, "127.0.0.1");
  await once(console, "listening");
  const { port } = console.address() as AddressInfo;
  const asked = () => sessions(["--url", `https://127.0.0.1:${port}`], { ...io, env: { SAMEHAND_TOKEN: "x" } });
  await t.rejects(asked(), { code: "act-refused", detail: /not trusted here; name .* NODE_EXTRA_CA_CERTS/ });
  await new Promise((closed) => console.close(closed));
  await t.rejects(asked(), {
    code: "act-refused",
    detail: /cannot be reached \(ECONNREFUSED\): does the gateway run\?/,
  });
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
    let chain = "";
    const stdout = { write: (more: string) => ((chain += more), true) };
    await audit(["--json", "--config", join(folder, "a.yaml")], { ...io, stdout });
    t.notMatch(chain, /gateway\.stopped/, "what never started did not stop: another one may be at work");
  }
});

t.test("a checkout without its libraries says what to run", (t) => {
  const folder = t.testdir();
  mkdirSync(join(folder, "gateway"));
  cpSync(new URL("../main.ts", import.meta.url).pathname, join(folder, "gateway/main.ts"));
  cpSync(new URL("../../bin", import.meta.url).pathname, join(folder, "bin"), { recursive: true });
  const { status, stderr } = spawnSync(join(folder, "bin/samehand"), ["--help"], { encoding: "utf8" });
  t.equal(status, 1);
  t.match(stderr, /^samehand: its libraries are not there: run `npm run setup`/);
  t.end();
});
