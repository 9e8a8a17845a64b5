import { generateKeyPairSync } from "node:crypto";
import * as fc from "fast-check";
import t from "tap";
import { epochMillis, sessionId } from "../core/units.ts";
import type { AuditEntry } from "../store/audit-entry.ts";
import { caep, revokes } from "./caep.ts";
import { cef } from "./cef.ts";
import { ecs } from "./ecs.ts";
import { noticeOf } from "./notice.ts";
import { ocsf } from "./ocsf.ts";
import { syslogMessage } from "./syslog.ts";

const entry: AuditEntry = {
  seq: 7,
  at: epochMillis(Date.UTC(2026, 0, 5, 8)),
  actor: "gateway",
  action: "verdict.sever",
  session: sessionId("s1"),
  agent: "id-1" as AuditEntry["agent"],
  why: "rule wrong-hand",
  detail: {
    mode: "enforce",
    verdict: "sever",
    wouldBe: "sever",
    trust: 0.4,
    rule: "wrong-hand",
    reasons: ["keyboard-mismatch: a=b|c"],
  },
  previous: "",
  hash: "0123456789abcdef0123456789abcdef",
};
const notice = noticeOf(entry, "farm", "anna\nsmith");

/** Reads a CEF line as a receiver does. */
function read(line: string): { header: string[]; fields: Record<string, string> } {
  const parts = line.split(/(?<!\\)(?:\\\\)*\|/);
  const header = parts.slice(0, 7);
  const fields: Record<string, string> = {};
  for (const [, key = "", value = ""] of parts
    .slice(7)
    .join("|")
    .matchAll(/(\w+)=((?:\\.|[^=\\])*)(?=\s\w+=|$)/g))
    fields[key] = value.replace(/\\n/g, "\n").replace(/\\(.)/g, "$1");
  return { header, fields };
}

t.test("a verdict as CEF: one line, escaped, readable again", (t) => {
  const line = cef(notice, "1.0");
  t.notMatch(line, /\n/);
  const { header, fields } = read(line);
  t.same(header, ["CEF:0", "Samehand", "samehand", "1.0", "verdict.sever", "verdict.sever", "9"]);
  t.match(fields, {
    duser: "anna\nsmith",
    reason: "keyboard-mismatch: a=b|c",
    cs2Label: "rule",
    cs2: "wrong-hand",
    cn1Label: "seq",
    cn1: "7",
    cfp1: "0.4",
  });
  t.end();
});

t.test("no text of an entry can add a field or a line", (t) => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (why, agent) => {
      const line = cef(noticeOf({ ...entry, why, detail: {} }, "farm", agent), "1.0");
      const keys = [...line.matchAll(/(?<!\\)(?:\\\\)*=/g)].length;
      return (
        !/[\r\n]/.test(line) &&
        keys === [...cef(noticeOf({ ...entry, why: "", detail: {} }, "farm", ""), "1.0").matchAll(/=/g)].length
      );
    }),
  );
  t.end();
});

t.test("syslog says facility, severity and where from, as RFC 5424 has it", (t) => {
  t.match(
    syslogMessage(notice, "1.0", "gate 1"),
    /^<81>1 2026-01-05T08:00:00\.000Z gate1 samehand \d+ verdict\.sever - CEF:0\|/,
  );
  t.end();
});

t.test("the fields that ECS and OCSF ask for are there", (t) => {
  t.match(ecs(notice, "1.0"), {
    "@timestamp": "2026-01-05T08:00:00.000Z",
    ecs: { version: "8.11.0" },
    event: { kind: "alert", category: ["session"], type: ["end"], action: "verdict.sever", severity: 9 },
    user: { name: "anna\nsmith" },
    rule: { name: "wrong-hand" },
  });
  const finding = { class_uid: 2004, category_uid: 2, activity_id: 1, type_uid: 200_401, severity_id: 5 };
  t.match(ocsf(notice, "1.0"), {
    ...finding,
    time: entry.at,
    finding_info: { uid: "farm/7-0123456789abcdef" },
    metadata: { version: "1.3.0" },
  });
  const act = noticeOf({ ...entry, action: "agent.unlocked", actor: "operator:olga", detail: {} }, "farm", null);
  t.match(ocsf(act, "1.0"), {
    class_uid: 3004,
    activity_id: 99,
    type_uid: 300_499,
    actor: { user: { name: "operator:olga" } },
  });
  t.end();
});

t.test("an entry that comes after a restore with the number of another has another id, everywhere", (t) => {
  const other = noticeOf({ ...entry, hash: "fedcba9876543210fedcba9876543210" }, "farm", "anna");
  t.not(other.id, notice.id);
  t.not(read(cef(other, "1.0")).fields["externalId"], read(cef(notice, "1.0")).fields["externalId"]);
  for (const form of [ecs, ocsf]) {
    const [one, two] = [notice, other].map((each) => JSON.stringify(form(each, "1.0")));
    for (const id of [notice.id, entry.hash]) t.ok(one?.includes(id) && !two?.includes(id));
  }
  t.end();
});

t.test("nothing in an entry's detail takes the place of what is said of every entry", (t) => {
  const own = { actor: "nobody", session: "none", action: "none", why: "none", hash: "none" };
  const { samehand } = ecs(noticeOf({ ...entry, detail: own }, "farm", null), "1.0") as Record<string, object>;
  t.match(samehand, { actor: "gateway", session: "s1" });
  const { unmapped } = ocsf(noticeOf({ ...entry, detail: own }, "farm", null), "1.0") as Record<string, object>;
  t.match(unmapped, { action: "verdict.sever", why: "rule wrong-hand", session: "s1", hash: entry.hash });
  t.end();
});

t.test("what report mode would have done is no alarm, and revokes nothing", async (t) => {
  const reported = noticeOf(
    { ...entry, action: "verdict.allow", detail: { ...entry.detail, mode: "report" } },
    "farm",
    "anna",
  );
  t.equal(reported.severity, 5);
  t.notOk(revokes(reported));
  t.ok(revokes(notice));
  // Nothing is sent, so that no receiver is needed.
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const carrier = caep({ url: "http://127.0.0.1:9/", key, trust: {}, keyId: "k", issuer: "i", audience: "a" });
  await carrier.carry([reported]);
  carrier.close();
});
