/** How far each receiver of the audit chain has got, over restarts, and what it refused. Kept among the store's facts. */
import { type Database, sql } from "./database.ts";

/** An entry that a receiver refused for good. It stays in the chain; here is only which and why. */
export interface DeadLetter {
  readonly seq: number;
  readonly why: string;
  /** Somebody asked to try it again. */
  readonly again: boolean;
}

export interface DeliveryState {
  /** The newest entry that it has, or that was set aside. */
  readonly seq: number;
  readonly dead: readonly DeadLetter[];
  /** What the last attempt gave, in words. */
  readonly told: string;
}

export interface DeliveryStore {
  /** Null for a receiver that nothing was sent to yet. @throws SamehandError `store-unavailable` */
  state(receiver: string): DeliveryState | null;
  /** @throws SamehandError `store-unavailable` */
  keep(receiver: string, state: DeliveryState): void;
  /** Marks all that a receiver refused to be tried again. @returns how many @throws SamehandError `store-unavailable` */
  retry(receiver: string): number;
}

/** Refused entries that are remembered for a receiver; the oldest go first. */
const mostDead = 1000;
const keyOf = (receiver: string): string => `delivery:${receiver}`;

export class Deliveries implements DeliveryStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  state(receiver: string): DeliveryState | null {
    const row = this.#db.first(sql.selectFrom("meta").select("value").where("key", "=", keyOf(receiver)));
    return row === undefined ? null : (JSON.parse(row.value) as DeliveryState);
  }

  keep(receiver: string, { seq, dead, told }: DeliveryState): void {
    const value = JSON.stringify({ seq, dead: dead.slice(-mostDead), told });
    this.#db.transaction(() => this.#db.run(sql.replaceInto("meta").values({ key: keyOf(receiver), value })));
  }

  retry(receiver: string): number {
    const state = this.state(receiver);
    if (state === null) return 0;
    this.keep(receiver, { ...state, dead: state.dead.map((letter) => ({ ...letter, again: true })) });
    return state.dead.length;
  }
}
