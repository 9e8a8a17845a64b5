/** The frame of every page: who is signed in, where one can go, and whether what is shown is live. */
import { useEffect, useState } from "preact/hooks";
import { AccountPage } from "./account.tsx";
import { AgentPage } from "./agent.tsx";
import { AgentsPage } from "./agents.tsx";
import { operator, recognise, signOut } from "./operator.ts";
import { PolicyPage } from "./policy.tsx";
import { route, to } from "./route.ts";
import { freshness, heardAt, mode, sessions, signedOut } from "./session-list.ts";
import { SessionPage } from "./session.tsx";
import { SignIn } from "./sign-in.tsx";
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
  return (
    <header>
      <strong class="brand">Samehand</strong>
      <nav aria-label="Pages">
        {pages.map(([path, name]) => (
          <a key={path} href={path === "" ? to() : to(path)} aria-current={path === here ? "page" : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <span class={`mode ${mode.value}`} title="report decides and touches nothing; enforce acts">
        {mode.value} mode
      </span>
      <span class="right">
        <span class={`freshness ${freshness.value}`}>
          {freshness.value === "live" ? `live, ${some(sessions.value.length, "session")}` : freshness.value}
        </span>
        <span>{operator.value?.name}</span>
        <button type="button" onClick={() => void signOut()}>
          Sign out
        </button>
      </span>
    </header>
  );
}

function Staleness() {
  if (freshness.value !== "stale") return null;
  return (
    <p class="stale" role="alert">
      The gateway has not been heard since {clockTime(heardAt.value)} ({zone}). What you see is old; trying again.
    </p>
  );
}
