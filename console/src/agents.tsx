/** Enrolled agents: how far each one's profile is, and what it still needs. */
import { useState } from "preact/hooks";
import type { Agent } from "../../gateway/admin/contract/index.ts";
import { get, part } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { Empty, Fault, Meter, useTitle, Wide, Waiting } from "./parts.tsx";
import { to } from "./route.ts";
import { changed } from "./session-list.ts";
import { some } from "./words.ts";

const pageSize = 100;

export function AgentsPage() {
  useTitle("Agents");
  const [search, setSearch] = useState("");
  const [maturity, setMaturity] = useState("");
  const [locked, setLocked] = useState(false);
  const [after, setAfter] = useState<readonly string[]>([]);
  const last = after.at(-1);
  const query = [
    `limit=${pageSize}`,
    ...(last === undefined ? [] : [`after=${part(last)}`]),
    ...(search.trim() === "" ? [] : [`search=${part(search.trim())}`]),
    ...(maturity === "" ? [] : [`maturity=${maturity}`]),
    ...(locked ? ["locked=true"] : []),
  ].join("&");
  const { value, fault } = useAnswer(() => get<"agents">(`/agents?${query}`), [query, changed.value], 10_000);
  const anew = () => setAfter([]);
  return (
    <>
      <div class="tools">
        <h1>Agents</h1>
        <input
          type="search"
          aria-label="Search by name"
          placeholder="Name"
          value={search}
          onInput={(event) => {
            setSearch(event.currentTarget.value);
            anew();
          }}
        />
        <label>
          Profile{" "}
          <select
            value={maturity}
            onChange={(event) => {
              setMaturity(event.currentTarget.value);
              anew();
            }}
          >
            <option value="">any</option>
            <option value="enrolling">enrolling</option>
            <option value="provisional">provisional</option>
            <option value="mature">mature</option>
          </select>
        </label>
        <label>
          <input
            type="checkbox"
            checked={locked}
            onChange={(event) => {
              setLocked(event.currentTarget.checked);
              anew();
            }}
          />{" "}
          locked only
        </label>
      </div>
      <Fault words={fault} />
      {value === null ? (
        fault === null && <Waiting what="agents" />
      ) : (
        <Table agents={value.items} total={value.total} />
      )}
      <div class="buttons">
        {after.length > 0 && (
          <button type="button" onClick={() => setAfter(after.slice(0, -1))}>
            Back
          </button>
        )}
        {value !== null && value.next !== null && (
          <button type="button" onClick={() => setAfter([...after, value.next!])}>
            More
          </button>
        )}
      </div>
    </>
  );
}

function Table({ agents, total }: { agents: readonly Agent[]; total: number }) {
  if (agents.length === 0)
    return <Empty>No agent fits. Agents are enrolled when they first work through the gateway.</Empty>;
  return (
    <Wide>
      <table>
        <caption>{some(total, "agent")}</caption>
        <thead>
          <tr>
            <th scope="col">Agent</th>
            <th scope="col">Profile</th>
            <th scope="col">Compared with</th>
            <th scope="col">On the way</th>
            <th scope="col">Learned</th>
            <th scope="col">Still needed</th>
            <th scope="col">Live</th>
          </tr>
        </thead>
        <tbody>
          {agents.map((agent) => (
            <tr key={agent.name}>
              <th scope="row">
                <a href={to("agent", agent.name)}>{agent.name}</a>
                {agent.lock !== null && <span class="verdict sever">locked</span>}
              </th>
              <td>{agent.maturity}</td>
              <td class="number">{agent.comparedWith}</td>
              <td>
                <Meter share={progressOf(agent)} label={`Enrolment of ${agent.name}`} />
              </td>
              <td>{amountWords(agent.learned)}</td>
              <td>{agent.maturity === "mature" ? "nothing" : amountWords(agent.missing.mature)}</td>
              <td class="number">{agent.liveSessions}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

type Amount = Agent["learned"];

/** What counts is what lacks most. */
export function progressOf({ learned, missing }: Pick<Agent, "learned" | "missing">): number {
  const share = (have: number, lack: number) => (lack === 0 ? 1 : have / (have + lack));
  const { keystrokes, actions, days } = missing.mature;
  return Math.min(share(learned.keystrokes, keystrokes), share(learned.actions, actions), share(learned.days, days));
}

export const amountWords = ({ keystrokes, actions, days }: Amount): string =>
  `${some(keystrokes, "key")}, ${some(actions, "pointer action")}, ${some(days, "day")}`;
