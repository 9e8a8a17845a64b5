/** Agents: how far they are known, locks, versions, erasing and the export. */
import { agentExport } from "./agent-export.ts";
import * as agents from "./agent.ts";
import { outcome, pageOf, why } from "./common.ts";
import { byName, type Route } from "./route.ts";

export const agentRoutes = {
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
  forgetMode: {
    method: "POST",
    path: "/agents/:name/forget-mode",
    may: "responder",
    about: "takes away another device that was learned; the usual way stays",
    params: byName,
    body: agents.forgetModeBody,
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
} as const satisfies Record<string, Route>;
