/** The policy: what stands, drafts of it, and what was done by it, or would have been. */
import { outcome } from "./common.ts";
import * as policies from "./policy.ts";
import type { Route } from "./route.ts";

export const policyRoutes = {
  policy: {
    method: "GET",
    path: "/policy",
    may: "viewer",
    about: "the policy that stands, with the thresholds that follow from its budget",
    answer: policies.policy,
  },
  checkPolicy: {
    method: "POST",
    path: "/policy/check",
    may: "policy",
    about: "whether a draft is valid, and what would follow from it; changes nothing",
    body: policies.draft,
    answer: policies.checked,
  },
  replayPolicy: {
    method: "POST",
    path: "/policy/replay",
    may: "policy",
    about: "what a draft would have done over the last days, from stored scores; changes nothing",
    body: policies.replayBody,
    answer: policies.replay,
  },
  shadow: {
    method: "GET",
    path: "/policy/shadow",
    may: "viewer",
    about: "what was done, or in report mode would have been",
    query: policies.shadowQuery,
    answer: policies.shadow,
  },
  applyPolicy: {
    method: "PUT",
    path: "/policy",
    may: "policy",
    about: "writes a valid draft to the policy's file; takes effect at once",
    body: policies.applyBody,
    answer: outcome,
  },
} as const satisfies Record<string, Route>;
