/** One agent: enrolment, versions of the profile, drift, other devices, locks and past sessions. */
import { useState } from "preact/hooks";
import type { AgentDetail } from "../../gateway/admin/contract/index.ts";
import { Act } from "./act.tsx";
import { amountWords, progressOf } from "./agents.tsx";
import { download, get, part, post, wordsOfAct } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { may } from "./operator.ts";
import { Fact, Fault, Meter, NotYet, useTitle } from "./parts.tsx";
import { PastSessions } from "./past-sessions.tsx";
import { to } from "./route.ts";
import { changed, gatewayNow } from "./session-list.ts";
import { comparedWords, dayTime, lasting, percent } from "./words.ts";

export function AgentPage({ name }: { name: string }) {
  const path = `/agents/${part(name)}`;
  const { value, fault, gone, again } = useAnswer(() => get<"agent">(path), [name, changed.value], 5000);
  useTitle(name);
  if (gone) return <Unknown name={name} />;
  if (value === null) return <NotYet title={name} what="the agent" fault={fault} />;
  return (
    <article>
      <Fault words={fault} />
      <div class="tools">
        <h1>
          {value.name} {value.lock !== null && <span class="verdict sever">locked</span>}
        </h1>
        <Buttons agent={value} path={path} again={again} />
      </div>
      <Facts agent={value} />
      <div class="pair">
        <Versions agent={value} path={path} again={again} />
        <Modes agent={value} path={path} again={again} />
      </div>
      <PastSessions agent={value} />
    </article>
  );
}

/** What was shown of somebody who was forgotten goes too. */
function Unknown({ name }: { name: string }) {
  return (
    <article class="empty">
      <h1>{name}</h1>
      <p>Nothing is kept about this agent: they were forgotten, or never worked here.</p>
      <a href={to("agents")}>All agents</a>
    </article>
  );
}

interface WithPath {
  readonly agent: AgentDetail;
  readonly path: string;
  readonly again: () => void;
}

function Buttons({ agent, path, again }: WithPath) {
  const [fault, setFault] = useState<string | null>(null);
  const exported = () =>
    void save(agent.name, path).then(
      () => setFault(null),
      (error: unknown) => setFault(wordsOfAct(error)),
    );
  return (
    <div class="buttons">
      <Fault words={fault} />
      {may("responder") &&
        (agent.lock === null ? (
          <Act
            label="Lock"
            on={agent.name}
            danger
            meaning="Ends every session of this agent and refuses new ones until somebody unlocks them."
            act={(reason) => post<"lock">(`${path}/lock`, { reason, minutes: null })}
            done={again}
          />
        ) : (
          <Act
            label="Unlock"
            on={agent.name}
            meaning="The agent may connect again."
            act={(reason) => post<"unlock">(`${path}/unlock`, { reason })}
            done={again}
          />
        ))}
      {may("privacy") && (
        <>
          <button type="button" onClick={exported}>
            Export
          </button>
          <Act
            label="Forget"
            on={agent.name}
            danger
            meaning="Erases the agent's key, profile, sessions and name. It cannot be undone."
            act={(reason) => post<"forget">(`${path}/forget`, { reason })}
            done={again}
          />
        </>
      )}
    </div>
  );
}

/** Hands all that is kept to the operator as a file. */
async function save(name: string, path: string): Promise<void> {
  const address = URL.createObjectURL(await download(`${path}/export`));
  const link = Object.assign(document.createElement("a"), { href: address, download: `samehand-${name}.json` });
  link.click();
  URL.revokeObjectURL(address);
}

function Facts({ agent }: { agent: AgentDetail }) {
  const { drift, lock } = agent;
  return (
    <dl class="facts">
      <Fact name="Profile">
        {agent.maturity}
        <Meter share={progressOf(agent)} label="Enrolment" />
      </Fact>
      <Fact name="Compared with">{comparedWords(agent.comparedWith)}</Fact>
      <Fact name="Learned">{amountWords(agent.learned)}</Fact>
      <Fact name="Still needed">{agent.maturity === "mature" ? "nothing" : amountWords(agent.missing.mature)}</Fact>
      <Fact name="Enrolled">{dayTime(agent.enrolledAt)}</Fact>
      <Fact name="Last learned">{agent.learnedAt === null ? "never" : dayTime(agent.learnedAt)}</Fact>
      <Fact name="Drift used">
        {drift === null
          ? "none"
          : `keyboard ${percent(drift.keyboard)}, pointer ${percent(drift.pointer)} of what is allowed`}
      </Fact>
      {lock !== null && (
        <Fact name="Locked">
          {lock.reason}, {lock.until === null ? "until an operator unlocks" : `until ${dayTime(lock.until)}`}
        </Fact>
      )}
    </dl>
  );
}

function Versions({ agent, path, again }: WithPath) {
  return (
    <section>
      <h2>Versions of the profile</h2>
      {agent.versions.length === 0 && <p>Nothing was learned yet.</p>}
      <ul class="lines">
        {agent.versions.map(({ version, savedAt, learned, current }) => (
          <li key={version}>
            <strong>{version}</strong> {dayTime(savedAt)}, {amountWords(learned)} {current && <em>in use</em>}
            {!current && may("responder") && (
              <Act
                label={`Go back to ${version}`}
                meaning="What was learned since then is no longer used. The versions in between stay."
                act={(reason) => post<"rollback">(`${path}/rollback`, { reason, version })}
                done={again}
              />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Modes({ agent, path, again }: WithPath) {
  return (
    <section>
      <h2>Devices and clients</h2>
      {agent.modes.length === 0 && <p>One, so far.</p>}
      <ul class="lines">
        {agent.modes.map(({ id, name, confirmed, learned, lastSeenAt }) => (
          <li key={id}>
            {name}: {amountWords(learned)}
            {lastSeenAt !== null && `, ${lasting(gatewayNow() - lastSeenAt)} ago`}
            {!confirmed && <em> (waits to be seen again)</em>}
            {may("responder") && (
              <Act
                label={`Forget ${name}`}
                meaning="What was learned of this device is given up. The usual way of working stays."
                act={(reason) => post<"forgetMode">(`${path}/forget-mode`, { reason, mode: id })}
                done={again}
              />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
