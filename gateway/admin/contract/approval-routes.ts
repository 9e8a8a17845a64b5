/** What waits for a second person. */
import { z } from "zod";
import { outcome, why } from "./common.ts";
import * as operators from "./operator.ts";
import { byId, type Route } from "./route.ts";

export const approvalRoutes = {
  approvals: {
    method: "GET",
    path: "/approvals",
    may: "viewer",
    about: "what waits for a second person",
    answer: z.strictObject({ items: z.array(operators.approval) }),
  },
  approve: {
    method: "POST",
    path: "/approvals/:id/approve",
    may: "viewer",
    about: "approves and does it; takes the role of the act, and another person than who asked",
    params: byId,
    body: why,
    answer: outcome,
  },
  refuse: {
    method: "POST",
    path: "/approvals/:id/refuse",
    may: "viewer",
    about: "refuses it; takes the role of the act",
    params: byId,
    body: why,
    answer: outcome,
  },
} as const satisfies Record<string, Route>;
