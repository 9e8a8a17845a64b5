/** The frame of every page: who is signed in, where one can go, and whether what is shown is live. */
import { useEffect, useState } from "preact/hooks";
import { AccountPage } from "./account.tsx";
import { AgentPage } from "./agent.tsx";
import { AgentsPage } from "./agents.tsx";
import { mayApprove } from "./approvals.tsx";
import { get } from "./api.ts";
import { useAnswer } from "./answer.ts";
import { useAttempt } from "./attempt.ts";
import { notice, operator, recognise, signOut } from "./operator.ts";
import { Fault } from "./parts.tsx";
import { PolicyPage } from "./policy.tsx";
import { route, to } from "./route.ts";
import { changed, freshness, heardAt, mode, sessions, signedOut, silent } from "./session-list.ts";
import { SessionPage } from "./session.tsx";
import { link, SignIn } from "./sign-in.tsx";
import { Wall } from "./wall.tsx";
import { clockTime, some, zone } from "./words.ts";

const pages: readonly (readonly [path: string, name: string])[] = [
  ["", "Sessions"],
  ["agents", "Agents"],
  ["policy", "Policy"],
  ["account", "Account"],
];

export function App() {
  const [unreachable, setUnreachable] = useState(false);
  useEffect(() => {
    const attempt = () =>
      recognise().then(
        () => setUnreachable(false),
        () => {
          setUnreachable(true);
          setTimeout(() => void attempt(), 3000);
        },
      );
    void attempt();
  }, []);
  if (operator.value === undefined)
    return <p class="waiting start">{unreachable ? "The gateway cannot be reached. Trying again …" : "Samehand"}</p>;
  if (operator.value === null || signedOut.value) return <SignIn />;
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        To the content
      </a>
      <Header />
      <Staleness />
      <Silence />
      <Notice />
      <main id="main" tabIndex={-1}>
        <Page />
      </main>
    </>
  );
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Page() {
  const [top = "", name = ""] = route.value;
  if (top === "session") return <SessionPage key={name} id={name} />;
  if (top === "agents") return <AgentsPage />;
  if (top === "agent") return <AgentPage key={name} name={name} />;
  if (top === "policy") return <PolicyPage />;
  if (top === "account") return <AccountPage />;
  return <Wall />;
}

function Header() {
  const [top = ""] = route.value;
  const here = top === "session" ? "" : top === "agent" ? "agents" : top;
  const { value } = useAnswer(() => get<"approvals">("/approvals"), [changed.value], 60_000);
  const waiting = value?.items.filter(mayApprove).length ?? 0;
  const [fault, attempt] = useAttempt(() => {});
  return (
    <header>
      <strong class="brand">Samehand</strong>
      <nav aria-label="Pages">
        {pages.map(([path, name]) => (
          <a key={path} href={path === "" ? to() : to(path)} aria-current={path === here ? "page" : undefined}>
            {name}
            {path === "account" && waiting > 0 && <span class="verdict alert">{some(waiting, "request")}</span>}
          </a>
        ))}
      </nav>
      {mode.value !== null && (
        <span class={`mode ${mode.value}`} title="report decides and touches nothing; enforce acts">
          {mode.value} mode
        </span>
      )}
      <span class="right">
        <span class={`freshness ${freshness.value}`}>
          {freshness.value === "live" ? `live, ${some(sessions.value.length, "session")}` : freshness.value}
        </span>
        <span>{operator.value?.name}</span>
        <button type="button" onClick={() => attempt(signOut)}>
          Sign out
        </button>
      </span>
      <Fault words={fault === null ? null : `You are still signed in. ${fault}`} />
    </header>
  );
}

function Staleness() {
  if (freshness.value !== "stale") return null;
  return (
    <p class="stale" role="alert">
      {heardAt.value === 0
        ? "The live stream of the gateway does not come; trying again. Where it stays so, look whether a proxy in between holds back /api/v1/events."
        : `The gateway has not been heard since ${clockTime(heardAt.value)} (${zone}). What you see is old; trying again.`}
    </p>
  );
}

/** What is not seen must not look as if it were not there. */
function Silence() {
  if (silent.value === 0 || freshness.value !== "live") return null;
  return (
    <p class="stale" role="alert">
      Not all sessions can be seen: {some(silent.value, "process", "processes")} of the gateway{" "}
      {silent.value === 1 ? "does" : "do"} not answer. Their sessions are shown as they were last, or are missing. Look
      at the machine's load and at the log.
    </p>
  );
}

/** What the operator should know once. */
function Notice() {
  const opened = link.value;
  useEffect(() => {
    if (opened === null) return;
    // It is for somebody else, and stays good.
    link.value = null;
    notice.value = `The one-time link was not used: you are signed in as ${operator.value?.name}. To use it, sign out and open it again.`;
  }, [opened]);
  if (notice.value === null) return null;
  return (
    <p class="stale" role="alert">
      {notice.value}{" "}
      <button
        type="button"
        onClick={() => {
          notice.value = null;
        }}
      >
        Close
      </button>
    </p>
  );
}
