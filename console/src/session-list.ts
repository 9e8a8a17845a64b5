/** Live sessions as they change: the stream of events, and what is shown while it is down. */
import { computed, signal } from "@preact/signals";
import type { LiveEvent, Session, SessionDecision } from "../../gateway/admin/contract/index.ts";

export interface Happening {
  readonly at: number;
  readonly session: string;
  readonly agent: string;
  readonly decision: SessionDecision;
}

/** `waiting`: nothing came yet; `stale`: what is shown is old. */
export type Freshness = "waiting" | "live" | "stale";

export const freshness = signal<Freshness>("waiting");
/** When the gateway last said anything. */
export const heardAt = signal(0);
export const mode = signal<"report" | "enforce">("report");
/** The latest decisions, newest first. */
export const happenings = signal<readonly Happening[]>([]);
/** Counts up with every change to a lock or an approval, so that lists are asked for again. */
export const changed = signal(0);
/** The gateway ended the operator's sign-in. */
export const signedOut = signal(false);

const byId = signal<ReadonlyMap<string, Session>>(new Map());
/** All live sessions, the riskiest first. */
export const sessions = computed<readonly Session[]>(() =>
  [...byId.value.values()].sort((a, b) => b.risk - a.risk || a.agent.localeCompare(b.agent)),
);

const mostHappenings = 200;
/** The gateway says at least a tick each second or so. */
const staleMillis = 6000;
let source: EventSource | null = null;

/** Listens to the gateway until `stop`; comes back by itself when the connection is lost. */
export function listen(): void {
  stop();
  source = new EventSource("/api/v1/events");
  source.addEventListener("error", () => {
    if (freshness.value === "live") freshness.value = "stale";
  });
  for (const type of ["snapshot", "changes", "decision", "agent", "approval", "tick", "signed-out"])
    source.addEventListener(type, (message) => hear(JSON.parse((message as MessageEvent<string>).data) as LiveEvent));
}

export function stop(): void {
  source?.close();
  source = null;
}

setInterval(() => {
  if (freshness.value === "live" && Date.now() - heardAt.value > staleMillis) freshness.value = "stale";
}, 1000);

/** Takes one event in. */
export function hear(event: LiveEvent): void {
  heardAt.value = Date.now();
  freshness.value = "live";
  switch (event.type) {
    case "snapshot":
      mode.value = event.mode;
      byId.value = new Map(event.sessions.map((session) => [session.id, session]));
      break;
    case "changes":
      byId.value = changedBy(event);
      break;
    case "decision":
      happenings.value = [event, ...happenings.value].slice(0, mostHappenings);
      break;
    case "agent":
    case "approval":
      changed.value += 1;
      break;
    case "signed-out":
      stop();
      signedOut.value = true;
      break;
    case "tick":
      break;
  }
}

/** One session as the wall knows it; undefined once it has ended. */
export function sessionOf(id: string): Session | undefined {
  return byId.value.get(id);
}

function changedBy({ sessions: fresh, ended }: Extract<LiveEvent, { type: "changes" }>): ReadonlyMap<string, Session> {
  const next = new Map(byId.value);
  for (const session of fresh) next.set(session.id, session);
  for (const id of ended) next.delete(id);
  return next;
}
