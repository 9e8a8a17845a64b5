/** An agent's sessions that were: when, how long, what was decided and how they ended. */
import type { AgentDetail } from "../../gateway/admin/contract/index.ts";
import { Verdict } from "./parts.tsx";
import { to } from "./route.ts";
import { count, dayTime, lasting } from "./words.ts";

export function PastSessions({ agent }: { agent: AgentDetail }) {
  if (agent.sessions.length === 0) return null;
  return (
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
              {past.endedAt === null ? (
                <a href={to("session", past.id)}>{dayTime(past.startedAt)}</a>
              ) : (
                dayTime(past.startedAt)
              )}
            </td>
            <td>{past.connection}</td>
            <td>{past.endedAt === null ? "live" : lasting(past.endedAt - past.startedAt)}</td>
            <td>
              <Verdict verdict={past.wouldBe} report={past.wouldBe !== past.verdict} />
            </td>
            <td class="number">{past.lowestTrust === null ? "" : Math.round(past.lowestTrust)}</td>
            <td>
              {past.keystrokes === null ? "" : `${count(past.keystrokes)} keys, ${count(past.actions ?? 0)} actions`}
            </td>
            <td>{past.end ?? ""}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
