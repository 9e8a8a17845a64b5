/** Agents as `samehand agents` prints them: the list, and one with its profile's versions and latest sessions. */
import { comparedWith } from "../admin/agents.ts";
import { modesOf } from "../agent-modes.ts";
import type { Config } from "../../config/schema.ts";
import { maturityOf } from "../core/maturity.ts";
import type { AgentName, EpochMillis } from "../core/units.ts";
import { defaultPolicyFile, loadPolicy } from "../policy/policy-file.ts";
import type { AgentRecord, Lock, Store } from "../store/store.ts";
import { noAgent } from "./newcomer.ts";
import { table } from "./table.ts";

/** Prints data or words, as was asked for. */
export type Out = (data: unknown, text: string) => void;

export const untilText = (until: EpochMillis | null): string =>
  until === null ? "until it is unlocked" : `until ${new Date(until).toISOString()}`;

/** An agent as it is printed. */
function describe(agent: AgentRecord, lock: Lock | null, config: Config) {
  const { name, keystrokes, actions, days, profileVersion, profileSavedAt } = agent;
  return {
    name,
    maturity: maturityOf(agent, config.enrolment),
    keystrokes,
    actions,
    days,
    profileVersion,
    learned: profileSavedAt === null ? null : new Date(profileSavedAt).toISOString(),
    locked: lock === null ? null : { until: isoOrNull(lock.until), reason: lock.reason },
  };
}

const isoOrNull = (at: EpochMillis | null): string | null => (at === null ? null : new Date(at).toISOString());

export function list(store: Store, config: Config, out: Out): number {
  const agents = store.agents();
  const known = new Set(agents.map((agent) => agent.name));
  const described = agents.map((agent) => describe(agent, store.lockOf(agent.name), config));
  const others = store.locks().filter((lock) => !known.has(lock.agent));
  const rows = described.map((agent) => [
    agent.name,
    agent.maturity,
    String(agent.keystrokes),
    String(agent.actions),
    String(agent.days),
    agent.learned ?? "never",
    lockText(store.lockOf(agent.name)),
  ]);
  for (const lock of others) rows.push([lock.agent, "unknown", "", "", "", "", lockText(lock)]);
  const head = ["agent", "maturity", "keystrokes", "actions", "days", "learned", "lock"];
  const locks = others.map((lock) => ({ name: lock.agent, until: isoOrNull(lock.until), reason: lock.reason }));
  out({ agents: described, otherLocks: locks }, rows.length === 0 ? "no agents yet\n" : table(head, rows));
  return 0;
}

const lockText = (lock: Lock | null): string => (lock === null ? "" : `${untilText(lock.until)}: ${lock.reason}`);

export function show(store: Store, config: Config, name: AgentName, out: Out): number {
  const agent = store.agent(name);
  if (agent === null) throw noAgent(store, name);
  const needsConsent = () => loadPolicy(config.policy ?? defaultPolicyFile).consent === "required";
  const others = comparedWith({ store, enrolment: () => config.enrolment, needsConsent })(name);
  const described = { ...describe(agent, store.lockOf(name), config), comparedWith: others };
  const sessions = store.sessionsOf(agent.id, 10).map((session) => ({
    session: session.id,
    connection: session.connection,
    started: new Date(session.startedAt).toISOString(),
    ended: isoOrNull(session.endedAt),
    verdict: session.verdict,
    wouldBe: session.wouldBe,
    outcome: session.outcome,
  }));
  const profile = store.profile(agent.id);
  const modes = profile === null ? [] : modesOf(profile.body);
  const facts = Object.entries({ ...described, locked: lockText(store.lockOf(name)) || "no" });
  const head = ["session", "started", "connection", "verdict", "would be", "lowest trust", "end"];
  const rows = sessions.map(({ session, started, connection, verdict, wouldBe, outcome }) => [
    session,
    started,
    connection,
    verdict,
    wouldBe,
    outcome === null ? "" : outcome.lowestTrust.toFixed(1),
    outcome?.end ?? "",
  ]);
  const versions = store
    .profileVersions(agent.id)
    .map(({ savedAt, ...each }) => ({ ...each, savedAt: isoOrNull(savedAt) }));
  const kept = versions.map((each) => [
    String(each.version),
    each.savedAt ?? "",
    String(each.keystrokes),
    String(each.actions),
    String(each.days),
    each.version === agent.profileVersion ? "in use" : "",
  ]);
  const parts = [facts.map(([key, value]) => `${key.padEnd(15)} ${value ?? "never"}\n`).join("")];
  if (kept.length > 0) parts.push(table(["version", "saved", "keystrokes", "actions", "days", ""], kept));
  if (modes.length > 0) {
    const told = modes.map(({ id, name, confirmed, learned }) => [
      id,
      name,
      String(learned.keystrokes + learned.actions),
      confirmed ? "counts" : "waits to be seen again",
    ]);
    parts.push(table(["mode", "device", "observations", ""], told));
  }
  if (rows.length > 0) parts.push(table(head, rows));
  out({ ...described, versions, modes, sessions }, parts.join("\n"));
  return 0;
}
