/**
 * Whether the clock can be believed before anything is erased for its age. A clock that jumps years ahead (a battery, a
 * mistyped date, a time server) would make everything old at once, profiles and the audit too, and setting it right
 * would bring nothing back. So after a jump of more than a day nothing is erased until a day has passed without another:
 * time enough to see it. A gateway that was stopped for so long waits in the same way.
 */
import type { Log } from "../core/log.ts";
import type { EpochMillis } from "../core/units.ts";
import { type Database, sql } from "./database.ts";

const dayMillis = 86_400_000;
const key = "calendar";

interface Seen {
  /** The last look. */
  readonly at: number;
  /** Since when there was no jump; 0 where none is known of. */
  readonly since: number;
}

export class Calendar {
  readonly #db: Database;
  readonly #log: Log;

  constructor(db: Database, log: Log) {
    this.#db = db;
    this.#log = log;
  }

  /**
   * Looks at the time, as each process of the store does now and then.
   * @param before this process's last look, where the store knows of none
   * @returns whether what is old by it may be erased @throws SamehandError `store-unavailable`
   */
  believes(now: EpochMillis, before: EpochMillis): boolean {
    const since = this.#db.transaction(() => {
      const { at, since } = this.#seen() ?? { at: before, since: 0 };
      const jumped = now - at > dayMillis;
      // Set back to before the jump: that was the wrong time, and by this one less is old.
      const next: Seen = { at: now, since: jumped ? now : now < since ? 0 : since };
      this.#db.run(sql.replaceInto("meta").values({ key, value: JSON.stringify(next) }));
      if (jumped)
        this.#log.warn(
          { days: Math.round((now - at) / dayMillis) },
          "the clock went on by days since the last look: nothing is erased for its age before a day has passed",
        );
      return next.since;
    });
    return now - since >= dayMillis;
  }

  #seen(): Seen | null {
    const row = this.#db.first(sql.selectFrom("meta").select("value").where("key", "=", key));
    return row === undefined ? null : (JSON.parse(row.value) as Seen);
  }
}
