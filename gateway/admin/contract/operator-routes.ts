/** Who else may sign in, and API tokens; for admins. */
import { z } from "zod";
import { why } from "./common.ts";
import * as operators from "./operator.ts";
import { byId, byName, nothing, type Route } from "./route.ts";

export const operatorRoutes = {
  operators: {
    method: "GET",
    path: "/operators",
    may: "admin",
    about: "who may sign in",
    answer: z.strictObject({ items: z.array(operators.operator) }),
  },
  invite: {
    method: "POST",
    path: "/operators",
    may: "admin",
    about: "a one-time link for an operator, new or known, who then adds a passkey",
    body: operators.inviteBody,
    answer: operators.invited,
  },
  setRoles: {
    method: "PUT",
    path: "/operators/:name/roles",
    may: "admin",
    about: "gives an operator other roles; takes effect at once",
    params: byName,
    body: operators.rolesBody,
    answer: operators.operator,
  },
  removeOperator: {
    method: "DELETE",
    path: "/operators/:name",
    may: "admin",
    about: "removes an operator, with passkeys and sign-ins; the last admin stays",
    params: byName,
    body: why,
    answer: nothing,
  },
  tokens: {
    method: "GET",
    path: "/tokens",
    may: "admin",
    about: "API tokens, without their secrets",
    answer: z.strictObject({ items: z.array(operators.token) }),
  },
  makeToken: {
    method: "POST",
    path: "/tokens",
    may: "admin",
    about: "makes an API token; its secret is shown this once",
    body: operators.tokenBody,
    answer: operators.tokenMade,
  },
  revokeToken: {
    method: "DELETE",
    path: "/tokens/:id",
    may: "admin",
    about: "revokes an API token at once",
    params: byId,
    body: why,
    answer: nothing,
  },
} as const satisfies Record<string, Route>;
