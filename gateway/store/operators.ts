/**
 * Operators: their roles, passkeys' public keys, one-time links, sign-ins and API tokens, and what waits for a second
 * person. Secrets are kept as their SHA-256 only.
 */
import { type EpochMillis, epochMillis } from "../core/units.ts";
import { type Database, sql, worthRetrying } from "./database.ts";
import type { Tables } from "./schema.ts";

export interface OperatorRecord {
  readonly name: string;
  readonly roles: readonly string[];
  readonly createdAt: EpochMillis;
  readonly seenAt: EpochMillis | null;
  readonly passkeys: number;
}

export interface PasskeyRecord {
  /** The credential's id, base64url. */
  readonly id: string;
  readonly operator: string;
  readonly name: string;
  readonly publicKey: Uint8Array;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly createdAt: EpochMillis;
  readonly usedAt: EpochMillis | null;
}

export interface SignInRecord {
  readonly hash: string;
  readonly operator: string;
  readonly by: string;
  readonly csrf: string;
  readonly expiresAt: EpochMillis;
  readonly usedAt: EpochMillis;
  /** Roles that an identity provider gave for this sign-in; null: the operator's own. */
  readonly roles: readonly string[] | null;
}

export interface TokenRecord {
  readonly id: string;
  readonly hash: string;
  readonly name: string;
  readonly roles: readonly string[];
  /** The operator whose it is; `command-line:USER` where it was made on the machine for nobody. */
  readonly createdBy: string;
  readonly createdAt: EpochMillis;
  readonly expiresAt: EpochMillis | null;
  readonly usedAt: EpochMillis | null;
}

export interface ApprovalRecord {
  readonly id: string;
  readonly what: string;
  readonly target: string;
  /** What is to be done once approved, as JSON. */
  readonly payload: string;
  /** The operator who asked, by a sign-in or a token. */
  readonly by: string;
  readonly reason: string;
  readonly askedAt: EpochMillis;
  readonly expiresAt: EpochMillis;
}

/** A use is written down at most this often. */
const useMillis = 60_000;

/** Every call may throw SamehandError `store-unavailable`. */
export class OperatorStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  all(): OperatorRecord[] {
    const counts = this.#db.all(
      sql
        .selectFrom("passkeys")
        .select("operator")
        .select((of) => of.fn.countAll<number>().as("count"))
        .groupBy("operator"),
    );
    const passkeys = new Map(counts.map(({ operator, count }) => [operator, count]));
    return this.#db
      .all(sql.selectFrom("operators").selectAll().orderBy("name"))
      .map((row) => operatorOf(row, passkeys.get(row.name) ?? 0));
  }

  find(name: string): OperatorRecord | null {
    const row = this.#db.first(sql.selectFrom("operators").selectAll().where("name", "=", name));
    return row === undefined ? null : operatorOf(row, this.passkeysOf(name).length);
  }

  /** Makes the operator, or gives other roles. */
  save(name: string, roles: readonly string[], now: EpochMillis): void {
    const row = { name, roles: JSON.stringify(roles), created_at: now, seen_at: null };
    this.#write(() =>
      this.#db.run(
        sql
          .insertInto("operators")
          .values(row)
          .onConflict((conflict) => conflict.column("name").doUpdateSet({ roles: row.roles })),
      ),
    );
  }

  seen(name: string, now: EpochMillis): void {
    this.#write(() => this.#db.run(sql.updateTable("operators").set({ seen_at: now }).where("name", "=", name)));
  }

  /** With passkeys, links, sign-ins, API tokens and what waits for a second person. @returns false where there was none */
  remove(name: string): boolean {
    return this.#write(() => {
      this.#db.run(sql.deleteFrom("api_tokens").where("created_by", "=", name));
      this.#db.run(sql.deleteFrom("approvals").where("by", "=", name));
      return this.#db.run(sql.deleteFrom("operators").where("name", "=", name)) > 0;
    });
  }

  // --- passkeys

  passkeysOf(operator: string): PasskeyRecord[] {
    return this.#db
      .all(sql.selectFrom("passkeys").selectAll().where("operator", "=", operator).orderBy("created_at"))
      .map(passkeyOf);
  }

  passkey(id: string): PasskeyRecord | null {
    const row = this.#db.first(sql.selectFrom("passkeys").selectAll().where("id", "=", id));
    return row === undefined ? null : passkeyOf(row);
  }

  anyPasskey(): boolean {
    return this.#db.first(sql.selectFrom("passkeys").select("id").limit(1)) !== undefined;
  }

  addPasskey(passkey: PasskeyRecord): void {
    const { id, operator, name, counter, publicKey, transports, createdAt } = passkey;
    const row = { id, operator, name, counter, public_key: publicKey, transports: JSON.stringify(transports) };
    this.#write(() =>
      this.#db.run(sql.insertInto("passkeys").values({ ...row, created_at: createdAt, used_at: null })),
    );
  }

  usedPasskey(id: string, counter: number, now: EpochMillis): void {
    this.#write(() => this.#db.run(sql.updateTable("passkeys").set({ counter, used_at: now }).where("id", "=", id)));
  }

  removePasskey(operator: string, id: string): boolean {
    const which = sql.deleteFrom("passkeys").where("operator", "=", operator).where("id", "=", id);
    return this.#write(() => this.#db.run(which)) > 0;
  }

  // --- one-time links

  addLink(hash: string, operator: string, expires: EpochMillis): void {
    this.#write(() => this.#db.run(sql.replaceInto("operator_links").values({ hash, operator, expires })));
  }

  /** Spends a link, once over all processes. @returns whose it was, or null */
  spendLink(hash: string, now: EpochMillis): string | null {
    return this.#write(() => {
      const row = this.#db.first(sql.selectFrom("operator_links").selectAll().where("hash", "=", hash));
      this.#db.run(
        sql.deleteFrom("operator_links").where((of) => of.or([of("hash", "=", hash), of("expires", "<=", now)])),
      );
      return row === undefined || row.expires <= now ? null : row.operator;
    });
  }

  // --- sign-ins

  signIn(hash: string): SignInRecord | null {
    const row = this.#db.first(sql.selectFrom("sign_ins").selectAll().where("hash", "=", hash));
    if (row === undefined) return null;
    const { operator, by, csrf, expires, used_at, roles } = row;
    return {
      hash,
      operator,
      by,
      csrf,
      expiresAt: epochMillis(expires),
      usedAt: epochMillis(used_at),
      roles: roles === null ? null : (JSON.parse(roles) as string[]),
    };
  }

  addSignIn({ hash, operator, by, csrf, expiresAt, usedAt, roles }: SignInRecord): void {
    const row = { hash, operator, by, csrf, expires: expiresAt, used_at: usedAt };
    this.#write(() => {
      this.#db.run(sql.deleteFrom("sign_ins").where("expires", "<=", usedAt));
      this.#db.run(sql.insertInto("sign_ins").values({ ...row, roles: roles === null ? null : JSON.stringify(roles) }));
    });
  }

  usedSignIn({ hash, usedAt }: SignInRecord, now: EpochMillis): void {
    if (now - usedAt < useMillis) return;
    this.#note(() => this.#db.run(sql.updateTable("sign_ins").set({ used_at: now }).where("hash", "=", hash)));
  }

  endSignIn(hash: string): void {
    this.#write(() => this.#db.run(sql.deleteFrom("sign_ins").where("hash", "=", hash)));
  }

  // --- API tokens

  tokens(): TokenRecord[] {
    return this.#db.all(sql.selectFrom("api_tokens").selectAll().orderBy("created_at", "desc")).map(tokenOf);
  }

  token(hash: string): TokenRecord | null {
    const row = this.#db.first(sql.selectFrom("api_tokens").selectAll().where("hash", "=", hash));
    return row === undefined ? null : tokenOf(row);
  }

  addToken({ id, hash, name, roles, createdBy, createdAt, expiresAt }: TokenRecord): void {
    const row = { id, hash, name, roles: JSON.stringify(roles), created_by: createdBy, created_at: createdAt };
    this.#write(() => this.#db.run(sql.insertInto("api_tokens").values({ ...row, expires: expiresAt, used_at: null })));
  }

  usedToken({ id, usedAt }: TokenRecord, now: EpochMillis): void {
    if (usedAt !== null && now - usedAt < useMillis) return;
    this.#note(() => this.#db.run(sql.updateTable("api_tokens").set({ used_at: now }).where("id", "=", id)));
  }

  removeToken(id: string): boolean {
    return this.#write(() => this.#db.run(sql.deleteFrom("api_tokens").where("id", "=", id))) > 0;
  }

  // --- what waits for a second person

  approvals(now: EpochMillis): ApprovalRecord[] {
    return this.#db
      .all(sql.selectFrom("approvals").selectAll().where("expires", ">", now).orderBy("asked_at"))
      .map(approvalOf);
  }

  addApproval({ id, what, target, payload, by, reason, askedAt, expiresAt }: ApprovalRecord): void {
    const row = { id, what, target, payload, by, reason, asked_at: askedAt, expires: expiresAt };
    this.#write(() => {
      this.#db.run(sql.deleteFrom("approvals").where("expires", "<=", askedAt));
      this.#db.run(sql.insertInto("approvals").values(row));
    });
  }

  /** Takes it out, once over all processes. @returns null where it is gone */
  takeApproval(id: string, now: EpochMillis): ApprovalRecord | null {
    return this.#write(() => {
      const row = this.#db.first(sql.selectFrom("approvals").selectAll().where("id", "=", id));
      this.#db.run(sql.deleteFrom("approvals").where("id", "=", id));
      return row === undefined || row.expires <= now ? null : approvalOf(row);
    });
  }

  #write<Out>(work: () => Out): Out {
    return this.#db.transaction(work);
  }

  /** Writes what nobody waits for: on a full disk operators are needed most. The next use is written down instead. */
  #note(work: () => unknown): void {
    try {
      this.#write(work);
    } catch (error) {
      if (!worthRetrying(error)) throw error;
    }
  }
}

const roles = (text: string): string[] => JSON.parse(text) as string[];
const timeOrNull = (value: number | null): EpochMillis | null => (value === null ? null : epochMillis(value));

const operatorOf = (row: Tables["operators"], passkeys: number): OperatorRecord => ({
  name: row.name,
  roles: roles(row.roles),
  createdAt: epochMillis(row.created_at),
  seenAt: timeOrNull(row.seen_at),
  passkeys,
});

const passkeyOf = (row: Tables["passkeys"]): PasskeyRecord => ({
  id: row.id,
  operator: row.operator,
  name: row.name,
  publicKey: row.public_key,
  counter: row.counter,
  transports: JSON.parse(row.transports) as string[],
  createdAt: epochMillis(row.created_at),
  usedAt: timeOrNull(row.used_at),
});

const tokenOf = (row: Tables["api_tokens"]): TokenRecord => ({
  id: row.id,
  hash: row.hash,
  name: row.name,
  roles: roles(row.roles),
  createdBy: row.created_by,
  createdAt: epochMillis(row.created_at),
  expiresAt: timeOrNull(row.expires),
  usedAt: timeOrNull(row.used_at),
});

const approvalOf = (row: Tables["approvals"]): ApprovalRecord => ({
  id: row.id,
  what: row.what,
  target: row.target,
  payload: row.payload,
  by: row.by,
  reason: row.reason,
  askedAt: epochMillis(row.asked_at),
  expiresAt: epochMillis(row.expires),
});
