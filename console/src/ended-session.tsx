/** A session that is over: how it ended, as the store has it, and of one that was looked at while it lived the course. */
import type { ComponentChildren } from "preact";
import type { PastSession, SessionDetail } from "../../gateway/admin/contract/index.ts";
import { get, part } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { Course, Decisions } from "./course.tsx";
import { Fact, Fault, NotYet, Verdict } from "./parts.tsx";
import { to } from "./route.ts";
import { dayTime, endWords, lasting, some } from "./words.ts";

/** The end is written a moment after it. */
const askedMillis = 2000;

/** @param detail what was last seen of it; null where it was over before */
export function EndedSession({ id, detail }: { id: string; detail: SessionDetail | null }) {
  const { value, fault, gone } = useAnswer(() => get<"pastSession">(`/past-sessions/${part(id)}`), [id], askedMillis);
  if (gone && detail === null) return <Unknown />;
  if (value === null && detail === null) return <NotYet title="Session" what="the session" fault={fault} />;
  const agent = value?.agent ?? detail?.agent ?? "";
  return (
    <article>
      <div class="tools">
        <h1>
          <a href={to("agent", agent)}>{agent}</a> <span class="verdict ended">ended</span>
        </h1>
      </div>
      {value === null ? <Fault words={fault} /> : <End past={value} />}
      {detail !== null && <Seen>As it was last seen here:</Seen>}
      {detail !== null && <Course detail={detail} />}
      {detail !== null && <Decisions detail={detail} />}
    </article>
  );
}

const Seen = ({ children }: { children: ComponentChildren }) => <p class="key">{children}</p>;

function Unknown() {
  return (
    <article class="empty">
      <h1>Session</h1>
      <p>This session is not live, and none of this name is on record: it was erased, or never was.</p>
      <a href={to()}>All live sessions</a>
    </article>
  );
}

function End({ past }: { past: PastSession }) {
  const { startedAt, endedAt, verdict, wouldBe, lowestTrust, keystrokes, actions } = past;
  return (
    <dl class="facts">
      <Fact name="End">{past.end === null ? "not written yet, or the gateway was stopped" : endWords(past.end)}</Fact>
      <Fact name="Strictest verdict">
        <Verdict verdict={wouldBe} report={wouldBe !== verdict} />
      </Fact>
      {lowestTrust !== null && <Fact name="Lowest trust">{Math.round(lowestTrust)} of 100</Fact>}
      <Fact name="Connection">{past.connection}</Fact>
      <Fact name="Began">{dayTime(startedAt)}</Fact>
      {endedAt !== null && <Fact name="Ended">{dayTime(endedAt)}</Fact>}
      {endedAt !== null && <Fact name="Lasted">{lasting(endedAt - startedAt)}</Fact>}
      {keystrokes !== null && (
        <Fact name="Input">
          {some(keystrokes, "key")}, {some(actions ?? 0, "pointer action")}
        </Fact>
      )}
    </dl>
  );
}
