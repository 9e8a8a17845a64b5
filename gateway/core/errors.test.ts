import t from "tap";
import { asSamehandError, catalogue, type Entry, SamehandError } from "./errors.ts";

t.test("every entry reads as a sentence part and carries all three statuses", (t) => {
  for (const [code, entry] of Object.entries<Entry>(catalogue)) {
    t.match(code, /^[a-z]+(-[a-z]+)*$/);
    t.notMatch(entry.message, /[.]$/, `${code}: no full stop`);
    t.equal(entry.message[0], entry.message[0]?.toLowerCase(), `${code}: lower case`);
    t.not(entry.action, "", `${code}: says what to do`);
    t.ok(entry.http >= 400 && entry.http < 600, `${code}: http`);
    t.ok((entry.close >= 1001 && entry.close <= 1013) || entry.close >= 3000, `${code}: close`);
    t.ok(entry.guacamole >= 0x0200 && entry.guacamole <= 0x031d, `${code}: guacamole`);
  }
  t.end();
});

t.test("what must not come back by itself has a status that the stock client does not reconnect on", (t) => {
  const reconnects = new Set([0x0301, 0x0308, 0x0200, 0x0202, 0x0203, 0x0207, 0x0208]);
  for (const code of [
    "agent-locked",
    "session-severed",
    "quarantine-expired",
    "challenge-failed",
    "session-ended-by-operator",
    "token-replayed",
  ] as const)
    t.notOk(reconnects.has(catalogue[code].guacamole), code);
  t.end();
});

t.test("an error says its code, the detail and what to do", (t) => {
  const error = new SamehandError("config-invalid", "samehand.yaml:3 listen.port");
  t.match(error.message, /samehand\.yaml:3 listen\.port/);
  t.match(error.message, /config-invalid/);
  t.equal(asSamehandError(error, "usage"), error);
  t.equal(asSamehandError(new Error("boom"), "store-unavailable").code, "store-unavailable");
  t.end();
});
