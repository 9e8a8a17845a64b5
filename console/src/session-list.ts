/** Live sessions as they change: the stream of events, and what is shown while it is down. */
import { computed, signal } from "@preact/signals";
import type { LiveEvent, Session, SessionDecision } from "../../gateway/admin/contract/index.ts";

export interface Happening {
  readonly at: number;
  readonly session: string;
  readonly agent: string;
  readonly decision: SessionDecision;
}

/** `waiting`: nothing came yet; `stale`: what is shown is old, or nothing came for too long. */
export type Freshness = "waiting" | "live" | "stale";

export const freshness = signal<Freshness>("waiting");
/** When the gateway last said anything, by this browser's clock; 0: nothing came yet. */
export const heardAt = signal(0);
/** null until it is known. */
export const mode = signal<"report" | "enforce" | null>(null);
/** How many of the gateway's processes do not answer: their sessions are old, or missing. */
export const silent = signal(0);
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
/** The gateway says at least a tick each second or so; four where one of its processes does not answer. */
const staleMillis = 6000;
const againMillis = 3000;
let source: EventSource | null = null;
let again: ReturnType<typeof setTimeout> | undefined;
let begunAt = 0;
/** The gateway's clock less this browser's, ms. */
let ahead = 0;

/** The time by the gateway's clock, which is what all times that it tells are by. */
export const gatewayNow = (): number => Date.now() + ahead;

/**
 * Listens to the gateway until `forget`; comes back by itself when the connection is lost.
 * @param refused asks why there is no stream; it is tried again where that throws, or does not forget
 */
export function listen(refused: () => Promise<void>): void {
  if (source === null) begunAt = Date.now();
  stop();
  const opened = new EventSource("/api/v1/events");
  source = opened;
  opened.addEventListener("error", () => {
    if (source !== opened) return;
    if (freshness.value === "live") freshness.value = "stale";
    // A browser comes back by itself after a lost connection, and never after a refusal, a proxy's too.
    if (opened.readyState !== EventSource.CLOSED) return;
    again = setTimeout(() => {
      const retry = () => source === opened && listen(refused);
      void refused().then(retry, retry);
    }, againMillis);
  });
  for (const type of ["snapshot", "changes", "decision", "agent", "approval", "tick", "signed-out"])
    opened.addEventListener(type, (message) => hear(JSON.parse((message as MessageEvent<string>).data) as LiveEvent));
}

function stop(): void {
  clearTimeout(again);
  source?.close();
  source = null;
}

/** Listens no more, and keeps nothing of what was heard. */
export function forget(): void {
  stop();
  freshness.value = "waiting";
  heardAt.value = silent.value = 0;
  mode.value = null;
  happenings.value = [];
  byId.value = new Map();
}

setInterval(() => {
  if (source !== null && Date.now() - Math.max(heardAt.value, begunAt) > staleMillis) freshness.value = "stale";
}, 1000);

/** Takes one event in. */
export function hear(event: LiveEvent): void {
  heardAt.value = Date.now();
  ahead = event.at - heardAt.value;
  freshness.value = "live";
  switch (event.type) {
    case "snapshot":
      mode.value = event.mode;
      silent.value = event.silent;
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
      forget();
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
