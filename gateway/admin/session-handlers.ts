/** Answers about live sessions, and what operators do to them. */
import { SamehandError } from "../core/errors.ts";
import type { LiveSessions, OperatorAct } from "../core/live.ts";
import { sessionId } from "../core/units.ts";
import type { AuditTrail } from "../store/audit.ts";
import type { Outcome } from "./contract/common.ts";
import type { Asked, Handlers } from "./handlers.ts";
import { pageOf } from "./page.ts";
import type { RuleWords } from "./rule-words.ts";
import { detailOf, matches, orders, sessionOf } from "./sessions.ts";

export interface SessionParts {
  readonly live: LiveSessions;
  readonly words: RuleWords;
  readonly audit: Pick<AuditTrail, "note">;
}

export function sessionHandlers({
  live,
  words,
  audit,
}: SessionParts): Pick<Handlers, "sessions" | "session" | "quarantine" | "release" | "sever"> {
  const act =
    (kind: OperatorAct["kind"]) =>
    async ({ params, body, caller }: Pick<Asked<"sever">, "params" | "body" | "caller">): Promise<Outcome> => {
      const outcome = await live.act(sessionId(params.id), { kind, operator: caller.name, reason: body.reason });
      if (outcome === "gone") throw new SamehandError("session-unknown");
      const action = { quarantine: "session.held", release: "session.released", sever: "session.severed" }[kind];
      if (outcome === "done")
        audit.note({ actor: `operator:${caller.name}`, action, session: sessionId(params.id), why: body.reason });
      return { outcome, approval: null };
    };
  return {
    sessions: async ({ query }) => {
      const found = (await live.list()).filter(matches(query)).sort(orders[query.sort]);
      const { items, ...page } = pageOf(found, query, ({ id }) => id);
      return { ...page, items: items.map(sessionOf) };
    },
    session: async ({ params }) => {
      const detail = await live.detail(sessionId(params.id));
      if (detail === null) throw new SamehandError("session-unknown");
      return detailOf(detail, words);
    },
    quarantine: act("quarantine"),
    release: act("release"),
    sever: act("sever"),
  };
}
