/**
 * What is kept between sessions and restarts: agents, their encrypted profiles, locks, spent tokens, the
 * sessions' outcomes and the audit chain. Nothing typed is ever in it. Calls are synchronous: the store is
 * embedded, and a read or a write takes microseconds.
 */
import type { SamehandError } from "../core/errors.ts";
import type { KeyRing } from "../core/key-ring.ts";
import type { Amount, Maturity } from "../core/maturity.ts";
import type { SessionInfo } from "../core/session.ts";
import type { AgentName, EpochMillis, SessionId } from "../core/units.ts";
import type { Decision, Verdict } from "../core/verdict.ts";
import type { Actor } from "./audit-entry.ts";
import type { AgentPasskeys } from "./agent-passkeys.ts";
import type { AuditTrail } from "./audit.ts";
import type { BreakerStore } from "./breaker-state.ts";
import type { DeliveryStore } from "./deliveries.ts";
import type { Consents } from "./consents.ts";
import type { ChallengeStore } from "./challenges.ts";
import type { OperatorStore } from "./operators.ts";
import type { Scores } from "./scores.ts";

declare const brand: unique symbol;
/** A random id that stands for the agent in the audit chain; once the agent is forgotten it leads to nobody. */
export type AgentId = string & { readonly [brand]: "agent-id" };

export interface AgentRecord extends Amount {
  readonly id: AgentId;
  readonly name: AgentName;
  readonly createdAt: EpochMillis;
  /** Of the newest profile; 0 where nothing was learned yet. */
  readonly profileVersion: number;
  readonly profileSavedAt: EpochMillis | null;
}

export interface Profile extends Amount {
  readonly version: number;
  readonly savedAt: EpochMillis;
  /** What the models encode; opaque here. */
  readonly body: Uint8Array;
}

/** A version of a profile that is kept. */
export type ProfileVersion = Omit<Profile, "body">;

/** The next whole profile; the amounts are totals. */
export interface Learned {
  readonly keystrokes: number;
  readonly actions: number;
  /** Different days on which something was learned. */
  readonly days: number;
  readonly body: Uint8Array;
}

export interface Lock {
  readonly agent: AgentName;
  readonly since: EpochMillis;
  /** null: until an operator unlocks. */
  readonly until: EpochMillis | null;
  readonly reason: string;
}

export interface SessionRecord {
  readonly id: SessionId;
  readonly agent: AgentName;
  readonly connection: string;
  readonly startedAt: EpochMillis;
  /** null while it lives, or when the gateway died under it. */
  readonly endedAt: EpochMillis | null;
  /** The strictest verdict, and what enforce mode would have done. */
  readonly verdict: Verdict;
  readonly wouldBe: Verdict;
  readonly outcome: SessionOutcome | null;
}

export interface SessionOutcome {
  /** The error's code, or `closed`. */
  readonly end: string;
  /** The lowest trust of the session and the last, 0 to 100. */
  readonly lowestTrust: number;
  readonly lastTrust: number;
  /** Active time (policy/active-time.ts), ms; sessions from before it was kept have none. */
  readonly activeMs?: number;
  /** LLR of all input by modality. */
  readonly keyboard: number;
  readonly pointer: number;
  readonly keystrokes: number;
  readonly actions: number;
}

/** One verdict of the audit chain. */
export interface AuditRow {
  readonly seq: number;
  readonly at: EpochMillis;
  readonly session: SessionId;
  readonly agent: AgentId;
  /** null once the agent was forgotten. */
  readonly name: AgentName | null;
  readonly mode: string;
  readonly verdict: Verdict;
  readonly wouldBe: Verdict;
  readonly trust: number;
  readonly rule: string;
  /** Reasons in words. */
  readonly reasons: readonly string[];
  readonly previous: string;
  readonly hash: string;
}

/** Who does it, and why. */
export interface By {
  readonly actor: Actor;
  readonly why: string;
}

export type StoreChange =
  | { readonly kind: "locked"; readonly lock: Lock }
  | { readonly kind: "unlocked"; readonly agent: AgentName }
  | { readonly kind: "rolled-back"; readonly agent: AgentName }
  | { readonly kind: "forgotten"; readonly agent: AgentName };

export interface Store {
  /** This installation's random id. */
  readonly installation: string;

  /** Some dozens of milliseconds for thousands: where sessions wait, `agentPages`. */
  agents(): AgentRecord[];
  /**
   * The same, by name, a hundred at a time, each read when it is asked for: between two pages input goes first.
   * @throws SamehandError `store-unavailable`
   */
  agentPages(): Generator<readonly AgentRecord[]>;
  /** Ids of profile keys that the store needs and was not given. */
  readonly missingKeys: readonly string[];
  agent(name: AgentName): AgentRecord | null;
  /** Names of agents of whom so much was learned, at most so many. @param consented only those who consented */
  reached(amount: Amount, consented: boolean, most: number): AgentName[];
  /** Whose id it is; null where nobody's, or somebody's who was forgotten. */
  nameOf(id: AgentId): AgentName | null;
  /** The agent's record, made if there is none. @throws SamehandError `store-unavailable` */
  enrol(name: AgentName): AgentRecord;
  /**
   * Erases the agent: its data key, profiles, sessions and name. The audit chain says so in the same transaction.
   * @returns false where there was no such agent
   * @throws SamehandError `agent-locked` while locked (forgetting would unlock), `store-unavailable`
   */
  forget(name: AgentName, by?: By): boolean;

  /** The newest profile, or null. @throws SamehandError `profile-unreadable`, `store-unavailable` */
  profile(id: AgentId): Profile | null;
  /**
   * Saves the next version, in one transaction with reading the newest, so that two sessions of one agent
   * never lose one another's learning. Older versions beyond the newest five are deleted.
   * @param merge gets the newest profile (or null) and returns the whole next one, null where nothing changes; amounts
   *   are totals
   * @returns the profile as it stands now, or null where there is none
   * @throws SamehandError `profile-unreadable`, `store-unavailable`
   */
  updateProfile(id: AgentId, merge: (newest: Profile | null) => Learned | null): Profile | null;
  /**
   * As `updateProfile`, and never throws: what cannot be saved now (full disk, busy file) is tried again until
   * it is, and at `close`. A `profile-unreadable` is logged and given up, and so is the oldest of what waits when that
   * becomes too much.
   * @param settled called once it is, or was given up; `merge` may be called again until then
   * @param bytes of memory that `merge` holds on to while it waits; 128 KiB where it is not said
   */
  learn(id: AgentId, merge: (newest: Profile | null) => Learned | null, settled?: () => void, bytes?: number): void;

  /** The versions of a profile that are kept, newest first. @throws SamehandError `store-unavailable` */
  profileVersions(id: AgentId): ProfileVersion[];
  /**
   * Saves an older version again as the newest.
   * @returns false where it is not kept. @throws SamehandError `profile-unreadable`, `store-unavailable`
   */
  rollback(id: AgentId, version: number): boolean;

  /** The lock that stands now, from memory. Never fails, and needs no disk. */
  lockOf(agent: AgentName): Lock | null;
  locks(): Lock[];
  /**
   * Locks at once in memory and on disk; a longer lock stands. Never throws: what cannot be written stays in
   * memory and is tried again.
   */
  lock(agent: AgentName, until: EpochMillis | null, reason: string): void;
  /** @returns false where no lock stood. @throws SamehandError `store-unavailable` */
  unlock(agent: AgentName): boolean;

  /**
   * Spends a token's id, once over all processes and restarts; at the end of this turn of the event loop, with all
   * others that came in it.
   * @returns false where it was spent before
   * @throws SamehandError `store-unavailable`: then the token must be refused
   */
  spend(jti: string, expires: EpochMillis): Promise<boolean>;

  /** Written at the end of this turn of the event loop. Never throws; retried. */
  sessionStarted(session: SessionInfo): void;
  /** Never throws; retried. */
  sessionEnded(session: SessionId, outcome: SessionOutcome): void;
  /** Appends to the audit chain and to the session. Never throws; retried in order. */
  decided(session: SessionId, agent: AgentName, decision: Decision): void;
  /**
   * Keeps windows of a session's evidence, as `gateway/policy/score-tape.ts` writes them. Never throws; retried.
   * @param at of the first of them @param maturity of the agent when the session began
   */
  scored(session: SessionInfo, at: EpochMillis, maturity: Maturity, body: Uint8Array): void;
  /** The windows that are kept. */
  readonly scores: Pick<Scores, "since" | "of">;
  /** One session; null where it is not known, or its agent was forgotten. */
  session(id: SessionId): SessionRecord | null;
  /** Newest first. */
  sessions(most: number): SessionRecord[];
  /** Of one agent, newest first. */
  sessionsOf(agent: AgentId, most: number): SessionRecord[];
  /** Verdicts of the audit chain, newest first. */
  decisions(most: number): AuditRow[];
  /** The fleet's circuit-breaker. */
  readonly breaker: BreakerStore;
  /** How far the audit chain's receivers have got. */
  readonly deliveries: DeliveryStore;
  /** The chain of all verdicts and of what people did. */
  readonly audit: AuditTrail;

  /** Codes, phrases and outcomes of challenges. */
  readonly challenges: ChallengeStore;
  /** Agents' passkeys, and links that add one. */
  readonly agentPasskeys: AgentPasskeys;

  /** Who consented to what. */
  readonly consents: Consents;
  /** Operators, their sign-ins and API tokens. */
  readonly operators: OperatorStore;

  /** Hears what this or another process changed, within about a second. @returns a call that stops it */
  onChange(listener: (change: StoreChange) => void): () => void;
  /**
   * Hears that another process forgot somebody, within about a second: of whom nothing lives here, `onChange` does not tell.
   * @returns a call that stops it
   */
  onErased(listener: () => void): () => void;
  /**
   * Another process of this gateway told of a change: it is looked up now rather than at the next look. A lock that
   * the disk does not have stands in memory. Never throws.
   */
  heard(change: StoreChange): void;
  /** Why the store cannot be written now, or null. */
  readonly problem: SamehandError | null;
  /** Writes that wait to be tried again. */
  readonly waiting: number;
  /** Takes a rotated key ring; profiles move to its newest key when they are next saved. */
  useKeys(keys: KeyRing): void;
  /** Tries once more what waits, then closes. */
  close(): void;
}
