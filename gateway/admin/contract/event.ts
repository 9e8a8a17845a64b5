/**
 * The live stream, `GET /api/v1/events` (server-sent events). Each message's `event:` is the `type`, its `data:` the
 * JSON. The first is a `snapshot`, and so is each that tells of another mode, or that part of the gateway fell silent or
 * answers again; after it come changes, at most once a second, and a `tick` where nothing changed.
 */
import { z } from "zod";
import { agentName, mode, time } from "./common.ts";
import { decision, session, silent } from "./session.ts";

const snapshotEvent = z.strictObject({
  type: z.literal("snapshot"),
  at: time,
  mode,
  sessions: z.array(session).describe("all live sessions"),
  silent,
});
const changesEvent = z.strictObject({
  type: z.literal("changes"),
  at: time,
  sessions: z.array(session).describe("new or changed, whole"),
  ended: z.array(z.string()).describe("ids of those that ended"),
});
const decisionEvent = z.strictObject({
  type: z.literal("decision"),
  at: time,
  session: z.string(),
  agent: agentName,
  decision,
});
const agentEvent = z.strictObject({
  type: z.literal("agent"),
  at: time,
  agent: agentName,
  change: z.enum(["locked", "unlocked", "forgotten"]),
});
const approvalEvent = z.strictObject({
  type: z.literal("approval"),
  at: time,
  approval: z.string(),
  change: z.enum(["asked", "approved", "refused", "expired"]),
});
const tickEvent = z.strictObject({ type: z.literal("tick"), at: time });
/** The operator's session has ended, or lost its role: the stream closes after it. */
const signedOutEvent = z.strictObject({ type: z.literal("signed-out"), at: time });

export const event = z
  .discriminatedUnion("type", [
    snapshotEvent,
    changesEvent,
    decisionEvent,
    agentEvent,
    approvalEvent,
    tickEvent,
    signedOutEvent,
  ])
  .meta({ id: "Event" });

export type LiveEvent = z.output<typeof event>;
