/** The one description of `samehand.yaml`: types, defaults, bounds, words for people, and the JSON Schema. */
import { z } from "zod";

const port = z.int().min(0).max(65535);
const count = z.int().min(0).max(1_000_000_000);
const atLeastOne = z.int().min(1).max(1_000_000_000);
const seconds = z.number().positive().max(31_536_000);
const path = z.string().min(1).max(4096);
const host = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[A-Za-z0-9.:_-]+$/, { error: "must be a host name or an address" });

/** A secret from a file (best), or as a value, which is meant for the environment. */
const secret = z
  .strictObject({ file: path.optional(), value: z.string().min(1).max(65536).optional() })
  .refine((from) => (from.file === undefined) !== (from.value === undefined), {
    error: "must have either `file` or `value`",
  })
  .meta({ secret: true });

const endpoint = z.strictObject({
  host,
  port: port.min(1),
  tls: z
    .strictObject({ ca: path.optional(), servername: host.optional() })
    .optional()
    .describe("speak TLS to guacd; `ca`: PEM file to trust instead of the system's list"),
});
const guacd = z.union([
  endpoint,
  z
    .string()
    .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, { error: "must be `host:port`" })
    .transform((text) => {
      const colon = text.lastIndexOf(":");
      return { host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(text.slice(colon + 1)) };
    })
    .refine((to) => to.port >= 1 && to.port <= 65535, { error: "must have a port from 1 to 65535" }),
]);

const lineFormat = z.enum(["samehand", "ecs", "ocsf"]).describe("the words of each line: our own, Elastic's or OCSF's");
const receiverName = z.string().regex(/^[a-z0-9-]{1,40}$/, { error: "must be a-z, 0-9 and -" });
const httpUrl = z.url({ protocol: /^https?$/ });
const client = z
  .strictObject({ cert: path, key: path })
  .optional()
  .describe("PEM files of the certificate that this gateway shows, and of its key, where the receiver asks for one");
const receiver = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("syslog").describe("RFC 5424 with CEF inside, in frames as RFC 5425 has them"),
    name: receiverName,
    host,
    port: port.min(1).default(6514),
    tls: z
      .union([z.literal(false), z.strictObject({ ca: path.optional(), servername: host.optional(), client })])
      .prefault({})
      .describe("`ca`: PEM file to trust instead of the system's list; `false`: in the clear"),
  }),
  z.strictObject({
    kind: z.literal("webhook"),
    name: receiverName,
    url: httpUrl,
    secret: secret.describe("what each request is signed with"),
    format: lineFormat.default("samehand"),
    ca: path.optional(),
    client,
  }),
  z.strictObject({
    kind: z.literal("caep").describe("a signed event for each session that was severed"),
    name: receiverName,
    url: httpUrl,
    key: secret.describe("PEM of a P-256 key"),
    keyId: z.string().min(1).max(200).default("samehand"),
    issuer: z.string().min(1).max(400),
    audience: z.string().min(1).max(400),
    token: secret.optional().describe("bearer token for the receiver"),
    ca: path.optional(),
    client,
  }),
  z.strictObject({
    kind: z.literal("file").describe("lines of JSON, for a shipper to pick up"),
    name: receiverName,
    path,
    format: lineFormat.default("samehand"),
  }),
]);

const setting = z.union([z.string().max(65536), z.number(), z.boolean(), secret]);
const connection = z.strictObject({
  protocol: z.enum(["vnc", "rdp", "ssh", "telnet", "kubernetes"]).describe("guacd's protocol for this desktop"),
  settings: z
    .record(z.string().regex(/^[a-z0-9-]{1,64}$/), setting)
    .default({})
    .describe("guacd's parameters for that protocol; a secret one may be `{file: PATH}`"),
});

const webapp = z.strictObject({
  upstreams: z
    .array(z.string().regex(/^https?:\/\/[^/\s?#@]+$/, { error: "must be an origin such as http://127.0.0.1:8080" }))
    .min(1)
    .max(64)
    .describe("where the web application is; a login stays with the one that made it"),
  path: z
    .string()
    .regex(/^\/(?:[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*)?$/, { error: "must be a path such as /guacamole" })
    .default("/guacamole"),
  ca: path.optional().describe("PEM file to trust for https upstreams, instead of the system's list"),
  timeoutSeconds: seconds.default(60).describe("until an answer begins, and between two pieces of it"),
  httpTunnel: z
    .enum(["refuse", "degrade", "pass"])
    .default("refuse")
    .describe(
      "input over plain HTTP comes in batches: `refuse` it in enforce mode, score what of its timing can be believed (`degrade`, one worker only), or let it `pass` unseen",
    ),
  guests: z
    .enum(["deny", "watch", "type"])
    .default("watch")
    .describe("what somebody may do who came by a share link and has no account, in enforce mode"),
  bindAddress: z
    .boolean()
    .default(true)
    .describe("a login opens desktops only from where it was made, in enforce mode"),
  trustedProxies: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .default([])
    .describe("addresses of proxies in front, whose X-Forwarded-For and identity headers are believed"),
  identityHeaders: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/))
    .default(["remote_user"])
    .describe("headers by which the application signs people in: taken from all but trusted proxies"),
  people: z
    .record(z.string().regex(/^[^\p{Cc}/]{1,128}\/[^\p{Cc}]{1,128}$/u), z.string().min(1).max(256))
    .default({})
    .describe("accounts of the same person: `<data source>/<user>` to the agent's name"),
  caseSensitive: z
    .boolean()
    .default(false)
    .describe("whether accounts that differ in case alone are of different people; directories take them for one"),
});

const amount = (keystrokes: number, actions: number, days: number) =>
  z
    .strictObject({
      keystrokes: count.default(keystrokes).describe("keystrokes that must have been learned"),
      actions: count.default(actions).describe("pointer actions that must have been learned"),
      days: count.default(days).describe("different days on which something was learned"),
    })
    .prefault({});

export const configSchema = z.strictObject({
  mode: z.enum(["report", "enforce"]).default("report").describe("`report` decides and touches nothing"),
  organisation: z
    .strictObject({
      name: z.string().max(200).default("").describe("shown on the hold screen"),
      notice: z.string().max(2000).default("").describe("whom to call, shown on the hold screen"),
      language: z
        .enum(["auto", "en", "de", "fr", "es", "pt"])
        .default("auto")
        .describe("of the hold screen; `auto`: what the viewer's browser asks for"),
    })
    .prefault({}),
  listen: z
    .strictObject({
      host: host.default("127.0.0.1"),
      port: port.default(8443),
      tls: z
        .strictObject({ cert: path.optional(), key: path.optional(), development: z.boolean().default(false) })
        .refine((tls) => (tls.cert !== undefined && tls.key !== undefined) !== tls.development, {
          error: "must have `cert` and `key`, or `development: true`",
        })
        .transform(({ cert = "", key = "", development }) =>
          development ? { development: true as const } : { development: false as const, cert, key },
        )
        .optional()
        .describe("files of the certificate chain and its key (PEM), or `development: true`; absent: plain HTTP"),
      origins: z
        .array(z.string().regex(/^https?:\/\/[^/\s]+$/, { error: "must be an origin such as https://desk.example" }))
        .default([])
        .describe("origins of pages that may connect besides the gateway's own"),
      url: z
        .string()
        .regex(/^https?:\/\/[^/\s]+$/, { error: "must be an origin such as https://desk.example" })
        .optional()
        .describe("where agents reach this gateway; absent: they cannot confirm with a passkey"),
      reusePort: z.boolean().default(false).describe("several gateways may listen on one port (SO_REUSEPORT)"),
    })
    .prefault({}),
  metrics: z
    .strictObject({ host: host.default("127.0.0.1"), port: port.default(9464) })
    .prefault({})
    .describe("own port of /metrics, /healthz and /readyz"),
  admin: z
    .strictObject({
      host: host.default("127.0.0.1"),
      port: port.default(8444),
      origin: z
        .string()
        .regex(/^https?:\/\/[^/\s]+$/, { error: "must be an origin such as https://samehand.example" })
        .optional()
        .describe("where operators reach the console, where a proxy stands in front; passkeys are tied to it"),
      oidc: z
        .strictObject({
          name: z.string().min(1).max(100).default("your organisation").describe("shown on the button"),
          issuer: z.url(),
          clientId: z.string().min(1).max(200),
          clientSecret: secret,
          scopes: z.array(z.string().min(1).max(100)).default(["profile", "email"]),
          nameClaim: z.string().min(1).max(100).default("email"),
          groupsClaim: z.string().min(1).max(100).default("groups"),
          groups: z
            .record(
              z.string().min(1).max(200),
              z.array(z.enum(["viewer", "responder", "policy", "privacy", "admin"])).min(1),
            )
            .describe("roles by the provider's groups; who has none of them is refused"),
        })
        .optional()
        .describe(
          "sign-in through an OpenID Connect provider; its redirect address is `/api/v1/sign-in/oidc/callback`",
        ),
      fourEyes: z
        .array(z.enum(["release", "forget", "policy"]))
        .default([])
        .describe("what a second operator must approve"),
      scoreDays: z
        .number()
        .positive()
        .max(365)
        .default(14)
        .describe("how long windows of evidence are kept, on which a draft of a policy is tried"),
      signInHours: z.number().positive().max(168).default(12).describe("how long a sign-in lasts, however busy"),
    })
    .prefault({})
    .describe("own port of the operators' console and API; it speaks TLS where `listen` does"),
  guacd: z
    .array(guacd)
    .min(1)
    .max(256)
    .default([{ host: "127.0.0.1", port: 4822 }]),
  webapp: webapp.optional().describe("Apache Guacamole's web application, to stand in front of: docs/GUACAMOLE.md"),
  connections: z
    .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}$/), connection)
    .default({})
    .describe("desktops that tokens may name"),
  tokens: z
    .strictObject({
      formats: z
        .array(z.enum(["samehand", "guacamole-lite"]))
        .min(1)
        .default(["samehand"]),
      keys: secret.default({ file: "samehand.token-keys" }).describe("key ring of samehand tokens"),
      lifetimeSeconds: seconds.default(300).describe("how long a new token may be used to connect"),
      guacamoleLite: z
        .strictObject({
          key: secret,
          agentField: z
            .string()
            .regex(/^[A-Za-z0-9_.-]{1,128}$/)
            .default("connection.settings.username")
            .describe("where in the token the agent's name stands"),
        })
        .optional(),
    })
    .prefault({}),
  keys: secret.default({ file: "samehand.keys" }).describe("key ring that encrypts profiles"),
  store: path.default("samehand.db").describe("the SQLite file"),
  audit: z
    .strictObject({
      key: path.optional().describe("the key that signs the audit chain; absent: beside the store, made there"),
      days: z.int().min(90).max(36_500).default(400).describe("how long entries are kept"),
    })
    .prefault({})
    .describe("the audit chain"),
  delivery: z
    .array(receiver)
    .max(16)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, { error: "has two of the same name" })
    .default([])
    .describe("where the audit chain is sent to: docs/SIEM.md"),
  traces: z
    .strictObject({
      url: httpUrl.describe("the collector's OTLP/HTTP address, such as https://otel.example:4318/v1/traces"),
      service: z.string().min(1).max(100).default("samehand").describe("`service.name` of what is sent"),
      headers: z
        .record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), secret)
        .default({})
        .describe("sent with each request, such as `authorization`"),
      ca: path.optional(),
      client,
    })
    .optional()
    .describe("traces of sessions for an OpenTelemetry collector; absent: none"),
  retention: z
    .strictObject({
      sessionDays: z.int().min(1).max(36_500).default(400).describe("records of sessions: times, verdicts, outcome"),
      profileDays: z
        .int()
        .min(1)
        .max(36_500)
        .default(400)
        .describe("an agent who did not come for so long is forgotten, with the profile"),
    })
    .prefault({})
    .describe("how long it is kept; see also `audit.days` and `admin.scoreDays`"),
  policy: path.optional().describe("the policy file; absent: the shipped one"),
  background: path.optional().describe("the background population's file; absent: the shipped one"),
  enrolment: z
    .strictObject({ provisional: amount(500, 100, 1), mature: amount(2000, 500, 3) })
    .prefault({})
    .describe("what an agent's profile needs to be alerted on, and to be acted on"),
  limits: z
    .strictObject({
      connections: atLeastOne.default(10_000).describe("open sockets of clients"),
      connectionsPerAddress: atLeastOne.default(2_000).describe("of one address; an office is often one address"),
      upgradesPerSecond: atLeastOne.default(100).describe("tunnels that one address asks for, sustained"),
      upgradeBurst: atLeastOne.default(2_000).describe("at once, as when an office comes back after an outage"),
      sessions: atLeastOne.default(2_000),
      sessionsPerAgent: atLeastOne.default(4),
      instructionsPerSecond: atLeastOne.default(2_000).describe("from one client, sustained"),
      instructionBurst: atLeastOne.default(4_000),
      bytesPerSecond: atLeastOne.default(4 * 1024 * 1024).describe("from one client, sustained"),
      byteBurst: atLeastOne.default(16 * 1024 * 1024),
      frameBytes: atLeastOne.default(1024 * 1024).describe("of one WebSocket message from a client"),
      bufferBytes: atLeastOne.default(1024 * 1024).describe("waiting for one viewer before its target is paused"),
      memoryBytes: z
        .int()
        .min(64 * 1024 * 1024)
        .max(Number.MAX_SAFE_INTEGER)
        .optional()
        .describe("of each process, above which new sessions are refused; absent: 80 % of the memory there is"),
      requestSeconds: seconds.default(10).describe("for a request's head"),
      connectSeconds: seconds.default(5).describe("to reach guacd"),
      handshakeSeconds: seconds.default(15).describe("for guacd to be ready"),
      idleSeconds: seconds.default(30).describe("without any byte from the client"),
      stallSeconds: seconds.default(60).describe("without the client reading"),
    })
    .prefault({}),
  log: z.strictObject({ level: z.enum(["debug", "info", "warn", "error", "silent"]).default("info") }).prefault({}),
  drainSeconds: z.number().min(0).max(86_400).default(30).describe("how long sessions may go on at a shut-down"),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe("processes that share the port and the limits; more than one needs Linux, 3.9 or newer"),
});

/** The whole configuration, every default filled in, paths absolute. */
export type Config = z.output<typeof configSchema>;
export type SecretSource = z.output<typeof secret>;
export type ConnectionConfig = z.output<typeof connection>;

/** The JSON Schema that editors check `samehand.yaml` with. */
export function jsonSchema(): object {
  return {
    ...z.toJSONSchema(configSchema, { io: "input", target: "draft-2020-12" }),
    title: "samehand.yaml",
  };
}
