import { PassThrough } from "node:stream";
import t from "tap";
import type { SessionInfo } from "../core/session.ts";
import { agentName, epochMillis, millis, sessionId } from "../core/units.ts";
import type { Decision } from "../core/verdict.ts";
import { createLog, logDecision } from "./log.ts";

t.test("one decision is one line that explains it, and secrets passed by mistake are not in it", (t) => {
  const out = new PassThrough();
  const log = createLog("info", out);
  const session: SessionInfo = {
    id: sessionId("s-1"),
    agent: agentName("anna"),
    connection: "desk",
    startedAt: epochMillis(0),
    address: "127.0.0.1",
  };
  const decision: Decision = {
    at: millis(5),
    verdict: "alert",
    wouldBe: "quarantine",
    mode: "report",
    trust: 3.14159,
    rule: "mismatch",
    reasons: [{ code: "keyboard-mismatch", text: "holds keys 40 % longer than usual" }],
    keystrokes: 120,
    actions: 14,
  };
  logDecision(log, session, decision);
  log.error({ token: "SECRET", nested: { password: "SECRET" } }, "fault");
  const lines = String(out.read()).trim().split("\n");
  t.equal(lines.length, 2);
  t.match(JSON.parse(lines[0] ?? ""), {
    event: "decision",
    agent: "anna",
    wouldBe: "quarantine",
    trust: 3.14,
    reasons: ["holds keys 40 % longer than usual"],
  });
  t.notMatch(lines[1], /SECRET/);
  t.end();
});
