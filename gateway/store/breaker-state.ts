/**
 * Whether the fleet's circuit-breaker has tripped: asked of memory, kept over restarts, and shared by all gateways
 * that use the store. Only a person arms it again.
 */
import type { Clock } from "../core/clock.ts";
import { type EpochMillis, epochMillis } from "../core/units.ts";
import type { Audit } from "./audit.ts";
import { type Database, sql } from "./database.ts";
import type { By } from "./store.ts";
import type { Waiting } from "./waiting.ts";

/** What tripped the breaker; the words are in `gateway/policy/circuit-breaker.ts`. */
export interface Tripped {
  readonly at: EpochMillis;
  readonly mismatched: number;
  readonly active: number;
  readonly expected: number;
  readonly chance: number;
}

export interface BreakerStore {
  /** What tripped it, or null while it is armed. From memory. */
  readonly tripped: Tripped | null;
  /** Trips it, at once in memory and in all gateways; the audit chain says so. Never throws; retried. */
  trip(trip: Omit<Tripped, "at">): void;
  /** @returns false where it was armed. @throws SamehandError `store-unavailable` */
  arm(by: By): boolean;
}

const key = "circuit-breaker";

export class BreakerState implements BreakerStore {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #waiting: Waiting;
  readonly #audit: Audit;
  #tripped: Tripped | null;
  /** The disk does not know it yet: a read of the disk must not arm it. */
  #unwritten = false;

  constructor(db: Database, clock: Clock, waiting: Waiting, audit: Audit) {
    this.#db = db;
    this.#clock = clock;
    this.#waiting = waiting;
    this.#audit = audit;
    this.#tripped = this.#read();
  }

  get tripped(): Tripped | null {
    return this.#tripped;
  }

  trip(trip: Omit<Tripped, "at">): void {
    if (this.#tripped !== null) return;
    const tripped: Tripped = { at: this.#clock.wall(), ...trip };
    this.#tripped = tripped;
    this.#unwritten = true;
    this.#waiting.write("breaker", () => {
      this.#db.durably(() => {
        this.#db.run(sql.replaceInto("meta").values({ key, value: JSON.stringify(tripped) }));
        const why = "more agents mismatched at once than the budget makes plausible";
        const act = { actor: "gateway" as const, action: "breaker.tripped", why, detail: { ...trip } };
        this.#audit.noteWithin(act, tripped.at, null);
      });
      this.#unwritten = false;
    });
  }

  arm({ actor, why }: By): boolean {
    const stood = this.#db.transaction(() => {
      const removed = this.#db.run(sql.deleteFrom("meta").where("key", "=", key)) > 0;
      const at = epochMillis(this.#clock.wall());
      if (removed) this.#audit.noteWithin({ actor, action: "breaker.armed", why }, at, null);
      return removed;
    });
    this.#tripped = null;
    return stood;
  }

  /** Takes over what another process wrote. */
  refresh(): void {
    if (!this.#unwritten) this.#tripped = this.#read();
  }

  #read(): Tripped | null {
    const row = this.#db.first(sql.selectFrom("meta").select("value").where("key", "=", key));
    return row === undefined ? null : (JSON.parse(row.value) as Tripped);
  }
}
