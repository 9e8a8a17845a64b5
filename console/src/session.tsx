/** One session: how far it is trusted and why, what the policy would do next, and what an operator can do now. */
import type { SessionDetail } from "../../gateway/admin/contract/index.ts";
import { Act } from "./act.tsx";
import { get, part, post } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { may } from "./operator.ts";
import { Empty, Fact, Fault, NotYet, Verdict } from "./parts.tsx";
import { to } from "./route.ts";
import { happenings, sessionOf } from "./session-list.ts";
import { EvidenceChart, TrustChart } from "./trust-chart.tsx";
import { clockTime, comparedWords, count, dayTime, lasting, percent } from "./words.ts";

/** The dashed lines of the plot. */
const limitWords = ({ alert, quarantine, sever }: SessionDetail["thresholds"]): string =>
  `Dashed: alert ${limit(alert)}, quarantine ${limit(quarantine)}, sever ${limit(sever)}.`;
const limit = (trust: number): string => (trust < 1 ? "below 1" : `at ${Math.round(trust)} or below`);

export function SessionPage({ id }: { id: string }) {
  // Its own change on the wall is the sign that there is more to see.
  const seen = sessionOf(id);
  const { value, fault, again } = useAnswer(() => get<"session">(`/sessions/${part(id)}`), [seen]);
  if (value === null && fault !== null && seen === undefined) return <Gone id={id} fault={fault} />;
  if (value === null) return <NotYet title="Session" what="the session" fault={fault} />;
  const ended = seen === undefined;
  return (
    <article>
      <div class="tools">
        <h1>
          <a href={to("agent", value.agent)}>{value.agent}</a>{" "}
          <Verdict verdict={value.wouldBe} report={value.mode === "report"} />{" "}
          {ended && <span class="verdict ended">ended</span>}
        </h1>
        {!ended && <Buttons detail={value} again={again} />}
      </div>
      {!ended && <Fault words={fault} />}
      <Facts detail={value} ended={ended} />
      <h2>Trust</h2>
      <TrustChart detail={value} />
      <p class="key">{limitWords(value.thresholds)}</p>
      <div class="pair">
        <section>
          <h2>Keyboard {sum(value.llr.keyboard)}</h2>
          <EvidenceChart points={value.evidence.keyboard} what="Keyboard" />
        </section>
        <section>
          <h2>Pointer {sum(value.llr.pointer)}</h2>
          <EvidenceChart points={value.evidence.pointer} what="Pointer" />
        </section>
      </div>
      <p class="key">
        Evidence of each window of input: above 0 it speaks for the agent, below for somebody else; beside the name, the
        sum (a natural logarithm of odds).
      </p>
      <div class="pair">
        <Decisions detail={value} />
        {!ended && <Outlook detail={value} />}
      </div>
    </article>
  );
}

const sum = (llr: number): string => (llr >= 0 ? `+${llr.toFixed(1)}` : llr.toFixed(1));

function Gone({ id, fault }: { id: string; fault: string }) {
  const last = happenings.value.find(({ session }) => session === id);
  return (
    <Empty>
      <h1>Session</h1>
      <p>This session is not live: it has ended, or never was.</p>
      {last !== undefined && (
        <p>
          Its last decision: <Verdict verdict={last.decision.wouldBe} /> at {clockTime(last.at)},{" "}
          {last.decision.because}.
        </p>
      )}
      <Fault words={fault} />
      <a href={to()}>All live sessions</a>
    </Empty>
  );
}

function Buttons({ detail, again }: { detail: SessionDetail; again: () => void }) {
  if (!may("responder")) return null;
  const path = `/sessions/${part(detail.id)}`;
  const held = detail.verdict === "quarantine";
  return (
    <div class="buttons">
      {held ? (
        <Act
          label="Release"
          meaning="Input flows again, and trust starts anew."
          act={(reason) => post<"release">(`${path}/release`, { reason })}
          done={again}
        />
      ) : (
        <Act
          label="Quarantine"
          meaning="Holds all input and covers the screen until the agent is recognised or you release it."
          act={(reason) => post<"quarantine">(`${path}/quarantine`, { reason })}
          done={again}
        />
      )}
      <Act
        label="Sever"
        danger
        meaning="Ends the session now. The agent's browser says that it was ended. The agent may connect again unless you lock them."
        act={(reason) => post<"sever">(`${path}/sever`, { reason })}
      />
      <Act
        label="Lock agent"
        danger
        meaning="Ends every session of this agent, and refuses new ones until somebody unlocks them."
        act={(reason) => post<"lock">(`/agents/${part(detail.agent)}/lock`, { reason, minutes: null })}
      />
    </div>
  );
}

function Facts({ detail, ended }: { detail: SessionDetail; ended: boolean }) {
  const { link, startedAt, keystrokes, actions, quarantineEndsAt } = detail;
  return (
    <dl class="facts">
      <Fact name="Trust">
        <strong class="big">{Math.round(detail.trust)}</strong> of 100
      </Fact>
      <Fact name="Profile">{detail.maturity}</Fact>
      <Fact name="Compared with">{comparedWords(detail.comparedWith)}</Fact>
      <Fact name="Connection">{detail.connection}</Fact>
      <Fact name="Since">
        <time title={dayTime(startedAt)}>{lasting(Date.now() - startedAt)}</time>
      </Fact>
      <Fact name="Input">
        {count(keystrokes)} keys, {count(actions)} pointer actions
      </Fact>
      <Fact name="Link">
        believed {percent(link.weight)}, jitter {link.jitterMs.toFixed(0)} ms
      </Fact>
      <Fact name="From">{detail.address}</Fact>
      {quarantineEndsAt !== null && !ended && <Fact name="Held until">{clockTime(quarantineEndsAt)}</Fact>}
      {detail.signals.length > 0 && <Fact name="Signals">{detail.signals.join(", ")}</Fact>}
    </dl>
  );
}

function Decisions({ detail }: { detail: SessionDetail }) {
  const latest = detail.decisions.toReversed();
  return (
    <section>
      <h2>Decisions</h2>
      {latest.length === 0 && <p>None yet: the session is allowed.</p>}
      <ol class="decisions">
        {latest.map((decision) => (
          <li key={decision.at}>
            <time>{clockTime(decision.at)}</time>{" "}
            <Verdict verdict={decision.wouldBe} report={decision.mode === "report"} /> at trust{" "}
            {Math.round(decision.trust)}: {decision.because}
            <ul>
              {decision.reasons.map(({ code, text }) => (
                <li key={code}>{text}</li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Outlook({ detail }: { detail: SessionDetail }) {
  return (
    <section>
      <h2>What the policy would do next</h2>
      {detail.next.length === 0 && <p>Nothing more.</p>}
      <ul>
        {detail.next.map(({ verdict, when, at }) => (
          <li key={when}>
            <Verdict verdict={verdict} /> when {when}
            {at !== null && ` (${clockTime(at)})`}
          </li>
        ))}
      </ul>
    </section>
  );
}
