/** Opens the store: puts its parts together. */
import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "../core/clock.ts";
import { SamehandError, asSamehandError } from "../core/errors.ts";
import type { KeyRing } from "../core/key-ring.ts";
import { type Log, silentLog } from "../core/log.ts";
import type { Amount, Maturity } from "../core/maturity.ts";
import type { SessionInfo } from "../core/session.ts";
import { Tally } from "../core/tally.ts";
import type { AgentName, EpochMillis, SessionId } from "../core/units.ts";
import type { Decision } from "../core/verdict.ts";
import { AgentPasskeys } from "./agent-passkeys.ts";
import { Audit } from "./audit.ts";
import { auditKeyOf, keptAuditSigner } from "./audit-key.ts";
import { Changes } from "./changes.ts";
import { Challenges } from "./challenges.ts";
import { BreakerState } from "./breaker-state.ts";
import { Deliveries } from "./deliveries.ts";
import { Checkpointer } from "./checkpointer.ts";
import { Consents } from "./consents.ts";
import { Database, type Observe, sql } from "./database.ts";
import { Locks } from "./locks.ts";
import { OperatorStore } from "./operators.ts";
import { Profiles } from "./profiles.ts";
import { Retention, type RetentionDays } from "./retention.ts";
import { Scores } from "./scores.ts";
import { SessionJournal } from "./session-journal.ts";
import { respell, type Spell } from "./spelling.ts";
import type { AgentId, AgentRecord, By, Learned, Profile, SessionOutcome, Store, StoreChange } from "./store.ts";
import { Upkeep } from "./upkeep.ts";
import { Waiting, type WaitingLimits } from "./waiting.ts";

export interface StoreOptions extends RetentionDays {
  readonly path: string;
  readonly keys: KeyRing;
  /** The file of the key that signs the audit chain; beside the store by default, made where there is none. */
  readonly auditKey?: string;
  readonly log?: Log;
  readonly clock?: Clock;
  /** How long a statement waits for another process, in ms; the event loop waits with it. */
  readonly busyMillis?: number;
  /** How often the file is looked at for what other processes wrote, in ms. */
  readonly pollMillis?: number;
  /** Hears how long each read and write took. */
  readonly observe?: Observe;
  /** How much may wait for a store that takes no writes; 10,000 writes and 64 MiB by default. */
  readonly waiting?: WaitingLimits;
  readonly tally?: Tally;
  /** How agents' names are spelt; left out, as they come. */
  readonly spell?: Spell;
  /** A thread moves the log into the file, so that no write waits for the disk: for a process that serves sessions. */
  readonly checkpointBeside?: boolean;
}

/** What a lesson holds on to: the statistics of some hundred keystrokes and pointer actions. */
const lessonBytes = 128 * 1024;
/** Pages in the log from which a write moves them itself: as SQLite does, and where a thread should have done it. */
const usualCheckpoint = 1000;
const lateCheckpoint = 32_768;

/** @throws SamehandError `store-unavailable`, `store-corrupt` */
export function openStore(options: StoreOptions): Store {
  return new SqliteStore(options);
}

class SqliteStore implements Store {
  readonly installation: string;
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #waiting: Waiting;
  readonly #profiles: Profiles;
  readonly #locks: Locks;
  readonly #journal: SessionJournal;
  readonly #changes: Changes;
  readonly audit: Audit;
  readonly breaker: BreakerState;
  readonly deliveries: Deliveries;
  readonly challenges: Challenges;
  readonly agentPasskeys: AgentPasskeys;
  readonly operators: OperatorStore;
  readonly scores: Scores;
  readonly consents: Consents;
  readonly #log: Log;
  readonly #spell: Spell;
  readonly #tally: Tally;
  readonly #checkpointer: Checkpointer | null;
  readonly #upkeep: Upkeep;

  constructor(options: StoreOptions) {
    const { path, keys, log = silentLog, clock = systemClock } = options;
    this.#log = log;
    this.#spell = options.spell ?? ((name) => name);
    this.#clock = clock;
    this.#tally = options.tally ?? new Tally();
    this.#db = new Database(path, options.busyMillis ?? 50, options.observe ?? (() => {}));
    try {
      this.installation = this.#identify();
      this.#waiting = new Waiting(log, this.#tally, options.waiting);
      this.#profiles = new Profiles(this.#db, this.installation, keys, clock);
      if (options.spell !== undefined) respell(this.#db, this.#profiles, options.spell, log);
      this.#locks = new Locks(this.#db, clock, this.#waiting, (change) => this.#changes.tell(change));
      this.audit = new Audit({
        db: this.#db,
        installation: this.installation,
        clock,
        signer: keptAuditSigner(options.auditKey ?? auditKeyOf(path)),
        later: (run) => this.#waiting.write("audit", run),
        idOf: (agent) => this.agent(agent)?.id ?? null,
      });
      this.deliveries = new Deliveries(this.#db);
      this.breaker = new BreakerState(this.#db, clock, this.#waiting, this.audit);
      this.challenges = new Challenges(this.#db, this.#profiles, this.#waiting, clock);
      this.agentPasskeys = new AgentPasskeys(this.#db);
      this.consents = new Consents(this.#db, clock);
      this.scores = new Scores(this.#db);
      this.operators = new OperatorStore(this.#db);
      const { audit, challenges, scores } = this;
      const [db, profiles, waiting] = [this.#db, this.#profiles, this.#waiting];
      this.#journal = new SessionJournal({ db, profiles, audit, scores, waiting, clock });
      this.#changes = new Changes(profiles, this.#journal);
      const forget = (name: AgentName, by: By): boolean => this.forget(name, by);
      this.#upkeep = new Upkeep({
        db,
        waiting,
        audit,
        retention: new Retention({ db, locks: this.#locks, audit, challenges, scores, forget, log }, options),
        changed: () => this.#written(),
        clock,
        log,
      });
    } catch (error) {
      this.#db.close();
      throw error;
    }
    this.#checkpointer = options.checkpointBeside === true ? this.#checkpointBeside(path) : null;
    this.#upkeep.start(options.pollMillis ?? 500);
  }

  #checkpointBeside(path: string): Checkpointer {
    this.#db.checkpointAfter = lateCheckpoint;
    return new Checkpointer(path, this.#log, () => (this.#db.checkpointAfter = usualCheckpoint));
  }

  #identify(): string {
    const read = sql.selectFrom("meta").select("value").where("key", "=", "installation");
    const known = this.#db.first(read);
    if (known !== undefined) return known.value;
    return this.#db.transaction(() => {
      this.#db.run(
        sql
          .insertInto("meta")
          .values({ key: "installation", value: randomUUID() })
          .onConflict((conflict) => conflict.doNothing()),
      );
      return this.#db.first(read)?.value ?? "";
    });
  }

  agents = () => this.#profiles.agents();
  agentPages = () => this.#profiles.agentPages();
  get missingKeys(): string[] {
    return this.#profiles.missingKeys;
  }
  /** Somebody whose name is spelt so, of several of one account, or who has it in its one spelling. */
  agent(name: AgentName): AgentRecord | null {
    const spelt = this.#spell(name);
    return this.#profiles.agent(name) ?? (spelt === name ? null : this.#profiles.agent(spelt));
  }

  reached = (amount: Amount, consented: boolean, most: number) => this.#profiles.reached(amount, consented, most);
  nameOf = (id: AgentId) => this.#profiles.nameOf(id);
  enrol = (name: AgentName) => this.agent(name) ?? this.#db.transaction(() => this.#profiles.enrol(this.#spell(name)));

  forget(name: AgentName, by?: By): boolean {
    // Of several of one account, the lock is that one's who is used.
    if (this.#locks.of(this.agent(name)?.name ?? this.#spell(name)) !== null)
      throw new SamehandError("agent-locked", "unlock first; forgetting would unlock");
    this.#journal.settle();
    const at = this.#clock.wall();
    const forgotten = this.#db.transaction(() => {
      const agent = this.agent(name);
      if (agent === null) return null;
      const { actor, why } = by ?? { actor: "gateway" as const, why: "" };
      this.audit.noteWithin({ actor, action: "agent.forgotten", why }, at, agent.id);
      return this.#profiles.forget(agent.name) ? agent.name : null;
    });
    if (forgotten === null) return false;
    this.#upkeep.erased();
    this.#changes.tell({ kind: "forgotten", agent: forgotten });
    return true;
  }

  profile = (id: AgentId) => this.#profiles.newest(id);

  updateProfile(id: AgentId, merge: (newest: Profile | null) => Learned | null): Profile | null {
    try {
      const saved = this.#db.transaction(() => this.#profiles.update(id, merge));
      if (saved !== null) this.#tally.profilesSaved++;
      return saved;
    } catch (error) {
      this.#tally.profileSaveFailures++;
      throw error;
    }
  }

  learn(
    id: AgentId,
    merge: (newest: Profile | null) => Learned | null,
    settled?: () => void,
    bytes = lessonBytes,
  ): void {
    this.#waiting.write("profile", () => void this.updateProfile(id, merge), bytes, settled);
  }

  profileVersions = (id: AgentId) => this.#profiles.versions(id);

  rollback(id: AgentId, version: number): boolean {
    const older = this.#profiles.version(id, version);
    const agent = this.#profiles.nameOf(id);
    if (older === null || agent === null) return false;
    this.updateProfile(id, () => older);
    this.#changes.tell({ kind: "rolled-back", agent });
    return true;
  }

  lockOf = (agent: AgentName) => this.#locks.of(this.#spell(agent));
  locks = () => this.#locks.all();
  lock = (agent: AgentName, until: EpochMillis | null, reason: string) =>
    this.#locks.lock(this.#spell(agent), until, reason);
  unlock = (agent: AgentName) => this.#locks.unlock(this.#spell(agent));

  spend = (jti: string, expires: EpochMillis) => this.#journal.spend(jti, expires);
  sessionStarted = (session: SessionInfo) => this.#journal.started(session);
  sessionEnded = (session: SessionId, outcome: SessionOutcome) => this.#journal.ended(session, outcome);
  decided = (session: SessionId, agent: AgentName, decision: Decision) =>
    this.#journal.decided(session, agent, decision);
  scored = (session: SessionInfo, at: EpochMillis, maturity: Maturity, body: Uint8Array) =>
    this.#journal.scored(session, at, maturity, body);
  session = (id: SessionId) => this.#journal.of(id);
  sessions = (most: number) => this.#journal.newest(most, null);
  sessionsOf = (agent: AgentId, most: number) => this.#journal.newest(most, agent);
  decisions = (most: number) => this.audit.decisions(most);

  onChange = (listener: (change: StoreChange) => void) => this.#changes.on(listener);
  onErased = (listener: () => void) => this.#changes.onErased(listener);

  heard(change: StoreChange): void {
    if (change.kind === "forgotten" || change.kind === "rolled-back") return this.#changes.tell(change);
    if (change.kind === "unlocked") this.#locks.heardUnlock(change.agent);
    try {
      this.#locks.refresh();
    } catch (error) {
      this.#log.warn({ code: asSamehandError(error, "store-unavailable").code }, "the store cannot be read");
    }
    if (change.kind === "locked") this.#locks.heard(change.lock);
  }

  get problem(): SamehandError | null {
    return this.#db.problem ?? this.#waiting.problem;
  }

  get waiting(): number {
    return this.#waiting.count;
  }

  useKeys = (keys: KeyRing) => this.#profiles.useKeys(keys);

  close(): void {
    this.#upkeep.stop();
    this.#checkpointer?.close();
    this.#journal.settle();
    this.#waiting.flush();
    this.#upkeep.sign();
    this.#db.close();
  }

  /** Another process wrote. */
  #written(): void {
    this.#locks.refresh();
    this.breaker.refresh();
    this.#changes.look();
  }
}
