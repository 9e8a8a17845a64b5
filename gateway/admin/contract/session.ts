/** Live sessions, as operators see them. */
import { z } from "zod";
import { agentName, maturity, mode, pageQuery, sessionId, time, trust, verdict } from "./common.ts";

export const decision = z
  .strictObject({
    at: time,
    verdict,
    wouldBe: verdict,
    mode,
    trust,
    rule: z.string(),
    because: z.string().describe("the rule in words"),
    reasons: z.array(z.strictObject({ code: z.string(), text: z.string() })),
  })
  .meta({ id: "Decision" });

export const session = z
  .strictObject({
    id: sessionId,
    agent: agentName,
    maturity,
    connection: z.string(),
    startedAt: time,
    worker: z.string(),
    trust,
    risk: z.number().min(0).max(100).describe("0 trusted, 100 held or beyond its limit: what the wall is sorted by"),
    thresholds: z
      .strictObject({ alert: z.number(), quarantine: z.number(), sever: z.number() })
      .describe("this agent's limits in units of trust, derived from the budget"),
    verdict,
    wouldBe: verdict.describe("in report mode, what enforce mode would have done"),
    mode,
    rule: z.string(),
    keystrokes: z.int(),
    actions: z.int(),
    lastEvidenceAt: time.nullable(),
    link: z.strictObject({
      jitterMs: z.number().describe("mean deviation of the round trip"),
      weight: z.number().min(0).max(1).describe("how far the link's timing is believed; 0: evidence abstains"),
    }),
    decided: decision.nullable().describe("the newest decision, with its reasons in words"),
    sparkline: z.array(z.number()).max(32).describe("the latest trust values, oldest first"),
  })
  .meta({ id: "Session" });

export const silent = z
  .int()
  .min(0)
  .describe("processes of the gateway that do not answer: their sessions are as they were last, or missing");

const evidencePoint = z.strictObject({
  at: time,
  llr: z.number().describe("nats; positive speaks for the agent"),
  weight: z.number().min(0).max(1),
  trust,
});

/** One thing the policy would do next, in words. */
export const outlook = z.strictObject({
  verdict,
  when: z.string().describe("a sentence, such as `trust falls below 31`"),
  at: time.nullable().describe("where it is a matter of time alone"),
});

export const sessionDetail = session
  .extend({
    address: z.string().describe("the viewer's"),
    comparedWith: z
      .int()
      .min(0)
      .describe("others whose pointing this session is compared with now; 0: people of elsewhere, who say little"),
    timeline: z.array(z.strictObject({ at: time, trust })).max(256),
    evidence: z.strictObject({
      keyboard: z.array(evidencePoint).max(128),
      pointer: z.array(evidencePoint).max(128),
    }),
    llr: z.strictObject({ keyboard: z.number(), pointer: z.number() }),
    decisions: z.array(decision).max(64).describe("oldest first"),
    signals: z.array(z.string()),
    quarantineEndsAt: time.nullable(),
    next: z.array(outlook).describe("what the policy would do next"),
  })
  .meta({ id: "SessionDetail" });

export const sessionQuery = pageQuery.extend({
  search: z.string().max(200).optional().describe("a part of the agent's or the connection's name, or of the id"),
  verdict: verdict.optional().describe("`wouldBe` is this or stricter"),
  agent: agentName.optional(),
  sort: z.enum(["risk", "agent", "started"]).default("risk"),
});

/** A session that has ended, from the store. */
export const pastSession = z
  .strictObject({
    id: sessionId,
    agent: agentName,
    connection: z.string(),
    startedAt: time,
    endedAt: time.nullable(),
    verdict,
    wouldBe: verdict,
    end: z.string().nullable().describe("`closed`, or the error's code; null while it lives"),
    lowestTrust: trust.nullable(),
    keystrokes: z.int().nullable(),
    actions: z.int().nullable(),
  })
  .meta({ id: "PastSession" });

export type Session = z.output<typeof session>;
export type SessionDetail = z.output<typeof sessionDetail>;
export type EvidencePoint = z.output<typeof evidencePoint>;
export type SessionDecision = z.output<typeof decision>;
export type Outlook = z.output<typeof outlook>;
export type PastSession = z.output<typeof pastSession>;
