/**
 * Every endpoint below `/api/v1`. The server answers nothing that is not in this table, and what is in it is checked
 * for its role before its handler runs.
 */
import type { z } from "zod";
import { agentRoutes } from "./agent-routes.ts";
import { approvalRoutes } from "./approval-routes.ts";
import { operatorRoutes } from "./operator-routes.ts";
import { policyRoutes } from "./policy-routes.ts";
import { sessionRoutes } from "./session-routes.ts";
import { signInRoutes } from "./sign-in-routes.ts";

export const routes = {
  ...sessionRoutes,
  ...agentRoutes,
  ...policyRoutes,
  ...approvalRoutes,
  ...signInRoutes,
  ...operatorRoutes,
};

export type Routes = typeof routes;
export type RouteName = keyof Routes;
type Part<R extends RouteName, Key extends "params" | "query" | "body"> =
  Routes[R] extends Record<Key, infer Schema extends z.ZodType> ? Schema : z.ZodObject<Record<string, never>>;
/** What a caller sends. */
export type Query<R extends RouteName> = z.input<Part<R, "query">>;
export type Body<R extends RouteName> = z.input<Part<R, "body">>;
/** What a handler gets, defaults filled in. */
export type Given<R extends RouteName> = {
  readonly params: z.output<Part<R, "params">>;
  readonly query: z.output<Part<R, "query">>;
  readonly body: z.output<Part<R, "body">>;
};
export type Answer<R extends RouteName> = z.output<Routes[R]["answer"]>;
