/** Live sessions by the thousand, made up: what changes each second is what a working farm would change. */
import { randomUUID } from "node:crypto";
import type { LiveSessions, LiveSummary } from "../../gateway/core/live.ts";
import { agentName, epochMillis, sessionId } from "../../gateway/core/units.ts";
import { seeded } from "../../models/metrics.ts";

/**
 * @param count of sessions. Each second that passes, seven of ten agents type, and one of ten has a window of evidence
 * that moves trust
 */
export function madeUpWall(count: number): LiveSessions {
  const random = seeded(7);
  const startedAt = epochMillis(Date.now() - 3_600_000);
  const all: LiveSummary[] = Array.from({ length: count }, (_, n) => ({
    id: sessionId(randomUUID()),
    agent: agentName(`agent-${String(n).padStart(4, "0")}`),
    maturity: "mature",
    connection: `desk-${n % 40}`,
    startedAt,
    worker: "1",
    trust: 90 + random() * 10,
    risk: random() * 20,
    thresholds: { alert: 20, quarantine: 5, sever: 0.5 },
    verdict: "allow",
    wouldBe: "allow",
    mode: "enforce",
    rule: "",
    keystrokes: 1000,
    actions: 400,
    lastEvidenceAt: startedAt,
    link: { jitterMs: 3, weight: 1 },
    decided: null,
    sparkline: Array.from({ length: 32 }, () => 90 + random() * 10),
  }));
  let looked = performance.now();
  const moved = (session: LiveSummary): LiveSummary => {
    if (random() > 0.7) return session;
    const keystrokes = session.keystrokes + 4;
    if (random() > 1 / 7) return { ...session, keystrokes };
    const trust = random() < 0.03 ? random() * 20 : 90 + random() * 10;
    const wouldBe = trust < 5 ? "quarantine" : trust < 20 ? "alert" : "allow";
    const sparkline = [...session.sparkline.slice(1), trust];
    return { ...session, keystrokes, trust, risk: 100 - trust, wouldBe, verdict: wouldBe, sparkline };
  };
  return {
    list() {
      if (performance.now() - looked > 900) {
        looked = performance.now();
        for (const [n, session] of all.entries()) all[n] = moved(session);
      }
      return Promise.resolve({ sessions: [...all], silent: 0 });
    },
    detail: () => Promise.resolve(null),
    act: () => Promise.resolve("gone"),
  };
}
