/** Live and past sessions, and what is done to a live one. */
import { outcome, pageOf, pageQuery, why } from "./common.ts";
import { bySession, type Route } from "./route.ts";
import * as sessions from "./session.ts";

export const sessionRoutes = {
  sessions: {
    method: "GET",
    path: "/sessions",
    may: "viewer",
    about: "live sessions of the whole fleet, the riskiest first",
    query: sessions.sessionQuery,
    answer: pageOf(sessions.session).extend({ silent: sessions.silent }),
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
  pastSession: {
    method: "GET",
    path: "/past-sessions/:id",
    may: "viewer",
    about: "one session from the store, live or ended: the strictest verdict, and how it ended",
    params: bySession,
    answer: sessions.pastSession,
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
} as const satisfies Record<string, Route>;
