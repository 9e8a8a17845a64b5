/** Who consented to being learned from and verified, when, and after which notice. Erased with the agent. */
import type { Clock } from "../core/clock.ts";
import { type EpochMillis, epochMillis } from "../core/units.ts";
import { type Database, sql } from "./database.ts";
import type { AgentId } from "./store.ts";

export interface Consent {
  readonly at: EpochMillis;
  /** Which notice was given, such as its version and date. */
  readonly notice: string;
}

/** Every call may throw SamehandError `store-unavailable`. */
export class Consents {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  of(agent: AgentId): Consent | null {
    const row = this.#db.firstOf(consentOf, [agent]);
    return row === undefined ? null : { at: epochMillis(row.at), notice: row.notice };
  }

  /** Takes the place of the one before; on the disk when it returns. */
  give(agent: AgentId, notice: string): void {
    const row = { agent, at: Math.floor(this.#clock.wall()), notice };
    this.#db.durably(() => this.#db.run(sql.replaceInto("consents").values(row)));
  }
}

const consentOf = sql.selectFrom("consents").selectAll().where("agent", "=", "").compile();
