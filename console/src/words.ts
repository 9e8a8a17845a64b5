/** Times, amounts and verdicts in words, in the operator's own zone. */
import type { VerdictName } from "../../gateway/admin/contract/index.ts";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export const clockTime = (at: number): string => clock.format(at);
export const dayTime = (at: number): string => day.format(at);
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** How long ago, or how long something lasted, such as `3 min`. */
export function lasting(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return some(Math.floor(seconds / 86_400), "day");
}

export const count = (n: number): string => n.toLocaleString();
export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** What stands, as an operator says it. */
export const verdictWords: Readonly<Record<VerdictName, string>> = {
  allow: "trusted",
  alert: "alert",
  quarantine: "quarantined",
  sever: "severed",
};

/** In report mode, what enforce mode would have done. */
export const wouldWords: Readonly<Record<VerdictName, string>> = {
  allow: "trusted",
  alert: "alert",
  quarantine: "would be quarantined",
  sever: "would be severed",
};

/** How a session ended, by what the store has of it. */
const ends: Readonly<Record<string, string>> = {
  closed: "closed by the agent or the desktop",
  "session-severed": "severed by the policy",
  "session-ended-by-operator": "severed by an operator",
  "agent-locked": "severed, since the agent was locked",
  "session-idle": "nobody was there for too long",
  "upstream-closed": "the desktop closed it",
  "gateway-draining": "the gateway was stopped",
};
export const endWords = (end: string): string => ends[end] ?? end.replaceAll("-", " ");

/** With how many others an agent is compared, and what that means where they are few (docs/ACCURACY.md, Small farms). */
export function comparedWords(others: number): string {
  if (others === 0) return "nobody yet: judged by little more than typing, and a takeover is missed more often";
  if (others === 1) return "1 other agent: strangers are missed more often than in a larger farm";
  return `${count(others)} other agents`;
}

/** How many of a thing, such as `1 day`. @param things how more than one are called */
export const some = (value: number, thing: string, things = `${thing}s`): string =>
  `${count(value)} ${value === 1 ? thing : things}`;
