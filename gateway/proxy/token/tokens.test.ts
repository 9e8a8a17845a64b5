import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import Crypt from "guacamole-lite/lib/Crypt.js";
import { EncryptJWT } from "jose";
import t, { type Test } from "tap";
import { type ErrorCode, SamehandError } from "../../core/errors.ts";
import { agentName, epochMillis, millis } from "../../core/units.ts";
import { GuacamoleLiteTokens } from "./guacamole-lite-token.ts";
import { issueSamehandToken, SamehandTokens, type Claims, type SamehandTokenOptions } from "./samehand-token.ts";
import type { Tokens } from "./ticket.ts";
import { AcceptedTokens } from "./token-formats.ts";

const start = epochMillis(1_800_000_000_000);
const older = { id: "2026-01", key: randomBytes(32) };
const newer = { id: "2026-02", key: randomBytes(32) };
const claims: Claims = { agent: "ann", connection: "desk", expires: epochMillis(start + 60_000) };
const desk = { protocol: "vnc", settings: { hostname: "10.0.0.1" } };

function opener(changes: Partial<SamehandTokenOptions> = {}): SamehandTokens {
  const used = new Set<string>();
  const spent = { spend: (jti: string) => !used.has(jti) && used.add(jti).size > 0 };
  const clock = { now: () => millis(0), wall: () => start };
  const connections = (name: string) => (name === "desk" ? desk : null);
  return new SamehandTokens({ keys: [newer, older], spent, connections, clock, ...changes });
}

async function refused(t: Test, tokens: Tokens, token: string, code: ErrorCode): Promise<void> {
  await t.rejects(tokens.open(token), { name: "SamehandError", code }, code);
}

t.test("a samehand token opens what it names, once", async (t) => {
  const tokens = opener();
  const token = await issueSamehandToken(claims, [newer]);
  t.notMatch(Buffer.from(token.split(".")[3], "base64url").toString("latin1"), "ann", "is encrypted");
  const ticket = await tokens.open(token);
  t.match(ticket, { agent: "ann", connection: "desk", target: { protocol: "vnc" } });
  t.equal(ticket.settings["hostname"], "10.0.0.1");
  await refused(t, tokens, token, "token-replayed");
});

t.test("a token has one spelling: other alphabets, skipped characters and unused bits open nothing", async (t) => {
  const alike = new Map(Array.from({ length: 64 }, (_, n) => [Buffer.from([n << 2]).toString("base64url")[0], n]));
  let spelt = 0;
  for (let tries = 0; tries < 40 || spelt === 0; tries++) {
    const tokens = opener();
    const token = await issueSamehandToken(claims, [newer]);
    const last = alike.get(token.at(-1) ?? "") ?? 0;
    const unused = [...alike].find(([, n]) => n !== last && n >> 4 === last >> 4)?.[0] ?? "";
    for (const other of [
      `${token.slice(0, -1)}${unused}`,
      `${token}=`,
      `${token}!`,
      token.replace(/-(?=[^.]*$)/, "+"),
    ]) {
      if (other === token) continue;
      spelt++;
      await refused(t, tokens, other, "token-invalid");
    }
    await tokens.open(token);
  }
});

t.test("a connection can be in the token itself", async (t) => {
  const inline = { name: "lab 7", protocol: "ssh", settings: { hostname: "10.0.0.7", port: "22" } };
  const ticket = await opener().open(await issueSamehandToken({ ...claims, connection: inline }, [newer]));
  t.match(ticket, { connection: "lab 7", target: { protocol: "ssh" }, settings: { port: "22" } });
  const join = await opener().open(
    await issueSamehandToken({ ...claims, connection: { name: "lab 7", join: "$abc" } }, [newer]),
  );
  t.match(join.target, { join: "$abc" });
});

t.test("a key of the ring's past still opens; one that is not in it does not", async (t) => {
  t.ok(await opener().open(await issueSamehandToken(claims, [older])));
  const strange = { id: newer.id, key: randomBytes(32) };
  await refused(t, opener(), await issueSamehandToken(claims, [strange]), "token-invalid");
  await refused(t, opener(), await issueSamehandToken(claims, [{ id: "no", key: newer.key }]), "token-invalid");
  t.throws(() => opener({ keys: [{ id: "short", key: randomBytes(16) }] }), { code: "key-invalid" });
});

t.test("expired, far away, unnamed, unknown or altered: refused", async (t) => {
  const issue = (changes: Partial<Claims>): Promise<string> => issueSamehandToken({ ...claims, ...changes }, [newer]);
  await refused(t, opener(), await issue({ expires: epochMillis(start - 1000) }), "token-expired");
  await refused(t, opener(), await issue({ expires: epochMillis(start + 3_601_000) }), "token-invalid");
  await refused(t, opener(), await issue({ connection: "nowhere" }), "connection-unknown");
  const forged = await new EncryptJWT({ agent: "ann", connection: "desk" })
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: newer.id })
    .setExpirationTime(start / 1000 + 60)
    .encrypt(newer.key);
  await refused(t, opener(), forged, "token-invalid");
  const token = await issue({});
  for (const at of [3, 60, 80, token.length - 3]) {
    const other = token[at] === "A" ? "B" : "A";
    await refused(t, opener(), token.slice(0, at) + other + token.slice(at + 1), "token-invalid");
  }
  await t.rejects(issue({ agent: "" }), { code: "token-invalid" });
  await t.rejects(issue({ agent: "a\u0000b" }), { code: "token-invalid" });
});

const lightKey = randomBytes(32);
const light = new Crypt("AES-256-CBC", lightKey);
const connection = {
  type: "rdp",
  settings: { hostname: "10.0.0.9", port: 3389, "ignore-cert": true, audio: ["audio/L16"] },
};

t.test("a guacamole-lite token opens, with the agent from the named field", async (t) => {
  const tokens = new GuacamoleLiteTokens({ key: lightKey, agentField: "user.name" });
  const ticket = await tokens.open(light.encrypt({ connection, user: { name: "ann" } }));
  t.match(ticket, { agent: "ann", connection: "rdp 10.0.0.9 3389", target: { protocol: "rdp" } });
  t.same(Object.entries(ticket.settings), [
    ["hostname", "10.0.0.9"],
    ["port", "3389"],
    ["ignore-cert", "true"],
  ]);
});

t.test("no guacamole-lite token can do more than be refused", async (t) => {
  const tokens = new GuacamoleLiteTokens({ key: lightKey, agentField: "user" });
  const seal = (content: string): string => light.encrypt(JSON.parse(content));
  const wrap = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64");
  const bad = [
    "",
    "not base64 at all %%%",
    Buffer.from("{").toString("base64"),
    wrap(null),
    wrap(7),
    wrap({}),
    wrap({ iv: "AAAA", value: "AAAA" }),
    wrap({ iv: 1, value: [] }),
    wrap({ iv: Buffer.alloc(16).toString("base64"), value: Buffer.alloc(64).toString("base64") }),
    seal("null"),
    seal("[]"),
    seal('{"user":"ann"}'),
    seal('{"user":"ann","connection":{"type":"vnc","settings":[]}}'),
    seal('{"user":"ann","connection":{"type":"vnc","settings":{"__proto__":{"polluted":"yes"}}}}'),
    seal('{"user":"ann","connection":{"type":"vnc","settings":{"constructor":"x","Upper":"y"}}}'),
    seal('{"user":"ann","__proto__":{"connection":{"type":"vnc","settings":{}}}}'),
    seal('{"user":{"a":1},"connection":{"type":"vnc","settings":{}}}'),
    seal('{"user":"ann","connection":{"type":"VNC;","settings":{}}}'),
    "A".repeat(20_000),
  ];
  for (const token of bad) await refused(t, tokens, token, "token-invalid");
  t.equal(({} as Record<string, unknown>)["polluted"], undefined);
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json(), fc.base64String()), async (token) => {
      await tokens.open(token).catch((error: unknown) => {
        if (!(error instanceof SamehandError)) throw error;
      });
    }),
    { numRuns: 300 },
  );
});

t.test("only the formats that are accepted are opened", async (t) => {
  const lite = new GuacamoleLiteTokens({ key: lightKey, agentField: "user" });
  const liteToken = light.encrypt({ connection, user: "ann" });
  await refused(t, new AcceptedTokens({ samehand: opener() }), liteToken, "token-format-refused");
  await refused(
    t,
    new AcceptedTokens({ guacamoleLite: lite }),
    await issueSamehandToken(claims, [newer]),
    "token-format-refused",
  );
  const both = new AcceptedTokens({ samehand: opener(), guacamoleLite: lite });
  const spell = (name: string) => agentName(name.toUpperCase());
  const spelt = await new AcceptedTokens({ guacamoleLite: lite }, spell).open(liteToken);
  t.equal(spelt.agent, "ANN", "a name is spelt as names are, whoever says it");
  t.equal((await both.open(liteToken)).agent, "ann");
  t.equal((await both.open(await issueSamehandToken(claims, [newer]))).agent, "ann");
  await refused(t, both, "x".repeat(9000), "token-invalid");
});
