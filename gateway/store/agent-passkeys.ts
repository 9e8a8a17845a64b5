/** Agents' passkeys: the public keys with which they confirm who they are from another device, and links that add one. */
import { type EpochMillis, epochMillis } from "../core/units.ts";
import { type Database, sql } from "./database.ts";
import type { Tables } from "./schema.ts";
import type { AgentId } from "./store.ts";

export interface AgentPasskey {
  /** The credential's id, base64url. */
  readonly id: string;
  readonly agent: AgentId;
  /** COSE key. */
  readonly publicKey: Uint8Array;
  /** Signatures that the authenticator counted; 0 where it counts none. */
  readonly counter: number;
  readonly createdAt: EpochMillis;
  readonly usedAt: EpochMillis | null;
}

/** All throw SamehandError `store-unavailable`. */
export class AgentPasskeys {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  of(agent: AgentId): AgentPasskey[] {
    return this.#db
      .all(sql.selectFrom("agent_passkeys").selectAll().where("agent", "=", agent).orderBy("created_at"))
      .map(passkeyOf);
  }

  /** @returns false where the passkey is known already, or the agent is not */
  add({ id, agent, publicKey, counter, createdAt }: AgentPasskey): boolean {
    const row = { id, agent, public_key: publicKey, counter, created_at: createdAt, used_at: null };
    return this.#db.transaction(() => {
      if (this.#db.first(sql.selectFrom("agents").select("id").where("id", "=", agent)) === undefined) return false;
      const insert = sql.insertInto("agent_passkeys").values(row);
      return this.#db.run(insert.onConflict((conflict) => conflict.doNothing())) === 1;
    });
  }

  used(id: string, counter: number, now: EpochMillis): void {
    const row = sql.updateTable("agent_passkeys").set({ counter, used_at: now }).where("id", "=", id);
    this.#db.transaction(() => this.#db.run(row));
  }

  /** Takes all passkeys and links of the agent away. @returns how many passkeys there were */
  drop(agent: AgentId): number {
    return this.#db.transaction(() => {
      this.#db.run(sql.deleteFrom("agent_links").where("agent", "=", agent));
      return this.#db.run(sql.deleteFrom("agent_passkeys").where("agent", "=", agent));
    });
  }

  /** Keeps a link that adds one passkey. @param hash SHA-256 of its secret */
  keepLink(hash: string, agent: AgentId, expires: EpochMillis): void {
    this.#db.transaction(() => this.#db.run(sql.replaceInto("agent_links").values({ hash, agent, expires })));
  }

  /** Whose link it is; null where there is no such link, or its time is over. */
  linkOf(hash: string, now: EpochMillis): AgentId | null {
    const row = this.#db.first(sql.selectFrom("agent_links").selectAll().where("hash", "=", hash));
    return row === undefined || row.expires <= now ? null : (row.agent as AgentId);
  }

  /** Spends a link, once over all processes. @returns whose it was, or null */
  spendLink(hash: string, now: EpochMillis): AgentId | null {
    return this.#db.transaction(() => {
      const agent = this.linkOf(hash, now);
      this.#db.run(
        sql.deleteFrom("agent_links").where((of) => of.or([of("hash", "=", hash), of("expires", "<=", now)])),
      );
      return agent;
    });
  }
}

const passkeyOf = (row: Tables["agent_passkeys"]): AgentPasskey => ({
  id: row.id,
  agent: row.agent as AgentId,
  publicKey: row.public_key,
  counter: row.counter,
  createdAt: epochMillis(row.created_at),
  usedAt: row.used_at === null ? null : epochMillis(row.used_at),
});
