/**
 * Locked agents: asked of memory, written to the disk, and compared with it when another process wrote.
 *
 * A lock ends when both clocks say so: a system clock that is set forward lets nobody in early.
 */
import type { Clock } from "../core/clock.ts";
import { type AgentName, type EpochMillis, agentName, epochMillis } from "../core/units.ts";
import { type Database, sql } from "./database.ts";
import type { Lock, StoreChange } from "./store.ts";
import type { Waiting } from "./waiting.ts";

type Until = Readonly<Record<"until", number | null>>;

/** A lock is kept this long past its end, should the clock be set back. */
const margin = 7 * 86_400_000;

export class Locks {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #waiting: Waiting;
  readonly #tell: (change: StoreChange) => void;
  #byAgent = new Map<AgentName, Lock>();
  /** Until when each lock stands by the monotonic clock. */
  readonly #ends = new WeakMap<Lock, number>();
  /** Locks that the disk does not know yet: a read of the disk must not undo them. */
  readonly #unwritten = new Set<AgentName>();

  /** @throws SamehandError `store-unavailable`: a gateway must not start without knowing who is locked */
  constructor(db: Database, clock: Clock, waiting: Waiting, tell: (change: StoreChange) => void) {
    this.#db = db;
    this.#clock = clock;
    this.#waiting = waiting;
    this.#tell = tell;
    this.#byAgent = this.#read();
  }

  of(agent: AgentName): Lock | null {
    const lock = this.#byAgent.get(agent);
    return lock === undefined || !this.#stands(lock) ? null : lock;
  }

  all(): Lock[] {
    return [...this.#byAgent.values()].filter((lock) => this.#stands(lock));
  }

  lock(agent: AgentName, until: EpochMillis | null, reason: string): void {
    const whole = until === null ? null : epochMillis(Math.ceil(until));
    const lock: Lock = { agent, since: this.#clock.wall(), until: whole, reason };
    const standing = this.of(agent);
    if (standing !== null && !longer(lock, standing)) return;
    this.#remember(lock);
    this.#byAgent.set(agent, lock);
    this.#unwritten.add(agent);
    this.#tell({ kind: "locked", lock });
    this.#waiting.write("lock", () => this.#write(agent));
  }

  unlock(agent: AgentName): boolean {
    const stood = this.of(agent) !== null;
    this.#db.transaction(() => this.#db.run(sql.deleteFrom("locks").where("agent", "=", agent)));
    this.#unwritten.delete(agent);
    this.#byAgent.delete(agent);
    if (stood) this.#tell({ kind: "unlocked", agent });
    return stood;
  }

  /**
   * Another process of this gateway locked. Called after `refresh`: what the disk did not take there stands in memory
   * here too.
   */
  heard(lock: Lock): void {
    const standing = this.of(lock.agent);
    if (standing !== null && !longer(lock, standing)) return;
    this.#remember(lock);
    if (!this.#stands(lock)) return;
    this.#byAgent.set(lock.agent, lock);
    this.#unwritten.add(lock.agent);
    this.#tell({ kind: "locked", lock });
  }

  /** Another process of this gateway unlocked. Called before `refresh`. */
  heardUnlock(agent: AgentName): void {
    this.#unwritten.delete(agent);
  }

  /** Takes over what another process wrote. */
  refresh(): void {
    const before = this.#byAgent;
    const after = this.#read();
    for (const agent of this.#unwritten) {
      const lock = before.get(agent);
      if (lock === undefined) continue;
      const written = after.get(agent);
      // Heard from another process, which has written it by now: from here on it ends with what the disk has.
      if (written !== undefined && !longer(lock, written)) this.#unwritten.delete(agent);
      else after.set(agent, lock);
    }
    this.#byAgent = after;
    for (const lock of after.values()) {
      const old = before.get(lock.agent);
      if (old !== lock && this.#stands(lock)) this.#tell({ kind: "locked", lock });
    }
    for (const lock of before.values())
      if (!after.has(lock.agent) && this.#stands(lock)) this.#tell({ kind: "unlocked", agent: lock.agent });
  }

  /** Deletes locks that have ended. */
  purge(): void {
    const old = epochMillis(this.#clock.wall() - margin);
    for (const lock of this.#byAgent.values())
      if ((lock.until ?? Infinity) <= old && !this.#stands(lock)) this.#byAgent.delete(lock.agent);
    this.#db.transaction(() => this.#db.run(sql.deleteFrom("locks").where("until", "<=", old)));
  }

  /** The lock as memory has it when the write comes through, or none if it was unlocked meanwhile. */
  #write(agent: AgentName): void {
    const lock = this.#byAgent.get(agent);
    if (lock === undefined || !this.#unwritten.has(agent)) return;
    this.#db.durably(() => {
      const row = this.#db.first(sql.selectFrom("locks").selectAll().where("agent", "=", agent));
      if (row !== undefined && !longer(lock, fromRow(row))) return;
      const { since, until, reason } = lock;
      this.#db.run(sql.replaceInto("locks").values({ agent, since, until, reason }));
    });
    this.#unwritten.delete(agent);
  }

  #read(): Map<AgentName, Lock> {
    const rows = this.#db.all(sql.selectFrom("locks").selectAll()).map(fromRow);
    return new Map(rows.map((lock) => [lock.agent, this.#known(lock)]));
  }

  /** The lock as memory has it, whose end the monotonic clock knows, or this one. */
  #known(lock: Lock): Lock {
    const old = this.#byAgent.get(lock.agent);
    if (old?.since === lock.since && old.until === lock.until) return old;
    this.#remember(lock);
    return lock;
  }

  #remember(lock: Lock): void {
    if (lock.until !== null) this.#ends.set(lock, this.#clock.now() + (lock.until - this.#clock.wall()));
  }

  #stands(lock: Lock): boolean {
    if (lock.until === null || lock.until > this.#clock.wall()) return true;
    return (this.#ends.get(lock) ?? 0) > this.#clock.now();
  }
}

/** Whether a lock ends after another. */
export const longer = (a: Until, b: Until): boolean => (a.until ?? Infinity) > (b.until ?? Infinity);

function fromRow(row: { agent: string; since: number; until: number | null; reason: string }): Lock {
  return {
    agent: agentName(row.agent),
    since: epochMillis(row.since),
    until: row.until === null ? null : epochMillis(row.until),
    reason: row.reason,
  };
}
