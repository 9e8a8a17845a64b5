/** All that is kept about one agent, as it is handed to the agent. Times are ISO 8601: it is a document for a person. */
import { z } from "zod";
import { amount, verdict } from "./common.ts";

const time = z.iso.datetime();
const plain = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const outcome = z.strictObject({
  end: z.string().describe("`closed`, or the error's code"),
  lowestTrust: z.number(),
  lastTrust: z.number(),
  activeMs: z.number().optional(),
  keyboard: z.number().describe("LLR of all input, nats"),
  pointer: z.number().describe("LLR of all input, nats"),
  keystrokes: z.int(),
  actions: z.int(),
});

const score = z
  .strictObject({
    at: z.number().describe("ms since the first, to a tenth of a second"),
    modality: z.enum(["keyboard", "pointer"]),
    llr: z.number().describe("nats; positive speaks for the agent"),
    weight: z.number(),
    keystrokes: z.int().describe("so far"),
    actions: z.int().describe("so far"),
    jitterMs: z.number().describe("of the link"),
    signals: z.array(z.string()).describe("names of the signals that stood, such as `unverifiable-link`"),
  })
  .describe("one window of evidence");

const session = z.strictObject({
  id: z.string(),
  agent: z.string(),
  connection: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
  verdict: verdict.describe("the strictest"),
  wouldBe: verdict.describe("the strictest that enforce mode would have reached"),
  outcome: outcome.nullable().describe("null while it lives"),
  scores: z.array(score).describe("empty once they are older than the operators keep them"),
});

const auditEntry = z.strictObject({
  seq: z.int(),
  at: time,
  actor: z.string(),
  action: z.string(),
  session: z.string().nullable(),
  agent: z.string().nullable(),
  why: z.string(),
  detail: z.record(z.string(), z.union([plain, z.array(plain).readonly()])),
  previous: z.string(),
  hash: z.string(),
});

export const agentExport = z
  .strictObject({
    exportedAt: time,
    kept: z.array(z.string()).describe("what is kept, in words"),
    name: z.string(),
    id: z.string().describe("what stands for the name in the audit chain"),
    firstSeen: time,
    consent: z.strictObject({ at: time, notice: z.string() }).nullable(),
    lock: z.strictObject({ since: time, until: time.nullable(), reason: z.string() }).nullable(),
    profile: z.strictObject({
      about: z.string(),
      versions: z.array(amount.extend({ version: z.int(), savedAt: time })),
      template: z.string().nullable().describe("base64; null where nothing was learned"),
    }),
    oneTimeCodes: z.boolean().describe("whether there is a secret of codes; it is not handed out"),
    passkeys: z.array(z.strictObject({ createdAt: time, usedAt: time.nullable() })),
    challenges: z.array(z.strictObject({ at: time, outcome: z.string() })).describe("oldest first"),
    sessions: z.array(session).describe("newest first"),
    audit: z.array(auditEntry).describe("entries of the audit chain about the agent, oldest first"),
  })
  .meta({ id: "AgentExport" });

export type AgentExport = z.output<typeof agentExport>;
