/** What is fuzzed besides the wire formats: tokens, request lines, and every file that an operator or a disk hands in. */
import { deepStrictEqual, ok } from "node:assert";
import { createCipheriv, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { EncryptJWT } from "jose";
import { crc32 } from "node:zlib";
import { stringify } from "yaml";
import { parseConfig } from "../../config/load.ts";
import { systemClock } from "../../gateway/core/clock.ts";
import type { ErrorCode } from "../../gateway/core/errors.ts";
import { SamehandError } from "../../gateway/core/errors.ts";
import { parseKeyRing } from "../../gateway/core/key-ring.ts";
import type { Ticket } from "../../gateway/core/session.ts";
import { defaultPolicyFile, parsePolicy } from "../../gateway/policy/policy-file.ts";
import { instruction } from "../../gateway/protocol/guacamole/instructions.ts";
import { parseTarget, parseTunnelRequest } from "../../gateway/proxy/request.ts";
import { GuacamoleLiteTokens } from "../../gateway/proxy/token/guacamole-lite-token.ts";
import { SamehandTokens } from "../../gateway/proxy/token/samehand-token.ts";
import { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { guacdRead } from "../fixtures/guacd-parser.ts";
import type { Target } from "./target.ts";

/** Null where it was refused with one of these codes; any other error is a finding. */
function refusedBut<Out>(codes: readonly ErrorCode[], action: () => Out): Out | null {
  try {
    return action();
  } catch (error) {
    if (error instanceof SamehandError && codes.includes(error.code)) return null;
    throw error;
  }
}

/** Whatever a ticket holds means to guacd what it meant to the gateway, and has a bound. */
function checkTicket(ticket: Ticket): void {
  ok(ticket.agent.length <= 512 && ticket.connection.length <= 512);
  const values = Object.values(ticket.settings);
  const said = Buffer.from(instruction("connect", ...values.slice(0, 100)));
  const read = guacdRead(said)?.map(({ argv }) => argv.map((text) => Buffer.from(text, "latin1").toString()));
  deepStrictEqual(read, [values.slice(0, 100).map((text) => Buffer.from(text).toString())]);
}

const claims = [
  { agent: "anna", connection: "desk" },
  {
    agent: "anna",
    connection: { name: "d", protocol: "vnc", settings: { hostname: "h", port: 5900, "read-only": true } },
  },
  { agent: "Änne 😀", connection: { name: "d", join: "$0b9a8f6e-0000-4000-8000-000000000001" } },
];
const jsonOf = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
};

const tokenKey = randomBytes(32);
const spent = new Set<string>();
const samehand = new SamehandTokens({
  keys: [{ id: "k", key: tokenKey }],
  spent: { spend: (jti) => !spent.has(jti) && spent.add(jti).size > 0 },
  connections: (name) => (name === "desk" ? { protocol: "vnc", settings: { hostname: "h" } } : null),
  clock: systemClock,
});
const tokenCodes: readonly ErrorCode[] = ["token-invalid", "token-expired", "connection-unknown"];

/** Claims that somebody with the key made, and tokens that somebody without it changed: the latter open nothing. */
const samehandToken: Target = {
  name: "samehand-token",
  seeds: claims.map((claim) => Buffer.from(JSON.stringify(claim))),
  async run(bytes, random) {
    const payload = jsonOf(bytes);
    if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return false;
    const jti = `fuzz-${spent.size}-${random.below(1e9)}`;
    const made = new EncryptJWT({ jti, ...payload }).setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: "k" });
    if (!("exp" in payload)) made.setExpirationTime("1 minute");
    // some claims cannot be made into a token at all
    const token = await made.encrypt(tokenKey).catch(() => null);
    if (token === null) return false;
    const at = random.below(token.length);
    const changed = token.slice(0, at) + String.fromCharCode(33 + random.below(94)) + token.slice(at + 1);
    const open = async (text: string): Promise<Ticket | null> => {
      try {
        return await samehand.open(text);
      } catch (error) {
        if (error instanceof SamehandError && tokenCodes.includes(error.code)) return null;
        throw error;
      }
    };
    if (changed !== token) ok((await open(changed)) === null, "changed");
    const ticket = await open(token);
    if (ticket === null) return false;
    checkTicket(ticket);
    const again = await samehand.open(token).catch((error: SamehandError) => error.code);
    deepStrictEqual(again, "token-replayed");
    if (spent.size > 10_000) spent.clear();
    return true;
  },
};

const liteKey = randomBytes(32);
const lite = new GuacamoleLiteTokens({ key: liteKey, agentField: "connection.settings.username" });

const guacamoleLiteToken: Target = {
  name: "guacamole-lite-token",
  seeds: [
    { connection: { type: "vnc", settings: { username: "anna", hostname: "h", port: 5900, audio: ["a", "b"] } } },
    { connection: { join: "$0b9a8f6e-0000-4000-8000-000000000001", settings: { username: "anna" } } },
  ].map((content) => Buffer.from(JSON.stringify(content))),
  async run(bytes) {
    const iv = randomBytes(16);
    const cipher = createCipheriv("aes-256-cbc", liteKey, iv);
    const value = Buffer.concat([cipher.update(bytes), cipher.final()]).toString("base64");
    const token = Buffer.from(JSON.stringify({ iv: iv.toString("base64"), value })).toString("base64");
    try {
      checkTicket(await lite.open(token));
      return true;
    } catch (error) {
      if (error instanceof SamehandError && error.code === "token-invalid") return false;
      throw error;
    }
  },
};

const request: Target = {
  name: "request",
  seeds: [
    "/websocket-tunnel?token=t&GUAC_WIDTH=1024&GUAC_HEIGHT=768&GUAC_DPI=96&GUAC_TIMEZONE=Europe%2FBerlin",
    "/websocket-tunnel?token=a%3D&GUAC_AUDIO=audio%2FL8&GUAC_AUDIO=audio%2FL16&GUAC_IMAGE=image/png&width=5&height=6",
    "/",
    "/a/b.c_d~e-f",
  ].map((text) => Buffer.from(text)),
  run(bytes) {
    const line = bytes.toString("latin1");
    const read = refusedBut(["request-malformed"], () => {
      const target = parseTarget(line);
      return { target, asked: parseTunnelRequest(target.query) };
    });
    if (read === null) return false;
    const { target, asked } = read;
    ok(!/%|\/\/|\/\.\.?(\/|$)|;/.test(target.path), "one spelling of a path");
    // a browser's own reading of the line is the same
    deepStrictEqual(URL.parse(line, "http://h")?.pathname, target.path);
    const known = new URLSearchParams(target.query).getAll("token");
    if (!line.includes("#") && known.length > 0) deepStrictEqual(known, [asked.token]);
    ok(asked.width >= 1 && asked.width <= 16384 && asked.height >= 1 && asked.height <= 16384);
    return true;
  },
};

/** The same text twice gives the same; and what it comes to can be written and read again. */
const config: Target = {
  name: "configuration",
  seeds: [
    "mode: enforce\nlisten: {host: 0.0.0.0, port: 443, tls: {cert: c.pem, key: k.pem}}\n",
    "guacd:\n  - 10.0.0.1:4822\n  - {host: g, port: 1, tls: {ca: ca.pem}}\nlimits: {sessions: 5}\n",
    "connections:\n  desk: {protocol: vnc, settings: {hostname: h, port: 5900, password: {file: pw}}}\n",
    "a: &a [1, 2]\nlog: {level: debug}\n",
    "x: &x {y: [*z]}\n",
  ].map((text) => Buffer.from(text)),
  run(bytes) {
    const text = bytes.toString();
    const parse = (from: string) =>
      refusedBut(["config-invalid"], () => parseConfig(from, "/etc/samehand/samehand.yaml", {}).config);
    const first = parse(text);
    deepStrictEqual(parse(text), first);
    if (first === null) return false;
    deepStrictEqual(parse(stringify(first)), first);
    return true;
  },
};

const policy: Target = {
  name: "policy",
  seeds: [readFileSync(defaultPolicyFile)],
  run(bytes) {
    const made = refusedBut(["policy-invalid"], () => parsePolicy(bytes.toString(), "policy.yaml"));
    if (made === null) return false;
    ok(made.budget.falseQuarantinesPerHour > 0 && Number.isFinite(made.lockMinutes) && made.quarantineSeconds > 0);
    return true;
  },
};

const keys: Target = {
  name: "key-ring",
  seeds: [
    `a:${"A".repeat(43)}\n# a comment\nb:${"B".repeat(42)}A\n`,
    `2026-01-01-abcdef:${"c".repeat(42)}A=, x:${"d".repeat(42)}A`,
  ].map((text) => Buffer.from(text)),
  run(bytes) {
    const ring = refusedBut(["key-invalid"], () => parseKeyRing(bytes.toString(), "keys"));
    if (ring === null) return false;
    for (const { id, secret } of ring.keys) ok(/^[A-Za-z0-9._-]{1,64}$/.test(id) && secret.length === 32);
    return true;
  },
};

const background = Background.load();
/** Where a container's checksum of all that follows stands (`models/container.ts`). */
const checksumAt = 10;

/** A profile whose checksum is right, as of one that was made to hurt; what is read is written the same again. */
const profile: Target = {
  name: "profile",
  seeds: [Buffer.from(Profile.empty(background).encode())],
  run(bytes) {
    const sound = Buffer.from(bytes);
    if (sound.length >= checksumAt + 4) sound.writeUInt32BE(crc32(sound.subarray(checksumAt + 4)), checksumAt);
    const read = refusedBut(["profile-unreadable"], () => Profile.decode(sound, background));
    if (read === null) return false;
    const written = read.encode();
    deepStrictEqual(Profile.decode(written, background).encode(), written);
    refusedBut(["profile-unreadable"], () => Profile.factsOf(sound));
    return true;
  },
};

export const fileTargets: readonly Target[] = [
  samehandToken,
  guacamoleLiteToken,
  request,
  config,
  policy,
  keys,
  profile,
];
