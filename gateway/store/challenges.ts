/**
 * What challenges leave behind: an agent's secret of one-time codes (sealed with the agent's data key), the newest
 * code that was used, phrases that were asked (as keyed digests, never as words), and how challenges went.
 */
import { createHmac } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { type EpochMillis, epochMillis } from "../core/units.ts";
import { type Database, sql } from "./database.ts";
import type { Profiles } from "./profiles.ts";
import type { AgentId } from "./store.ts";
import type { Waiting } from "./waiting.ts";

/**
 * How a challenge, or a step of it, went. `returned`: passed after nobody was there, without a doubt; `undecided`: a phrase that was neither; `severed`: no attempt was left;
 * `abandoned`: the viewer left.
 */
const challengeOutcomes = [
  "passed",
  "returned",
  "approved",
  "refused",
  "wrong-code",
  "failed-phrase",
  "undecided",
  "severed",
  "timed-out",
  "abandoned",
] as const;
export type ChallengeOutcome = (typeof challengeOutcomes)[number];

export interface ChallengeRecord {
  readonly at: EpochMillis;
  readonly outcome: ChallengeOutcome;
}

export interface ChallengeStore {
  /** The secret of the agent's one-time codes, or null. @throws SamehandError `profile-unreadable`, `store-unavailable` */
  codeSecret(id: AgentId): Uint8Array | null;
  /** Keeps a secret in place of the one before. @throws SamehandError `store-unavailable` */
  keepCodeSecret(id: AgentId, secret: Uint8Array): void;
  /** @returns false where there was none. @throws SamehandError `store-unavailable` */
  dropCodeSecret(id: AgentId): boolean;
  /**
   * Spends a code by its time step: each step once over all processes and restarts, and none before one that was
   * spent (RFC 6238, 5.2).
   * @returns false where it is spent. @throws SamehandError `store-unavailable`: then the code must be refused
   */
  spendCode(id: AgentId, step: number): boolean;
  /** Takes a phrase for the agent. @returns false where it was asked before. @throws SamehandError as `codeSecret` */
  spendPhrase(id: AgentId, phrase: string): boolean;
  /** Notes how a challenge went. Never throws; retried. */
  note(id: AgentId, outcome: ChallengeOutcome): void;
  /** How challenges went since a time, oldest first. @throws SamehandError `store-unavailable` */
  since(id: AgentId, at: EpochMillis): ChallengeRecord[];
}

/** How long it is known how a challenge went. */
const kept = 90 * 86_400_000;

export class Challenges implements ChallengeStore {
  readonly #db: Database;
  readonly #profiles: Profiles;
  readonly #waiting: Waiting;
  readonly #clock: Clock;

  constructor(db: Database, profiles: Profiles, waiting: Waiting, clock: Clock) {
    this.#db = db;
    this.#profiles = profiles;
    this.#waiting = waiting;
    this.#clock = clock;
  }

  codeSecret(id: AgentId): Uint8Array | null {
    const row = this.#db.first(sql.selectFrom("code_secrets").select("secret").where("agent", "=", id));
    return row === undefined ? null : this.#profiles.unsealFor(id, "code-secret", row.secret);
  }

  keepCodeSecret(id: AgentId, secret: Uint8Array): void {
    const row = {
      agent: id,
      created_at: this.#clock.wall(),
      used_step: 0,
      secret: this.#profiles.sealFor(id, "code-secret", secret),
    };
    this.#db.durably(() => this.#db.run(sql.replaceInto("code_secrets").values(row)));
  }

  dropCodeSecret(id: AgentId): boolean {
    return this.#db.transaction(() => this.#db.run(sql.deleteFrom("code_secrets").where("agent", "=", id))) > 0;
  }

  spendCode(id: AgentId, step: number): boolean {
    const spend = sql
      .updateTable("code_secrets")
      .set({ used_step: step })
      .where("agent", "=", id)
      .where("used_step", "<", step);
    return this.#db.durably(() => this.#db.run(spend)) === 1;
  }

  spendPhrase(id: AgentId, phrase: string): boolean {
    const key = this.#profiles.dataKeyOf(id);
    const digest = createHmac("sha256", key).update("phrase\0").update(phrase).digest().subarray(0, 16);
    const row = sql
      .insertInto("used_phrases")
      .values({ agent: id, digest })
      .onConflict((conflict) => conflict.doNothing());
    return this.#db.transaction(() => this.#db.run(row)) === 1;
  }

  note(id: AgentId, outcome: ChallengeOutcome): void {
    const at = this.#clock.wall();
    this.#waiting.write("challenge", () =>
      this.#db.transaction(() => {
        // Who was forgotten meanwhile has no challenges.
        if (this.#profiles.exists(id)) this.#db.run(sql.insertInto("challenges").values({ agent: id, at, outcome }));
      }),
    );
  }

  since(id: AgentId, at: EpochMillis): ChallengeRecord[] {
    return this.#db
      .all(sql.selectFrom("challenges").selectAll().where("agent", "=", id).where("at", ">=", at).orderBy("at"))
      .map((row) => ({ at: epochMillis(row.at), outcome: row.outcome as ChallengeOutcome }));
  }

  /** Forgets what is too old to count. */
  purge(): void {
    const old = epochMillis(this.#clock.wall() - kept);
    this.#db.transaction(() => this.#db.run(sql.deleteFrom("challenges").where("at", "<", old)));
  }
}
