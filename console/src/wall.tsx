/** The wall: every live session, the riskiest first. Only the rows in sight are drawn, so that thousands stay smooth. */
import { signal } from "@preact/signals";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Session, VerdictName } from "../../gateway/admin/contract/index.ts";
import { Guide } from "./guide.tsx";
import { Empty, NotYet, Sparkline, Standing, unjudged, useTitle, Verdict } from "./parts.tsx";
import { go, to } from "./route.ts";
import { gatewayNow, happenings, heardAt, sessions, silent } from "./session-list.ts";
import { clockTime, count, lasting, percent, some } from "./words.ts";

const rowHeight = 46;
/** Rows drawn beyond the edges, so that scrolling shows no gap. */
const margin = 8;
type Show = "all" | "alert" | "quarantine";
const ranks: readonly VerdictName[] = ["allow", "alert", "quarantine", "sever"];

/** Kept while a session is looked at: who comes back finds the wall as it was left. */
const search = signal("");
const show = signal<Show>("all");
let scrolledTo = 0;

export function Wall() {
  useTitle("Sessions");
  if (heardAt.value === 0) return <NotYet title="Sessions" what="live sessions" fault={null} />;
  const all = sessions.value;
  const wanted = search.value.trim().toLowerCase();
  const shown = all.filter(
    (session) =>
      (wanted === "" || `${session.agent}\n${session.connection}\n${session.id}`.toLowerCase().includes(wanted)) &&
      (show.value === "all" || ranks.indexOf(session.wouldBe) >= ranks.indexOf(show.value)),
  );
  const doubted = (verdict: VerdictName) =>
    all.filter((session) => ranks.indexOf(session.wouldBe) >= ranks.indexOf(verdict)).length;
  return (
    <>
      <div class="tools">
        <h1>Sessions</h1>
        <input
          type="search"
          aria-label="Search by agent, connection or session"
          placeholder="Agent, connection or session"
          value={search.value}
          onInput={(event) => {
            search.value = event.currentTarget.value;
          }}
        />
        <fieldset class="choice" aria-label="Show">
          {(["all", "alert", "quarantine"] as const).map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={show.value === each}
              onClick={() => {
                show.value = each;
              }}
            >
              {each === "all"
                ? `All ${count(all.length)}`
                : `${each === "alert" ? "Alerts" : "Quarantines"} ${count(doubted(each))}`}
            </button>
          ))}
        </fieldset>
      </div>
      {shown.length > 0 && <Rows shown={shown} />}
      {shown.length === 0 && all.length > 0 && <Empty>No live session fits.</Empty>}
      {all.length === 0 && silent.value === 0 && <Guide />}
      <Happenings />
    </>
  );
}

function Rows({ shown }: { shown: readonly Session[] }) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: scrolledTo, height: 600 });
  useLayoutEffect(() => {
    const measure = () => box.current && setView({ top: box.current.scrollTop, height: box.current.clientHeight });
    if (box.current !== null) box.current.scrollTop = scrolledTo;
    measure();
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, []);
  const first = Math.max(0, Math.floor(view.top / rowHeight) - margin);
  const last = Math.min(shown.length, Math.ceil((view.top + view.height) / rowHeight) + margin);
  return (
    <div
      class="rows"
      ref={box}
      role="table"
      aria-label="Live sessions"
      aria-rowcount={shown.length + 1}
      tabIndex={0}
      onScroll={(event) => {
        const { scrollTop: top, clientHeight: height } = event.currentTarget;
        scrolledTo = top;
        // Drawn anew only when another row comes into sight.
        if (Math.abs(top - view.top) >= rowHeight || height !== view.height) setView({ top, height });
      }}
    >
      <div role="row" class="row head" aria-rowindex={1}>
        {["Agent", "Verdict", "Trust", "", "Connection", "Input", "Link", "Since"].map((name) => (
          <span key={name} role="columnheader">
            {name === "" ? <span class="hidden">Latest trust</span> : name}
          </span>
        ))}
      </div>
      <div role="rowgroup" class="all" style={{ height: `${shown.length * rowHeight}px` }}>
        {shown.slice(first, last).map((session, n) => (
          <Row key={session.id} session={session} index={first + n} />
        ))}
      </div>
    </div>
  );
}

function Row({ session, index }: { session: Session; index: number }) {
  const { id, agent, connection, trust, thresholds, sparkline, keystrokes, actions, link, startedAt } = session;
  return (
    <div
      role="row"
      class={`row ${session.wouldBe}`}
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${index * rowHeight}px)` }}
      onClick={(event) => {
        // The link does its own, in another tab where that was asked for.
        if (!(event.target instanceof HTMLAnchorElement)) go("session", id);
      }}
    >
      <span role="cell">
        <a href={to("session", id)}>{agent}</a>
        {session.maturity !== "mature" && <small>{session.maturity}</small>}
      </span>
      <span role="cell">
        <Standing session={session} />
      </span>
      <span role="cell" class="number">
        {unjudged(session) ? "–" : Math.round(trust)}
      </span>
      <span role="cell">
        <Sparkline values={sparkline} limit={thresholds.quarantine} />
      </span>
      <span role="cell">{connection}</span>
      <span role="cell">
        {some(keystrokes, "key")}, {some(actions, "move")}
      </span>
      <span role="cell" title={`jitter ${link.jitterMs.toFixed(0)} ms`}>
        {link.weight > 0.66 ? "good" : link.weight > 0.33 ? "fair" : "poor"} ({percent(link.weight)})
      </span>
      <span role="cell">{lasting(gatewayNow() - startedAt)}</span>
    </div>
  );
}

function Happenings() {
  const latest = happenings.value.slice(0, 12);
  if (latest.length === 0) return null;
  return (
    <section aria-label="Latest decisions">
      <h2>Latest decisions</h2>
      <ul class="happenings">
        {latest.map(({ at, agent, session, decision }) => (
          <li key={`${session}${at}${decision.rule}`}>
            <time>{clockTime(at)}</time>
            <Verdict verdict={decision.wouldBe} report={decision.mode === "report"} />
            <a href={to("session", session)}>{agent}</a>
            <span>{decision.reasons.map(({ text }) => text).join("; ") || decision.because}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
