/**
 * What opening sessions writes: tokens that are spent, and the sessions' rows. Those of one turn of the event loop are
 * written in one transaction at its end, as most of what such a write costs is the transaction: at a shift's start many
 * sessions open at once.
 */
import type { SessionInfo } from "../core/session.ts";
import type { EpochMillis } from "../core/units.ts";
import { type Database, sql, worthRetrying } from "./database.ts";
import type { Waiting } from "./waiting.ts";

/** A busy file (a log that begins anew, a backup) is free again within so many tries; nobody is let in meanwhile. */
const mostTries = 10;
/** Between two tries, ms. */
const pause = 100;

interface Spending {
  readonly jti: string;
  readonly expires: EpochMillis;
  readonly resolve: (fresh: boolean) => void;
  readonly reject: (error: unknown) => void;
  tries: number;
}

const spendToken = sql
  .insertInto("spent_tokens")
  .values({ jti: "", expires: 0 })
  .onConflict((conflict) => conflict.doNothing())
  .compile();

export class Openings {
  readonly #db: Database;
  readonly #waiting: Waiting;
  /** Writes a session's row, within a transaction. */
  readonly #begin: (session: SessionInfo) => void;
  #spendings: Spending[] = [];
  #sessions: SessionInfo[] = [];
  #due = false;
  #retry: NodeJS.Timeout | null = null;

  constructor(db: Database, waiting: Waiting, begin: (session: SessionInfo) => void) {
    this.#db = db;
    this.#waiting = waiting;
    this.#begin = begin;
  }

  /** As `Store.spend`. */
  spend(jti: string, expires: EpochMillis): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#spendings.push({ jti, expires, resolve, reject, tries: 0 });
      this.#soon();
    });
  }

  /** As `Store.sessionStarted`. */
  started(session: SessionInfo): void {
    this.#sessions.push(session);
    this.#soon();
  }

  /** Writes what has come together so far: before anything else is written or read of a session. Never throws. */
  settle(): void {
    if (this.#spendings.length + this.#sessions.length === 0) return;
    const [spendings, sessions] = [this.#spendings, this.#sessions];
    [this.#spendings, this.#sessions] = [[], []];
    try {
      const fresh = this.#db.transaction(() => {
        for (const session of sessions) this.#begin(session);
        return spendings.map(({ jti, expires }) => this.#db.runOf(spendToken, [jti, Math.ceil(expires)]) === 1);
      });
      for (const [index, { resolve }] of spendings.entries()) resolve(fresh[index]);
    } catch (error) {
      // A token that is not written must not open; a session's row waits, each by itself.
      for (const spending of spendings) this.#refused(spending, error);
      for (const session of sessions)
        this.#waiting.write("session", () => this.#db.transaction(() => this.#begin(session)));
    }
  }

  /** Keeps a token for another try where the file was busy, else refuses it. */
  #refused(spending: Spending, error: unknown): void {
    spending.tries += 1;
    if (!worthRetrying(error) || spending.tries >= mostTries) return spending.reject(error);
    this.#spendings.push(spending);
    if (this.#retry !== null) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.settle();
    }, pause);
  }

  #soon(): void {
    if (this.#due) return;
    this.#due = true;
    setImmediate(() => {
      this.#due = false;
      this.settle();
    });
  }
}
