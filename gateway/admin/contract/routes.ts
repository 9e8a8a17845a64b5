/**
 * Every endpoint below `/api/v1`: method, path, who may, and the schemas of what goes in and out. The server answers
 * nothing that is not in this table, and what is in it is checked for its role before its handler runs.
 */
import { z } from "zod";
import { agentExport } from "./agent-export.ts";
import * as agents from "./agent.ts";
import { outcome, pageOf, pageQuery, why } from "./common.ts";
import * as operators from "./operator.ts";
import * as policies from "./policy.ts";
import * as sessions from "./session.ts";

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/api/v1`, parameters as `:name`. */
  readonly path: string;
  /** The role that it takes; null: anybody, which only signing in is. */
  readonly may: operators.Role | null;
  readonly about: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly answer: z.ZodType;
}

const byId = z.object({ id: z.string().min(1).max(200) });
const bySession = z.object({ id: z.uuid() });
const byName = z.object({ name: z.string().min(1).max(256) });
const nothing = z.strictObject({ ok: z.literal(true) });

export const routes = {
  // sessions
  sessions: {
    method: "GET",
    path: "/sessions",
    may: "viewer",
    about: "live sessions of the whole fleet, the riskiest first",
    query: sessions.sessionQuery,
    answer: pageOf(sessions.session),
  },
  session: {
    method: "GET",
    path: "/sessions/:id",
    may: "viewer",
    about: "one live session: trust over time, evidence, decisions with reasons, what the policy would do next",
    params: bySession,
    answer: sessions.sessionDetail,
  },
  pastSessions: {
    method: "GET",
    path: "/past-sessions",
    may: "viewer",
    about: "sessions from the store, newest first",
    query: pageQuery,
    answer: pageOf(sessions.pastSession),
  },
  quarantine: {
    method: "POST",
    path: "/sessions/:id/quarantine",
    may: "responder",
    about: "holds the session's input and covers its screen",
    params: bySession,
    body: why,
    answer: outcome,
  },
  release: {
    method: "POST",
    path: "/sessions/:id/release",
    may: "responder",
    about: "lets a held session go on; trust starts anew",
    params: bySession,
    body: why,
    answer: outcome,
  },
  sever: {
    method: "POST",
    path: "/sessions/:id/sever",
    may: "responder",
    about: "ends the session; the agent may connect again unless locked",
    params: bySession,
    body: why,
    answer: outcome,
  },
  // agents
  agents: {
    method: "GET",
    path: "/agents",
    may: "viewer",
    about: "enrolled agents by name",
    query: agents.agentQuery,
    answer: pageOf(agents.agent),
  },
  agent: {
    method: "GET",
    path: "/agents/:name",
    may: "viewer",
    about: "one agent: enrolment, profile versions, modes, drift, sessions",
    params: byName,
    answer: agents.agentDetail,
  },
  lock: {
    method: "POST",
    path: "/agents/:name/lock",
    may: "responder",
    about: "refuses the agent, and ends every live session of theirs",
    params: byName,
    body: agents.lockBody,
    answer: outcome,
  },
  unlock: {
    method: "POST",
    path: "/agents/:name/unlock",
    may: "responder",
    about: "ends a lock",
    params: byName,
    body: why,
    answer: outcome,
  },
  rollback: {
    method: "POST",
    path: "/agents/:name/rollback",
    may: "responder",
    about: "makes an older version of the profile the newest again",
    params: byName,
    body: agents.rollbackBody,
    answer: outcome,
  },
  forget: {
    method: "POST",
    path: "/agents/:name/forget",
    may: "privacy",
    about: "erases the agent's key, profile, sessions and name; cannot be undone",
    params: byName,
    body: why,
    answer: outcome,
  },
  exportAgent: {
    method: "GET",
    path: "/agents/:name/export",
    may: "privacy",
    about: "all that is kept about the agent, as a document for the agent; times in it are ISO 8601",
    params: byName,
    answer: agentExport,
  },
  // policy
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
    about: "what report mode would have done",
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
  // a second person
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
  // who is asking
  whoami: {
    method: "GET",
    path: "/whoami",
    may: "viewer",
    about: "the operator, roles, and the token against forged requests",
    answer: operators.whoami,
  },
  signInMethods: {
    method: "GET",
    path: "/sign-in",
    may: null,
    about: "how one can sign in here",
    answer: operators.signInMethods,
  },
  signInWithLink: {
    method: "POST",
    path: "/sign-in/link",
    may: null,
    about: "signs in with a one-time link, which is spent by it",
    body: operators.linkBody,
    answer: operators.whoami,
  },
  passkeySignInOptions: {
    method: "POST",
    path: "/sign-in/passkey/options",
    may: null,
    about: "a challenge for a passkey",
    answer: operators.passkeyOptions,
  },
  signInWithPasskey: {
    method: "POST",
    path: "/sign-in/passkey",
    may: null,
    about: "signs in with a passkey",
    body: operators.passkeySignIn,
    answer: operators.whoami,
  },
  signOut: {
    method: "POST",
    path: "/sign-out",
    may: "viewer",
    about: "ends this sign-in",
    answer: nothing,
  },
  passkeys: {
    method: "GET",
    path: "/passkeys",
    may: "viewer",
    about: "one's own passkeys",
    answer: z.strictObject({ items: z.array(operators.passkey) }),
  },
  passkeyOptions: {
    method: "POST",
    path: "/passkeys/options",
    may: "viewer",
    about: "a challenge for a new passkey of one's own",
    answer: operators.passkeyOptions,
  },
  addPasskey: {
    method: "POST",
    path: "/passkeys",
    may: "viewer",
    about: "adds a passkey of one's own",
    body: operators.passkeyNew,
    answer: operators.passkey,
  },
  removePasskey: {
    method: "DELETE",
    path: "/passkeys/:id",
    may: "viewer",
    about: "removes a passkey of one's own",
    params: byId,
    answer: nothing,
  },
  // who else
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
    answer: nothing,
  },
} as const satisfies Record<string, Route>;

export type Routes = typeof routes;
export type RouteName = keyof Routes;
type Part<R extends RouteName, Key extends "params" | "query" | "body"> =
  Routes[R] extends Record<Key, infer Schema extends z.ZodType> ? Schema : z.ZodObject<Record<string, never>>;
/** What a caller sends. */
export type Params<R extends RouteName> = z.input<Part<R, "params">>;
export type Query<R extends RouteName> = z.input<Part<R, "query">>;
export type Body<R extends RouteName> = z.input<Part<R, "body">>;
/** What a handler gets, defaults filled in. */
export type Given<R extends RouteName> = {
  readonly params: z.output<Part<R, "params">>;
  readonly query: z.output<Part<R, "query">>;
  readonly body: z.output<Part<R, "body">>;
};
export type Answer<R extends RouteName> = z.output<Routes[R]["answer"]>;
