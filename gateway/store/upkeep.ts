/**
 * What a store does by itself, twice a second: tries again what waits, looks for what other processes wrote, takes what
 * was erased out of the log; and once a minute removes what need not be kept any more, and signs the audit chain.
 */
import type { Clock } from "../core/clock.ts";
import { asSamehandError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { EpochMillis } from "../core/units.ts";
import type { Audit } from "./audit.ts";
import { Calendar } from "./calendar.ts";
import { type Database, sql } from "./database.ts";
import type { Retention } from "./retention.ts";
import type { Waiting } from "./waiting.ts";

export interface UpkeepOptions {
  readonly db: Database;
  readonly waiting: Waiting;
  readonly audit: Audit;
  readonly retention: Retention;
  /** Another process wrote: what memory knows is read again. May throw. */
  readonly changed: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

const purgeMillis = 60_000;

export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #calendar: Calendar;
  #timer: NodeJS.Timeout | undefined;
  /** Something was erased, and may still be in the log. */
  #erasing = false;
  /** The last look at the file failed: told once, not twice a second. */
  #failing = false;
  /** The file's version that is known. */
  #seen: number;
  #purgedAt: EpochMillis;

  /** @throws SamehandError `store-unavailable` */
  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#calendar = new Calendar(options.db, options.log);
    this.#seen = options.db.dataVersion;
    this.#purgedAt = options.clock.wall();
  }

  /** @param pollMillis how often the file is looked at, ms */
  start(pollMillis: number): void {
    this.#timer = setInterval(() => this.#look(), pollMillis).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Something was erased from the file: it goes from the log too, now or as soon as no reader needs it. */
  erased(): void {
    this.#erasing = !this.#options.db.checkpoint();
  }

  /** Signs the audit chain as it stands; what cannot be signed now is signed later. */
  sign(): void {
    const { audit, log } = this.#options;
    try {
      audit.checkpoint();
    } catch (error) {
      log.warn({ code: asSamehandError(error, "store-unavailable").code }, "the audit chain could not be signed");
    }
  }

  /** Never throws: a store that cannot be read leaves what memory knows. */
  #look(): void {
    const { db, waiting, changed, clock, log } = this.#options;
    try {
      waiting.flush();
      if (this.#erasing) this.erased();
      const version = db.dataVersion;
      if (version !== this.#seen) {
        changed();
        this.#seen = version;
      }
      const now = clock.wall();
      if (Math.abs(now - this.#purgedAt) >= purgeMillis) this.#purge(now);
      else if (db.problem !== null) this.#probe(now);
      this.#failing = false;
    } catch (error) {
      const { code, detail } = asSamehandError(error, "store-unavailable");
      if (!this.#failing) log.warn({ code, detail }, "the store cannot be used");
      this.#failing = true;
    }
  }

  #purge(now: EpochMillis): void {
    const before = this.#purgedAt;
    this.#purgedAt = now;
    this.sign();
    if (this.#calendar.believes(now, before)) this.#options.retention.purge(now);
  }

  /** A small write, to see whether the disk takes one again. */
  #probe(now: EpochMillis): void {
    const { db } = this.#options;
    db.transaction(() => db.run(sql.replaceInto("meta").values({ key: "probe", value: String(now) })));
  }
}
