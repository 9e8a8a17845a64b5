/** Enrolled agents: how far they are known, their profile's versions and modes, and locks. */
import { z } from "zod";
import { agentName, amount, maturity, pageQuery, time } from "./common.ts";
import { pastSession } from "./session.ts";

export const lock = z
  .strictObject({ since: time, until: time.nullable().describe("null: until an operator unlocks"), reason: z.string() })
  .meta({ id: "Lock" });

export const agent = z
  .strictObject({
    name: agentName,
    maturity,
    learned: amount,
    missing: z
      .strictObject({ provisional: amount, mature: amount })
      .describe("what is still needed for each step; all zero where it is reached"),
    profileVersion: z.int().min(0).describe("0: nothing was learned yet"),
    learnedAt: time.nullable(),
    enrolledAt: time,
    lock: lock.nullable(),
    liveSessions: z.int().min(0),
    comparedWith: z
      .int()
      .min(0)
      .max(200)
      .describe(
        "mature agents besides this one, whom its sessions are compared with, 200 at most; 0: judged by little more than typing, 1: strangers are missed more often (docs/ACCURACY.md, Small farms)",
      ),
  })
  .meta({ id: "Agent" });

export const profileVersion = z
  .strictObject({ version: z.int().min(1), savedAt: time, learned: amount, current: z.boolean() })
  .meta({ id: "ProfileVersion" });

/** The same agent at other devices: another mouse, another client. */
const agentMode = z
  .strictObject({
    id: z.string(),
    name: z.string().describe("in words, such as `another mouse, 8 ms apart`"),
    confirmed: z.boolean().describe("false: held back until it is seen on another day, or a challenge is passed"),
    learned: amount,
    lastSeenAt: time.nullable(),
  })
  .meta({ id: "AgentMode" });

export const agentDetail = agent
  .extend({
    versions: z.array(profileVersion).describe("newest first"),
    modes: z.array(agentMode).describe("empty where the profile keeps one mode only"),
    drift: z
      .strictObject({ keyboard: z.number().min(0).max(1), pointer: z.number().min(0).max(1) })
      .nullable()
      .describe(
        "share of the drift budget that is used; 1: older adaptation fades; null before the agent is well known",
      ),
    sessions: z.array(pastSession).describe("newest first"),
  })
  .meta({ id: "AgentDetail" });

export const agentQuery = pageQuery.extend({
  search: z.string().max(200).optional(),
  maturity: maturity.optional(),
  locked: z.stringbool().optional(),
});

export const lockBody = z.strictObject({
  reason: z.string().trim().min(3).max(300),
  minutes: z.number().positive().max(525_600).nullable().default(null).describe("null: until it is unlocked"),
});
export const rollbackBody = z.strictObject({
  reason: z.string().trim().min(3).max(300),
  version: z.int().min(1).describe("becomes the newest version again"),
});

export const forgetModeBody = z.strictObject({
  reason: z.string().trim().min(3).max(300),
  mode: z.string().max(100).describe("the mode's id"),
});

export type Lock = z.output<typeof lock>;
export type Agent = z.output<typeof agent>;
export type AgentDetail = z.output<typeof agentDetail>;
export type AgentMode = z.output<typeof agentMode>;
export type ProfileVersion = z.output<typeof profileVersion>;
