/** Enrolled agents as the contract has them: how far they are known, and what is kept about them. */
import { type Amount, type Enrolment, maturityOf, mostCompared } from "../core/maturity.ts";
import type { AgentName } from "../core/units.ts";
import type { AgentRecord, Lock, SessionRecord, Store } from "../store/store.ts";
import type { Agent, AgentDetail } from "./contract/agent.ts";
import type { PastSession } from "./contract/session.ts";

const amountOf = ({ keystrokes, actions, days }: Amount): Amount => ({ keystrokes, actions, days });

const missingFrom = (needed: Amount, has: Amount): Amount => ({
  keystrokes: Math.max(0, needed.keystrokes - has.keystrokes),
  actions: Math.max(0, needed.actions - has.actions),
  days: Math.max(0, needed.days - has.days),
});

const lockOf = (lock: Lock | null) =>
  lock === null ? null : { since: lock.since, until: lock.until, reason: lock.reason };

export interface AgentView {
  readonly store: Store;
  readonly enrolment: () => Enrolment;
}

export interface ComparedView extends AgentView {
  /** Whether only agents who consented take part. */
  readonly needsConsent: () => boolean;
}

/** Tells of any agent how many others it is compared with. */
export function comparedWith({ store, enrolment, needsConsent }: ComparedView): (agent: AgentName) => number {
  // one more than counts: the agent may be one of them
  const mature = new Set(store.reached(enrolment().mature, needsConsent(), mostCompared + 1));
  return (agent) => Math.min(mostCompared, mature.size - (mature.has(agent) ? 1 : 0));
}

export interface AgentDetailView extends ComparedView {
  /** Shares of the drift budget that an encoded profile has used; null where it has none. @throws SamehandError */
  readonly drift: (profile: Uint8Array) => AgentDetail["drift"];
  /** The other devices that an encoded profile knows. @throws SamehandError */
  readonly modes: (profile: Uint8Array) => AgentDetail["modes"];
}

/** @param live how many sessions of the agent live */
export function agentOf(
  record: AgentRecord,
  { store, enrolment }: AgentView,
  live: number,
): Omit<Agent, "comparedWith"> {
  const needed = enrolment();
  return {
    name: record.name,
    maturity: maturityOf(record, needed),
    learned: amountOf(record),
    missing: { provisional: missingFrom(needed.provisional, record), mature: missingFrom(needed.mature, record) },
    profileVersion: record.profileVersion,
    learnedAt: record.profileSavedAt,
    enrolledAt: record.createdAt,
    lock: lockOf(store.lockOf(record.name)),
    liveSessions: live,
  };
}

const sessionsShown = 50;

export function agentDetailOf(record: AgentRecord, view: AgentDetailView, live: number): AgentDetail {
  const profile = view.store.profile(record.id);
  const versions = view.store.profileVersions(record.id).map(({ version, savedAt, ...amount }) => ({
    version,
    savedAt,
    learned: amountOf(amount),
    current: version === record.profileVersion,
  }));
  return {
    ...agentOf(record, view, live),
    comparedWith: comparedWith(view)(record.name),
    versions,
    modes: profile === null ? [] : view.modes(profile.body),
    drift: profile === null ? null : view.drift(profile.body),
    sessions: view.store.sessionsOf(record.id, sessionsShown).map(pastSessionOf),
  };
}

export const pastSessionOf = (session: SessionRecord): PastSession => ({
  id: session.id,
  agent: session.agent,
  connection: session.connection,
  startedAt: session.startedAt,
  endedAt: session.endedAt,
  verdict: session.verdict,
  wouldBe: session.wouldBe,
  end: session.outcome?.end ?? null,
  lowestTrust: session.outcome?.lowestTrust ?? null,
  keystrokes: session.outcome?.keystrokes ?? null,
  actions: session.outcome?.actions ?? null,
});

/** What is kept about an agent, in words: for the export, and for the agent's own page. */
export const keptAboutAgents: readonly string[] = [
  "Your name in this gateway, and when you were first seen.",
  "Statistics of how you type and point (how long keys are held, the time between them, how the pointer moves), encrypted. Never which keys you pressed or what you wrote.",
  "When your sessions began and ended, on which desktop, how well the input matched you, how much of it there was and for how long, and what was decided, with reasons.",
  "Scores of stretches of each session, for as long as the operators chose, to see what another policy would have decided.",
  "A lock, while there is one, with its reason.",
  "That you consented, where you were asked, and to which notice.",
  "How you can prove yourself when asked: that you have one-time codes, and public keys of passkeys; and for 90 days how it went.",
  "Entries of the audit chain about you: what was decided or done, by whom, when and why.",
];

export const countByAgent = (sessions: readonly { readonly agent: AgentName }[]): Map<AgentName, number> => {
  const counts = new Map<AgentName, number>();
  for (const { agent } of sessions) counts.set(agent, (counts.get(agent) ?? 0) + 1);
  return counts;
};
