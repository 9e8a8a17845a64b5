/** What every part of the contract is made of: times, pages, problems, reasons. */
import { z } from "zod";

export const time = z.int().min(0).describe("milliseconds since 1970-01-01 UTC");
export const verdict = z.enum(["allow", "alert", "quarantine", "sever"]);
export const mode = z.enum(["report", "enforce"]);
export const maturity = z.enum(["enrolling", "provisional", "mature"]);
export const trust = z.number().min(0).max(100).describe("posterior that the enrolled agent drives, 0 to 100");
export const agentName = z.string().min(1).max(256);
export const sessionId = z.uuid();
export const amount = z.strictObject({
  keystrokes: z.int().min(0),
  actions: z.int().min(0).describe("pointer actions"),
  days: z.int().min(0).describe("different UTC days"),
});

/** RFC 9457. `code` is stable; `action` says what the reader can do. */
export const problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    action: z.string(),
  })
  .meta({ id: "Problem" });

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(5000).default(100),
  after: z.string().max(300).optional().describe("`next` of the page before"),
});

/** A page of a list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    items: z.array(item),
    next: z.string().nullable().describe("give it as `after` for the next page; null at the end"),
    total: z.int().min(0).describe("of all pages, after filters"),
  });

/** Why an operator does something: it stands in the audit chain. */
export const why = z.strictObject({ reason: z.string().trim().min(3).max(300) });

/** The same where an act explains itself. */
export const mayWhy = z.string().trim().max(300).default("").describe("stands in the audit chain");

/** What came of an act. `approval` names what a second person must approve first. */
export const outcome = z
  .strictObject({
    outcome: z.enum(["done", "already", "waits-for-approval"]),
    approval: z.string().nullable(),
  })
  .meta({ id: "Outcome" });

export type Problem = z.output<typeof problem>;
export type Outcome = z.output<typeof outcome>;
export type VerdictName = z.output<typeof verdict>;
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
  readonly total: number;
}
