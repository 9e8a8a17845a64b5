/** All that the store holds about one agent, in one piece: for the agent, on request (GDPR, article 15). */
import { type AgentName, epochMillis } from "./core/units.ts";
import { play } from "./policy/score-tape.ts";
import type { Store } from "./store/store.ts";

/** More than one person's records will ever be. */
const everything = 1_000_000;

const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/**
 * @returns what can be written as JSON; null where there is no such agent
 * @throws SamehandError `store-unavailable`, `profile-unreadable`
 */
export function subjectOf(store: Store, name: AgentName): object | null {
  const agent = store.agent(name);
  if (agent === null) return null;
  const { id } = agent;
  const consent = store.consents.of(id);
  const lock = store.lockOf(name);
  const sessions = store.sessionsOf(id, everything);
  const profile = store.profile(id);
  return {
    name,
    id,
    firstSeen: time(agent.createdAt),
    consent: consent === null ? null : { at: time(consent.at), notice: consent.notice },
    lock: lock === null ? null : { since: time(lock.since), until: time(lock.until), reason: lock.reason },
    profile: {
      about:
        "Statistics of how long keys are held, of the time between keys and of how the pointer moves. No text, and no order of keys, can be read from them. `template` is the newest, as it is used.",
      versions: store.profileVersions(id).map(({ savedAt, ...amount }) => ({ ...amount, savedAt: time(savedAt) })),
      template: profile === null ? null : Buffer.from(profile.body).toString("base64"),
    },
    sessions: sessions.map(({ startedAt, endedAt, ...session }) => ({
      ...session,
      startedAt: time(startedAt),
      endedAt: time(endedAt),
      scores: [...play(store.scores.of(session.id))],
    })),
    oneTimeCodes: store.challenges.codeSecret(id) !== null,
    passkeys: store.agentPasskeys.of(id).map(({ createdAt, usedAt }) => ({
      createdAt: time(createdAt),
      usedAt: time(usedAt),
    })),
    challenges: store.challenges.since(id, epochMillis(0)).map(({ at, outcome }) => ({ at: time(at), outcome })),
    audit: store.audit.ofAgent(id).map(({ at, ...entry }) => ({ ...entry, at: time(at) })),
  };
}
