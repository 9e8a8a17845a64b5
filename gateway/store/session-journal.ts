/**
 * What the sessions of this process leave behind while they live: that they began, what was decided, their evidence,
 * how they ended. All of it is retried, in order, where the store takes no writes.
 */
import type { Clock } from "../core/clock.ts";
import type { Maturity } from "../core/maturity.ts";
import type { SessionInfo } from "../core/session.ts";
import type { AgentName, EpochMillis, SessionId } from "../core/units.ts";
import type { Decision } from "../core/verdict.ts";
import type { Audit } from "./audit.ts";
import type { Database } from "./database.ts";
import { Openings } from "./openings.ts";
import type { Profiles } from "./profiles.ts";
import type { Scores } from "./scores.ts";
import { Sessions } from "./sessions.ts";
import type { AgentId, SessionOutcome, SessionRecord } from "./store.ts";
import type { Waiting } from "./waiting.ts";

export interface JournalParts {
  readonly db: Database;
  readonly profiles: Profiles;
  readonly audit: Audit;
  readonly scores: Scores;
  readonly waiting: Waiting;
  readonly clock: Clock;
}

export class SessionJournal {
  readonly #parts: JournalParts;
  readonly #sessions: Sessions;
  readonly #openings: Openings;
  /** Sessions that live in this process, and whose they are. */
  readonly #live = new Map<SessionId, { readonly id: AgentId; readonly name: AgentName }>();

  constructor(parts: JournalParts) {
    this.#parts = parts;
    this.#sessions = new Sessions(parts.db);
    this.#openings = new Openings(parts.db, parts.waiting, (session) => this.#begin(session));
  }

  /** As `Store.spend`. */
  spend(jti: string, expires: EpochMillis): Promise<boolean> {
    return this.#openings.spend(jti, expires);
  }

  /** As `Store.sessionStarted`. */
  started(session: SessionInfo): void {
    this.#openings.started(session);
  }

  /** Writes now what is to be written at the end of this turn of the event loop. Never throws. */
  settle(): void {
    this.#openings.settle();
  }

  /** As `Store.sessionEnded`. */
  ended(session: SessionId, outcome: SessionOutcome): void {
    const { db, waiting, clock } = this.#parts;
    this.settle();
    const at = clock.wall();
    waiting.write("session", () => {
      db.transaction(() => this.#sessions.ended(session, at, outcome));
      this.#live.delete(session);
    });
  }

  /** As `Store.decided`. */
  decided(session: SessionId, agent: AgentName, decision: Decision): void {
    const { db, profiles, audit, waiting, clock } = this.#parts;
    this.settle();
    const at = clock.wall();
    waiting.write("decision", () =>
      db.transaction(() => {
        const { id } = this.#live.get(session) ?? profiles.enrol(agent);
        audit.decided(at, session, id, decision);
        this.#sessions.decided(session, decision);
      }),
    );
  }

  /** As `Store.scored`. */
  scored({ id, agent }: SessionInfo, at: EpochMillis, maturity: Maturity, body: Uint8Array): void {
    const { db, profiles, scores, waiting } = this.#parts;
    const write = (): void => {
      const known = this.#live.get(id) ?? profiles.agent(agent);
      if (known !== null) scores.add(id, known.id, at, maturity, body);
    };
    waiting.write("scores", () => db.transaction(write), body.length);
  }

  /** One session; null where it is not known. */
  of(id: SessionId): SessionRecord | null {
    this.settle();
    return this.#sessions.of(id);
  }

  /** Newest first. @param agent null for all agents */
  newest(most: number, agent: AgentId | null): SessionRecord[] {
    this.settle();
    return this.#sessions.newest(most, agent);
  }

  /** Lets go of live sessions whose agents the store does not know any more, and tells whose each was. */
  eachForgotten(tell: (agent: AgentName) => void): void {
    for (const [session, agent] of this.#live) {
      if (this.#parts.profiles.exists(agent.id)) continue;
      this.#live.delete(session);
      tell(agent.name);
    }
  }

  /** Within a transaction. */
  #begin(session: SessionInfo): void {
    const { profiles } = this.#parts;
    const { agent: name } = session;
    const id = profiles.idOf(name) ?? profiles.enrol(name).id;
    this.#sessions.started(session, id);
    this.#live.set(session.id, { id, name });
  }
}
