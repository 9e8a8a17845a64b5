import * as fc from "fast-check";
import t from "tap";
import { SamehandError } from "../gateway/core/errors.ts";
import { newKeyLine } from "../gateway/core/key-ring.ts";
import { variables } from "./environment.ts";
import { loadConfig, parseConfig, readKeyRing, readSettings } from "./load.ts";
import { configSchema, jsonSchema } from "./schema.ts";

/** What a bad configuration is refused with, one fault an element. */
function faults(text: string, environment: Record<string, string> = {}): string[] {
  try {
    parseConfig(text, "/etc/s.yaml", environment);
  } catch (error) {
    if (error instanceof SamehandError && error.code === "config-invalid") return error.detail.split("\n");
    throw error;
  }
  return [];
}

t.test("an empty file is a whole configuration that touches nothing", (t) => {
  const { config, warnings } = parseConfig("", "/etc/samehand/s.yaml", {});
  t.match(config, { mode: "report", listen: { host: "127.0.0.1" }, store: "/etc/samehand/samehand.db", workers: 1 });
  t.equal(config.listen.tls, undefined);
  t.same(warnings, []);
  t.end();
});

t.test("paths are relative to the file", (t) => {
  const text =
    "listen: {tls: {cert: a.pem, key: /k.pem}}\nkeys: {file: ../keys}\npolicy: p.yaml\nbackground: b.bin\nconnections: {d: {protocol: vnc, settings: {password: {file: pw}}}}\nguacd: [{host: g, port: 1, tls: {ca: ca.pem}}]\nwebapp: {upstreams: ['https://a'], ca: wa.pem}";
  const { config } = parseConfig(text, "/etc/samehand/s.yaml", {});
  t.match(config.listen.tls, { cert: "/etc/samehand/a.pem", key: "/k.pem" });
  t.same(config.keys, { file: "/etc/keys" });
  t.match(config, { policy: "/etc/samehand/p.yaml", background: "/etc/samehand/b.bin" });
  t.match(config.connections, { d: { settings: { password: { file: "/etc/samehand/pw" } } } });
  t.match(config.guacd, [{ tls: { ca: "/etc/samehand/ca.pem" } }]);
  t.match(config.webapp, { ca: "/etc/samehand/wa.pem" });
  t.end();
});

t.test("every fault is told, by file, line, column and key", (t) => {
  const text = `mode: enforced
listen:
  prt: 12
  port: high
  tls: {cert: only.pem}
guacd: [nonsense, {host: 1}, "a:99999", "b:1"]
limts: {}
connections:
  desk: {protocl: vnc, settings: {password: {fil: x}}}
drainSeconds: -1
workers: 0
limits: {sessions: 0}
`;
  t.same(
    faults(text).sort(),
    [
      "/etc/s.yaml:1:7: `mode` must be `report` or `enforce`",
      "/etc/s.yaml:3:3: unknown key `listen.prt`; did you mean `port`?",
      "/etc/s.yaml:4:9: `listen.port` must be a number",
      "/etc/s.yaml:5:8: `listen.tls` must have `cert` and `key`, or `development: true`",
      "/etc/s.yaml:6:9: `guacd.0` must be `host:port`",
      "/etc/s.yaml:6:26: `guacd.1.host` must be a text",
      "/etc/s.yaml:6:30: `guacd.2` must have a port from 1 to 65535",
      "/etc/s.yaml:7:1: unknown key `limts`; did you mean `limits`?",
      "/etc/s.yaml:9:9: `connections.desk.protocol` is missing",
      "/etc/s.yaml:9:10: unknown key `connections.desk.protocl`; did you mean `protocol`?",
      "/etc/s.yaml:9:45: `connections.desk.settings.password` must have either `file` or `value`",
      "/etc/s.yaml:9:46: unknown key `connections.desk.settings.password.fil`; did you mean `file`?",
      "/etc/s.yaml:10:15: `drainSeconds` must be at least 0",
      "/etc/s.yaml:11:10: `workers` must be at least 1",
      "/etc/s.yaml:12:20: `limits.sessions` must be at least 1",
    ].sort(),
  );
  t.end();
});

t.test("hostile and broken YAML is refused in bounded time", (t) => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
  for (let n = 1; n < 12; n++) {
    const [name, before] = [String.fromCodePoint(97 + n), String.fromCodePoint(96 + n)];
    bomb.push(`${name}: &${name} [${`*${before}, `.repeat(9)}*${before}]`);
  }
  t.match(faults(bomb.join("\n"))[0], /too many aliases/);
  t.match(faults("[".repeat(20_000))[0], /s\.yaml/);
  t.match(faults("{a: ".repeat(10_000))[0], /s\.yaml/);
  t.match(faults("mode: *nowhere")[0], /alias|not valid YAML/);
  t.match(faults("mode: report\nmode: enforce")[0], /s\.yaml:2:1: the key stands here twice/);
  t.match(faults("mode: report\n---\nmode: enforce")[0], /second document/);
  t.match(faults("mode: !!js/function x")[0], /must stand in quotes/);
  t.match(faults("__proto__: {mode: enforce}")[0], /unknown key `__proto__`/);
  const { config } = parseConfig("connections: {__proto__: {protocol: vnc}}", null, {});
  t.same(Object.keys(config.connections), []);
  t.match(faults("- a\n- b")[0], /the file must be a group of keys/);
  t.match(faults("a: [1, 2\nb: 3")[0], /s\.yaml:\d:\d/);
  t.equal(({} as Record<string, unknown>)["mode"], undefined, "no prototype was touched");
  t.end();
});

t.test("no text makes the loader throw anything but its own error", (t) => {
  const piece = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom(
      "mode: ",
      "report",
      "\n",
      "  ",
      "listen:",
      "{",
      "}",
      "[",
      "]",
      "&a ",
      "*a",
      "? ",
      "- ",
      "|",
      ">",
      "'",
      '"',
      "<<: ",
      "guacd: ",
      "tokens: ",
      "!!binary ",
      "#",
      "---\n",
      "...",
      "%TAG ! x\n",
      "\t",
      "keys: {file: ",
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      faults(pieces.join(""));
    }),
    { numRuns: 500 },
  );
  t.end();
});

t.test("a refusal never repeats a value: it may be a secret", (t) => {
  const secret = "hunter2-hunter2";
  for (const text of [
    `keys: ${secret}`,
    `keys: {value: [${secret}]}`,
    `tokens: {guacamoleLite: {key: ${secret}}}`,
    `connections: {d: {protocol: ${secret}}}`,
    `connections: {d: {protocol: vnc, settings: {password: [${secret}]}}}`,
    `connections: {d: {protocol: vnc, settings: {password: !${secret}}}}`,
    `connections: {d: {protocol: vnc, settings: {password: *${secret}}}}`,
    `connections: {d: {protocol: vnc, settings: {password: "${secret}"x}}}`,
    `connections:\n  d:\n    settings:\n      password: ${secret}: x`,
    `connections:\n  d:\n    settings:\n      password: a\n ${secret}`,
    `password: "${secret}`,
    `mode: ${secret}`,
  ]) {
    t.not(faults(text).length, 0, text);
    t.notMatch(faults(text).join("\n"), secret, text);
  }
  t.notMatch(faults("", { SAMEHAND_MODE: secret, SAMEHAND_CONNECTIONS: `{d: ${secret}` }).join("\n"), secret);
  t.end();
});

t.test("every key can be set by its variable, which wins over the file", (t) => {
  const { config } = parseConfig("listen: {port: 1}\nmode: enforce", "/etc/s.yaml", {
    SAMEHAND_LISTEN_PORT: "8000",
    SAMEHAND_LISTEN_REUSE_PORT: "true",
    SAMEHAND_LISTEN_TLS_DEVELOPMENT: "true",
    SAMEHAND_GUACD: "one:4822, [::1]:4823",
    SAMEHAND_CONNECTIONS: '{"desk": {"protocol": "vnc", "settings": {"port": 5900}}}',
    SAMEHAND_KEYS: "id:text",
    SAMEHAND_ENROLMENT_MATURE_DAYS: "0",
    SAMEHAND_ORGANISATION_NAME: "42",
    SAMEHAND_TOKENS_GUACAMOLE_LITE_KEY_FILE: "/run/secrets/lite",
    SAMEHAND_TOKENS_FORMATS: "samehand,guacamole-lite",
    PATH: "/bin",
  });
  t.match(config, { mode: "enforce", listen: { port: 8000, reusePort: true, tls: { development: true } } });
  t.same(config.guacd, [
    { host: "one", port: 4822 },
    { host: "::1", port: 4823 },
  ]);
  t.same(readSettings(config.connections["desk"]), { port: "5900" });
  t.same(config.keys, { value: "id:text" });
  t.equal(config.enrolment.mature.days, 0);
  t.equal(config.organisation.name, "42", "a text stays a text");
  t.match(config.tokens.guacamoleLite, { key: { file: "/run/secrets/lite" } });
  t.ok(variables.size > 35);
  t.end();
});

t.test("a variable may name a file that holds the value", (t) => {
  const folder = t.testdir({ port: "8001\n", keys: newKeyLine(new Date(0)) });
  const { config } = parseConfig("", null, {
    SAMEHAND_LISTEN_PORT_FILE: `${folder}/port`,
    SAMEHAND_KEYS_FILE: `${folder}/keys`,
  });
  t.equal(config.listen.port, 8001);
  t.equal(readKeyRing(config.keys, "keys").keys.length, 1);
  t.throws(() => parseConfig("", null, { SAMEHAND_LISTEN_PORT_FILE: `${folder}/none` }), { code: "config-invalid" });
  t.throws(() => readKeyRing({ file: `${folder}/none` }, "tokens.keys"), {
    code: "key-invalid",
    detail: `tokens.keys: ${folder}/none cannot be read (ENOENT)`,
  });
  t.end();
});

t.test("a fault in a variable names the variable", (t) => {
  t.same(faults("", { SAMEHAND_LISTEN_PORT: "99999" }), ["SAMEHAND_LISTEN_PORT: `listen.port` must be at most 65535"]);
  t.match(
    faults("listen: 3", { SAMEHAND_LISTEN_PORT: "1" })[0],
    /SAMEHAND_LISTEN_PORT: `listen` in the file is no group/,
  );
  t.match(faults("- a", { SAMEHAND_LISTEN_PORT: "1" })[0], /group/);
  t.match(faults("", { SAMEHAND_CONNECTIONS: "{" })[0], /SAMEHAND_CONNECTIONS: not YAML/);
  t.end();
});

t.test("a variable that means nothing is told, with what may have been meant", (t) => {
  const { config, warnings } = parseConfig("", null, {
    SAMEHAND_LISTN_PORT: "1",
    SAMEHAND_METRICS_PORT: "tcp://10.0.0.1:9464",
    SAMEHAND_CONFIG: "x.yaml",
    SAMEHAND_URL: "https://gate.example:8444",
    SAMEHAND_TOKEN: "hush",
  });
  t.same(warnings, [
    "SAMEHAND_LISTN_PORT is not a key of the configuration; did you mean SAMEHAND_LISTEN_PORT?",
    "SAMEHAND_METRICS_PORT describes a service, and is passed over",
  ]);
  t.equal(config.metrics.port, 9464);
  t.end();
});

t.test("a file that is not there, or too large, is refused by name", (t) => {
  const folder = t.testdir({ "large.yaml": "#".repeat(1024 * 1024 + 1) });
  t.throws(() => loadConfig(`${folder}/none.yaml`, {}), { message: /none\.yaml cannot be read \(ENOENT\)/ });
  t.throws(() => loadConfig(`${folder}/large.yaml`, {}), { message: /larger than 1 MiB/ });
  t.end();
});

t.test("the JSON Schema knows every key, and says what each is for", (t) => {
  const schema = jsonSchema() as { properties: Record<string, unknown>; additionalProperties: boolean };
  t.same(Object.keys(schema.properties).sort(), Object.keys(configSchema.shape).sort());
  t.equal(schema.additionalProperties, false);
  t.notMatch(JSON.stringify(schema), /"required":\["mode"/, "what has a default need not be written");
  t.end();
});
