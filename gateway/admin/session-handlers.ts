/** Answers about live sessions, and what operators do to them. */
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { LiveSessions, OperatorAct } from "../core/live.ts";
import { sessionId } from "../core/units.ts";
import type { AuditTrail } from "../store/audit.ts";
import type { Outcome } from "./contract/common.ts";
import type { Asked, Handlers } from "./handlers.ts";
import { pageOf } from "./page.ts";
import type { RuleWords } from "./rule-words.ts";
import type { Deed, SecondPerson } from "./second-person.ts";
import { detailOf, matches, orders, sessionOf } from "./sessions.ts";

export interface SessionParts {
  readonly live: LiveSessions;
  readonly words: RuleWords;
  readonly audit: Pick<AuditTrail, "note">;
}

/** Does something to a session. */
const deed =
  ({ live, audit }: SessionParts, kind: OperatorAct["kind"]): Deed =>
  async ({ target, caller, reason }) => {
    const id = sessionId(target);
    const by = { actor: `operator:${caller.name}` as const, session: id, why: reason };
    const outcome = await live.act(id, { kind, operator: caller.name, reason }).catch((error: unknown) => {
      // The process that has the session was told, and may do it yet.
      const { code } = asSamehandError(error, "neighbour-silent");
      audit.note({ ...by, action: "session.act-unanswered", detail: { act: kind, code } });
      throw error;
    });
    if (outcome === "gone") throw new SamehandError("session-unknown");
    const action = { quarantine: "session.held", release: "session.released", sever: "session.severed" }[kind];
    if (outcome === "done") audit.note({ ...by, action });
    return outcome;
  };

/** Lets a held session go on. */
export const releaseDeed = (parts: SessionParts): Deed => deed(parts, "release");

export function sessionHandlers(
  parts: SessionParts,
  second: SecondPerson,
): Pick<Handlers, "sessions" | "session" | "quarantine" | "release" | "sever"> {
  const { live, words } = parts;
  const act =
    (kind: OperatorAct["kind"]) =>
    async ({ params, body, caller }: Pick<Asked<"sever">, "params" | "body" | "caller">): Promise<Outcome> => ({
      outcome: await deed(parts, kind)({ target: params.id, payload: "", caller, reason: body.reason }),
      approval: null,
    });
  return {
    sessions: async ({ query }) => {
      const { sessions, silent } = await live.list();
      const found = sessions.filter(matches(query)).sort(orders[query.sort]);
      const { items, ...page } = pageOf(found, query, ({ id }) => id);
      return { ...page, silent, items: items.map((each) => sessionOf(each, words)) };
    },
    session: async ({ params }) => {
      const detail = await live.detail(sessionId(params.id));
      if (detail === null) throw new SamehandError("session-unknown");
      return detailOf(detail, words);
    },
    quarantine: act("quarantine"),
    release: ({ params, body, caller }) =>
      second.ask("release", { target: params.id, payload: "", caller, reason: body.reason }),
    sever: act("sever"),
  };
}
