/** All that the store holds about one agent: for the agent, on request (GDPR, article 15). */
import { type AgentName, type EpochMillis, epochMillis } from "../core/units.ts";
import { play } from "../policy/score-tape.ts";
import type { AgentId, Store } from "../store/store.ts";
import { keptAboutAgents } from "./agents.ts";
import type { AgentExport } from "./contract/agent-export.ts";

/** More than one person's records will ever be. */
const everything = 1_000_000;
/** Entries of the audit chain that are read at once: some milliseconds' work. */
const entriesAtOnce = 500;

const time = (at: number): string => new Date(at).toISOString();
const timeOrNull = (at: number | null): string | null => (at === null ? null : time(at));

/**
 * @param at of the export
 * @returns an `AgentExport` as JSON in pieces, each of them little work, so that a gateway with live sessions can do
 *   something else in between; null where there is no such agent
 * @throws SamehandError `store-unavailable`, `profile-unreadable`; the former also while pieces are taken
 */
export function subjectPieces(store: Store, name: AgentName, at: EpochMillis): Generator<string, void> | null {
  const agent = store.agent(name);
  if (agent === null) return null;
  const { id, createdAt } = agent;
  const consent = store.consents.of(id);
  const lock = store.lockOf(name);
  const profile = store.profile(id);
  const facts: Omit<AgentExport, "sessions" | "audit"> = {
    exportedAt: time(at),
    kept: [...keptAboutAgents],
    name,
    id,
    firstSeen: time(createdAt),
    consent: consent === null ? null : { at: time(consent.at), notice: consent.notice },
    lock: lock === null ? null : { since: time(lock.since), until: timeOrNull(lock.until), reason: lock.reason },
    profile: {
      about:
        "Statistics of how long keys are held, of the time between keys and of how the pointer moves. No text, and no order of keys, can be read from them. `template` is the newest, as it is used.",
      versions: store.profileVersions(id).map(({ savedAt, ...amount }) => ({ ...amount, savedAt: time(savedAt) })),
      template: profile === null ? null : Buffer.from(profile.body).toString("base64"),
    },
    oneTimeCodes: store.challenges.codeSecret(id) !== null,
    passkeys: store.agentPasskeys
      .of(id)
      .map((each) => ({ createdAt: time(each.createdAt), usedAt: timeOrNull(each.usedAt) })),
    challenges: store.challenges.since(id, epochMillis(0)).map((each) => ({ ...each, at: time(each.at) })),
  };
  return pieces(facts, { sessions: sessionsOf(store, id), audit: auditOf(store, id) });
}

/** The facts, then each list with an entry a line. */
function* pieces(facts: object, lists: Readonly<Record<string, Iterable<readonly object[]>>>): Generator<string, void> {
  yield JSON.stringify(facts, null, 2).slice(0, -2);
  for (const [name, chunks] of Object.entries(lists)) {
    yield `,\n  ${JSON.stringify(name)}: [`;
    let before = "\n    ";
    for (const chunk of chunks)
      for (const entry of chunk) {
        yield `${before}${JSON.stringify(entry)}`;
        before = ",\n    ";
      }
    yield "\n  ]";
  }
  yield "\n}\n";
}

function* sessionsOf(store: Store, id: AgentId): Generator<AgentExport["sessions"]> {
  for (const { startedAt, endedAt, ...session } of store.sessionsOf(id, everything)) {
    const scores = [...play(store.scores.of(session.id))].map((window) => ({
      ...window,
      signals: [...window.signals],
    }));
    yield [{ ...session, startedAt: time(startedAt), endedAt: timeOrNull(endedAt), scores }];
  }
}

function* auditOf(store: Store, id: AgentId): Generator<AgentExport["audit"]> {
  for (let after = 0; ;) {
    const entries = store.audit.ofAgent(id, after, entriesAtOnce);
    const last = entries.at(-1);
    if (last === undefined) return;
    yield entries.map(({ at, ...entry }) => ({ ...entry, at: time(at) }));
    after = last.seq;
  }
}
