/** The wall: every live session, the riskiest first. Only the rows in sight are drawn, so that thousands stay smooth. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Session, VerdictName } from "../../gateway/admin/contract/index.ts";
import { Guide } from "./guide.tsx";
import { Empty, NotYet, Sparkline, Verdict } from "./parts.tsx";
import { go, to } from "./route.ts";
import { freshness, happenings, sessions } from "./session-list.ts";
import { clockTime, count, lasting, percent } from "./words.ts";

const rowHeight = 46;
/** Rows drawn beyond the edges, so that scrolling shows no gap. */
const margin = 8;
type Show = "all" | "alert" | "quarantine";
const ranks: readonly VerdictName[] = ["allow", "alert", "quarantine", "sever"];

export function Wall() {
  const [search, setSearch] = useState("");
  const [show, setShow] = useState<Show>("all");
  if (freshness.value === "waiting") return <NotYet title="Sessions" what="live sessions" fault={null} />;
  const all = sessions.value;
  const wanted = search.trim().toLowerCase();
  const shown = all.filter(
    (session) =>
      (wanted === "" || `${session.agent}\n${session.connection}\n${session.id}`.toLowerCase().includes(wanted)) &&
      (show === "all" || ranks.indexOf(session.wouldBe) >= ranks.indexOf(show)),
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
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <fieldset class="choice" aria-label="Show">
          {(["all", "alert", "quarantine"] as const).map((each) => (
            <button key={each} type="button" aria-pressed={show === each} onClick={() => setShow(each)}>
              {each === "all"
                ? `All ${count(all.length)}`
                : `${each === "alert" ? "Alerts" : "Quarantines"} ${count(doubted(each))}`}
            </button>
          ))}
        </fieldset>
      </div>
      {all.length === 0 ? <Guide /> : <Rows shown={shown} />}
      <Happenings />
    </>
  );
}

function Rows({ shown }: { shown: readonly Session[] }) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const measure = () => box.current && setView({ top: box.current.scrollTop, height: box.current.clientHeight });
    measure();
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, []);
  if (shown.length === 0) return <Empty>No session fits the search.</Empty>;
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
      onClick={() => go("session", id)}
    >
      <span role="cell">
        <a href={to("session", id)}>{agent}</a>
        {session.maturity !== "mature" && <small>{session.maturity}</small>}
      </span>
      <span role="cell">
        <Verdict verdict={session.wouldBe} report={session.mode === "report"} />
      </span>
      <span role="cell" class="number">
        {Math.round(trust)}
      </span>
      <span role="cell">
        <Sparkline values={sparkline} limit={thresholds.quarantine} />
      </span>
      <span role="cell">{connection}</span>
      <span role="cell">
        {count(keystrokes)} keys, {count(actions)} moves
      </span>
      <span role="cell" title={`jitter ${link.jitterMs.toFixed(0)} ms`}>
        {link.weight > 0.66 ? "good" : link.weight > 0.33 ? "fair" : "poor"} ({percent(link.weight)})
      </span>
      <span role="cell">{lasting(Date.now() - startedAt)}</span>
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
