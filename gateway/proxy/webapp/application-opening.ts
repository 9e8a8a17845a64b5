/**
 * The way to a desktop through the web application, and the way of another user to the same one. Whether the
 * application lets anybody join is not known beforehand: it is tried when a session of a data source is first held.
 */
import { LRUCache } from "lru-cache";
import type { Log } from "../../core/log.ts";
import { pictureLimits } from "../picture-return.ts";
import { Snapshot, type SnapshotLimits, type SnapshotOwner } from "../snapshot.ts";
import type { Opening, TargetOwner } from "../target.ts";
import { ApplicationLine } from "./application-line.ts";
import { ApplicationTarget, type ApplicationTunnel } from "./application-target.ts";

/** What is known of joining: by data source, and of which application. */
export class Joins {
  /** What an administrator changes is found out within the hour. */
  readonly #known = new LRUCache<string, boolean>({ max: 1000, ttl: 3_600_000 });

  /** Whether live connections there may be joined; undefined where nobody has tried. */
  may(place: string): boolean | undefined {
    return this.#known.get(place);
  }

  learn(place: string, may: boolean): void {
    this.#known.set(place, may);
  }
}

export interface ApplicationWay {
  readonly tunnel: ApplicationTunnel;
  /** The address at which somebody joins a live connection, in the name of the same login. */
  readonly joining: (connectionId: string) => string;
  /** Of `joins`. */
  readonly place: string;
  readonly joins: Joins;
  readonly log: Log;
}

export class ApplicationOpening implements Opening {
  readonly more = false;
  readonly guacd = null;
  readonly #way: ApplicationWay;
  #target: ApplicationTarget | null = null;
  /** Once a session may be joined it may until it ends: a hold that began so must end so. */
  #joinable = false;

  constructor(way: ApplicationWay) {
    this.#way = way;
  }

  connect(owner: TargetOwner): ApplicationTarget {
    const { tunnel, log } = this.#way;
    return (this.#target = new ApplicationTarget(tunnel, owner, log));
  }

  get fetch(): Opening["fetch"] {
    const { joins, place } = this.#way;
    this.#joinable ||= joins.may(place) === true;
    return this.#joinable ? (...how) => this.#snapshot(...how) : undefined;
  }

  /** Joins and leaves again. */
  seek(connectionId: string, found: () => void): void {
    const { joins, place, log } = this.#way;
    if (joins.may(place) !== undefined) return;
    const line: ApplicationLine = this.#line(connectionId, {
      joins() {},
      received() {},
      joined() {
        clearTimeout(late);
        joins.learn(place, true);
        line.leave();
        found();
      },
      lost(error) {
        clearTimeout(late);
        log.info({ place, detail: error.detail }, "live connections cannot be joined: a hold keeps what is drawn");
        if (error.code === "upstream-refused") joins.learn(place, false);
      },
    });
    const late = setTimeout(() => line.leave(), pictureLimits.millis).unref();
  }

  #snapshot(connectionId: string, limits: SnapshotLimits, owner: SnapshotOwner): Snapshot {
    return new Snapshot((line) => this.#line(connectionId, line), limits, owner);
  }

  #line(connectionId: string, owner: ConstructorParameters<typeof ApplicationLine>[2]): ApplicationLine {
    const { tunnel, joining } = this.#way;
    return new ApplicationLine({ ...tunnel, url: joining(connectionId) }, this.#target!.version, owner);
  }
}
