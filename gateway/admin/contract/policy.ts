/** The policy: what stands, what a draft would be, and what either would have done. */
import { z } from "zod";
import { agentName, mode, sessionId, time, trust, verdict } from "./common.ts";

export const rule = z.strictObject({
  name: z.string(),
  when: z.string().describe("a condition in CEL"),
  // oxlint-disable-next-line unicorn/no-thenable -- the policy's word; nothing awaits a rule
  then: verdict,
  because: z.string(),
});

const policyFacts = z
  .strictObject({
    budget: z.strictObject({ falseQuarantinesPerHour: z.number(), falseSeversPerHour: z.number() }),
    lockMinutes: z.number(),
    quarantineSeconds: z.number(),
    strangers: z.enum(["enrol", "challenge", "deny"]),
    rules: z.array(rule),
    thresholds: z
      .strictObject({ alert: trust, quarantine: trust, sever: trust })
      .describe("derived from the budget for an agent with no history, in units of trust"),
  })
  .meta({ id: "PolicyFacts" });

export const policy = z
  .strictObject({
    mode,
    file: z.string().nullable().describe("null: the shipped policy"),
    text: z.string().describe("the file as it is"),
    facts: policyFacts,
    ruleFailures: z.record(z.string(), z.int()).describe("evaluations that failed, by rule, since the start"),
  })
  .meta({ id: "Policy" });

export const draft = z.strictObject({ text: z.string().max(262_144) });

export const checked = z
  .strictObject({
    valid: z.boolean(),
    faults: z.array(z.string()).describe("each with line, column and rule"),
    facts: policyFacts.nullable(),
  })
  .meta({ id: "CheckedPolicy" });

const counts = z.strictObject({
  alert: z.int(),
  quarantine: z.int(),
  sever: z.int(),
});

/** What a policy would have done to one session. */
export const replayed = z.strictObject({
  session: sessionId,
  agent: agentName,
  startedAt: time,
  before: verdict.describe("the strictest, as the current policy decides"),
  after: verdict.describe("the strictest, as the draft decides"),
  at: time.nullable().describe("when the stricter of the two was decided"),
  lowestTrust: trust,
});

export const replayBody = draft.extend({ days: z.number().min(0.01).max(90).default(7) });

export const replay = z
  .strictObject({
    sessions: z.int().describe("replayed from stored scores"),
    leftOut: z.int().describe("older sessions for which there was no time"),
    activeHours: z
      .number()
      .describe("of the sessions replayed; between windows of evidence, of each pause 10 s at most"),
    from: time,
    before: counts.describe("sessions by their strictest verdict, under the current policy"),
    after: counts,
    changed: z.array(replayed).max(500).describe("sessions that come out otherwise, worst first"),
  })
  .meta({ id: "Replay" });

export const shadowQuery = z.object({ days: z.coerce.number().min(0.01).max(90).default(7) });

/** What was done, or in report mode would have been, as it was decided at the time. */
export const shadow = z
  .strictObject({
    from: time,
    sessions: z.int(),
    activeHours: z
      .number()
      .describe(
        "of the sessions that are over: between windows of evidence, of each pause 10 s at most; none of agents of whom too little is known, nor of sessions from before it was kept",
      ),
    would: counts,
    budget: z.strictObject({
      quarantinesPerHour: z
        .number()
        .describe("sessions among those that were or would have been held or severed, per active hour"),
      allowedPerHour: z.number().describe("the budget"),
    }),
    items: z
      .array(
        z.strictObject({
          session: sessionId,
          agent: agentName,
          startedAt: time,
          wouldBe: verdict,
          did: verdict,
          lowestTrust: trust.nullable(),
        }),
      )
      .max(500),
  })
  .meta({ id: "Shadow" });

export const applyBody = draft.extend({
  reason: z.string().trim().min(3).max(300),
  replaces: z
    .string()
    .max(262_144)
    .optional()
    .describe("the policy's text that the draft was made from: refused where another stands by now"),
});

export type PolicyFacts = z.output<typeof policyFacts>;
export type PolicyState = z.output<typeof policy>;
export type CheckedPolicy = z.output<typeof checked>;
export type Replay = z.output<typeof replay>;
export type Replayed = z.output<typeof replayed>;
export type Shadow = z.output<typeof shadow>;
