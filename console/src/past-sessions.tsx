/** An agent's sessions that were: when, how long, what was decided and how they ended. */
import type { AgentDetail } from "../../gateway/admin/contract/index.ts";
import { Verdict, Wide } from "./parts.tsx";
import { to } from "./route.ts";
import { sessionOf } from "./session-list.ts";
import { dayTime, endWords, lasting, some } from "./words.ts";

export function PastSessions({ agent }: { agent: AgentDetail }) {
  if (agent.sessions.length === 0) return null;
  return (
    <Wide>
      <table>
        <caption>Sessions</caption>
        <thead>
          <tr>
            <th scope="col">Began</th>
            <th scope="col">Connection</th>
            <th scope="col">Lasted</th>
            <th scope="col">Strictest verdict</th>
            <th scope="col">Lowest trust</th>
            <th scope="col">Input</th>
            <th scope="col">End</th>
          </tr>
        </thead>
        <tbody>
          {agent.sessions.map((past) => (
            <tr key={past.id}>
              <td>
                <a href={to("session", past.id)}>{dayTime(past.startedAt)}</a>
              </td>
              <td>{past.connection}</td>
              <td>{past.endedAt === null ? livesWords(past.id) : lasting(past.endedAt - past.startedAt)}</td>
              <td>
                <Verdict verdict={past.wouldBe} report={past.wouldBe !== past.verdict} />
              </td>
              <td class="number">{past.lowestTrust === null ? "" : Math.round(past.lowestTrust)}</td>
              <td>
                {past.keystrokes === null
                  ? ""
                  : `${some(past.keystrokes, "key")}, ${some(past.actions ?? 0, "pointer action")}`}
              </td>
              <td>{past.end === null ? "" : endWords(past.end)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

/** A gateway that was killed writes no end. */
const livesWords = (id: string): string => (sessionOf(id) === undefined ? "no end on record" : "live");
