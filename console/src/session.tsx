/** One session: how far it is trusted and why, what the policy would do next, and what an operator can do now. */
import type { SessionDetail } from "../../gateway/admin/contract/index.ts";
import { Act } from "./act.tsx";
import { get, part, post } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { Course, Decisions } from "./course.tsx";
import { may } from "./operator.ts";
import { EndedSession } from "./ended-session.tsx";
import { Fact, Fault, NotYet, Standing, unjudged, useTitle, Verdict } from "./parts.tsx";
import { to } from "./route.ts";
import { gatewayNow, sessionOf } from "./session-list.ts";
import { clockTime, comparedWords, dayTime, lasting, percent, some } from "./words.ts";

export function SessionPage({ id }: { id: string }) {
  // Its own change on the wall is the sign that there is more to see.
  const seen = sessionOf(id);
  const { value, fault, gone, again } = useAnswer(() => get<"session">(`/sessions/${part(id)}`), [seen]);
  useTitle(value?.agent ?? "Session");
  if (gone) return <EndedSession id={id} detail={value} />;
  if (value === null) return <NotYet title="Session" what="the session" fault={fault} />;
  return (
    <article>
      <div class="tools">
        <h1>
          <a href={to("agent", value.agent)}>{value.agent}</a> <Standing session={value} />
        </h1>
        <Buttons detail={value} again={again} />
      </div>
      <Fault words={fault} />
      <Facts detail={value} />
      <Course detail={value} />
      <div class="pair">
        <Decisions detail={value} />
        <Outlook detail={value} />
      </div>
    </article>
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
          on={detail.agent}
          meaning="Input flows again, and trust starts anew."
          act={(reason) => post<"release">(`${path}/release`, { reason })}
          done={again}
        />
      ) : (
        <Act
          label="Quarantine"
          on={detail.agent}
          meaning="Holds all input and covers the screen until the agent is recognised or you release it."
          act={(reason) => post<"quarantine">(`${path}/quarantine`, { reason })}
          done={again}
        />
      )}
      <Act
        label="Sever"
        on={detail.agent}
        danger
        meaning="Ends the session now. The agent's browser says that it was ended. The agent may connect again unless you lock them."
        act={(reason) => post<"sever">(`${path}/sever`, { reason })}
      />
      <Act
        label="Lock agent"
        on={detail.agent}
        danger
        meaning="Ends every session of this agent, and refuses new ones until somebody unlocks them."
        act={(reason) => post<"lock">(`/agents/${part(detail.agent)}/lock`, { reason, minutes: null })}
      />
    </div>
  );
}

function Facts({ detail }: { detail: SessionDetail }) {
  const { link, startedAt, keystrokes, actions, quarantineEndsAt } = detail;
  return (
    <dl class="facts">
      <Fact name="Trust">
        {unjudged(detail) ? (
          "too little is known of this agent yet"
        ) : (
          <>
            <strong class="big">{Math.round(detail.trust)}</strong> of 100
          </>
        )}
      </Fact>
      <Fact name="Profile">{detail.maturity}</Fact>
      <Fact name="Compared with">{comparedWords(detail.comparedWith)}</Fact>
      <Fact name="Connection">{detail.connection}</Fact>
      <Fact name="Since">
        <time title={dayTime(startedAt)}>{lasting(gatewayNow() - startedAt)}</time>
      </Fact>
      <Fact name="Input">
        {some(keystrokes, "key")}, {some(actions, "pointer action")}
      </Fact>
      <Fact name="Link">
        believed {percent(link.weight)}, jitter {link.jitterMs.toFixed(0)} ms
      </Fact>
      <Fact name="From">{detail.address}</Fact>
      {quarantineEndsAt !== null && <Fact name="Held until">{clockTime(quarantineEndsAt)}</Fact>}
      {detail.signals.length > 0 && <Fact name="Signals">{detail.signals.join(", ")}</Fact>}
    </dl>
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
