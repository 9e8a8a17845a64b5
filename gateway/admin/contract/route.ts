/** One endpoint below `/api/v1`: method, path, who may, and the schemas of what goes in and out. */
import { z } from "zod";
import type { Role } from "./operator.ts";

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/api/v1`, parameters as `:name`. */
  readonly path: string;
  /** The role that it takes; null: anybody, which only signing in is. */
  readonly may: Role | null;
  readonly about: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly answer: z.ZodType;
}

export const byId = z.object({ id: z.string().min(1).max(200) });
export const bySession = z.object({ id: z.uuid() });
export const byName = z.object({ name: z.string().min(1).max(256) });
export const nothing = z.strictObject({ ok: z.literal(true) });
