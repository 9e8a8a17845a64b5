/**
 * Agents and their profiles. Each agent has a data key of its own, wrapped by the key ring's newest key; its
 * profiles are sealed with the data key. Deleting the data key erases the agent; a backup's data keys lie in a file of
 * their own (`agent-keys.ts`), so that this reaches backups too.
 */
import type { Amount } from "../core/maturity.ts";
import { randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { SamehandError } from "../core/errors.ts";
import { type KeyRing, keyBytes } from "../core/key-ring.ts";
import { type AgentName, agentName, epochMillis } from "../core/units.ts";
import { type Database, sql } from "./database.ts";
import type { Tables } from "./schema.ts";
import { type Belonging, seal, unseal } from "./seal.ts";
import type { AgentId, AgentRecord, Learned, Profile, ProfileVersion } from "./store.ts";

type AgentRow = Tables["agents"];
type ProfileRow = Tables["profiles"];

/** Versions kept of a profile, for going back by hand. */
const keptVersions = 5;

export class Profiles {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #installation: string;
  #keys: KeyRing;

  constructor(db: Database, installation: string, keys: KeyRing, clock: Clock) {
    this.#db = db;
    this.#installation = installation;
    this.#keys = keys;
    this.#clock = clock;
  }

  useKeys(keys: KeyRing): void {
    this.#keys = keys;
  }

  agents(): AgentRecord[] {
    return [...this.agentPages()].flat();
  }

  *agentPages(): Generator<AgentRecord[]> {
    for (let after = ""; ;) {
      const page = this.#db.allOf(recordsAfter, [after, pageSize]).map(record);
      if (page.length > 0) yield page;
      if (page.length < pageSize) return;
      after = page.at(-1)!.name;
    }
  }

  /** Ids of keys that agents' own keys are wrapped by and the ring lacks: nobody opens what those agents were learned. */
  get missingKeys(): string[] {
    const used = sql
      .selectFrom("agents")
      .select("key_id")
      .distinct()
      .where((of) => of.fn("length", ["data_key"]), ">", 0);
    return this.#db.all(used).flatMap(({ key_id: id }) => (this.#keys.get(id) === null ? [id] : []));
  }

  /** Names of agents who have reached an amount, at most so many. @param consented only those who did */
  reached({ keystrokes, actions, days }: Amount, consented: boolean, most: number): AgentName[] {
    const reached = records
      .where("profiles.keystrokes", ">=", keystrokes)
      .where("profiles.actions", ">=", actions)
      .where("profiles.days", ">=", days);
    const wanted = consented ? reached.innerJoin("consents", "consents.agent", "agents.id") : reached;
    return this.#db.all(wanted.orderBy("agents.name").limit(most)).map(({ name }) => agentName(name));
  }

  agent(name: AgentName): AgentRecord | null {
    const row = this.#db.firstOf(recordByName, [name]);
    return row === undefined ? null : record(row);
  }

  idOf(name: AgentName): AgentId | null {
    return (this.#db.firstOf(idByName, [name])?.id ?? null) as AgentId | null;
  }

  nameOf(id: AgentId): AgentName | null {
    const row = this.#db.firstOf(nameById, [id]);
    return row === undefined ? null : agentName(row.name);
  }

  exists(id: AgentId): boolean {
    return this.#row(id) !== undefined;
  }

  /** Another text after every agent that was forgotten, whichever process forgot: so one look says whether any was. */
  get forgetMark(): string {
    return this.#db.firstOf(forgetMark, [markKey])?.value ?? "";
  }

  /** The agent's record, made if there is none; within a transaction. */
  enrol(name: AgentName): AgentRecord {
    const known = this.agent(name);
    if (known !== null) return known;
    const id = randomUUID() as string as AgentId;
    const createdAt = this.#clock.wall();
    this.#db.run(
      sql.insertInto("agents").values({ id, name, created_at: createdAt, ...this.#wrap(id, randomBytes(keyBytes)) }),
    );
    return { id, name, createdAt, profileVersion: 0, profileSavedAt: null, keystrokes: 0, actions: 0, days: 0 };
  }

  /** Deletes the agent with everything that hangs on it; within a transaction. */
  forget(name: AgentName): boolean {
    if (this.#db.run(sql.deleteFrom("agents").where("name", "=", name)) === 0) return false;
    this.#db.run(sql.replaceInto("meta").values({ key: markKey, value: randomUUID() }));
    return true;
  }

  newest(id: AgentId): Profile | null {
    const agent = this.#row(id);
    return agent === undefined ? null : this.#newest(agent, this.#dataKey(agent));
  }

  /** Within a transaction. */
  update(id: AgentId, merge: (newest: Profile | null) => Learned | null): Profile | null {
    const agent = this.#row(id);
    if (agent === undefined) return null;
    const dataKey = this.#rotate(agent);
    const newest = this.#newest(agent, dataKey);
    const learned = merge(newest);
    if (learned === null) return newest;
    const savedAt = this.#clock.wall();
    const profile: Profile = {
      version: (newest?.version ?? 0) + 1,
      savedAt,
      keystrokes: learned.keystrokes,
      actions: learned.actions,
      days: learned.days,
      body: learned.body,
    };
    const row = {
      agent: id,
      version: profile.version,
      saved_at: savedAt,
      keystrokes: profile.keystrokes,
      actions: profile.actions,
      days: profile.days,
    };
    const body = seal(dataKey, profile.body, this.#belonging(agent, row));
    this.#db.run(sql.insertInto("profiles").values({ ...row, body }));
    this.#db.run(
      sql
        .deleteFrom("profiles")
        .where("agent", "=", id)
        .where("version", "<=", profile.version - keptVersions),
    );
    return profile;
  }

  /** The agent's own key. @throws SamehandError `profile-unreadable` where the ring lacks its key, or there is no such agent */
  dataKeyOf(id: AgentId): Uint8Array {
    const agent = this.#row(id);
    if (agent === undefined) throw new SamehandError("profile-unreadable", "there is no such agent");
    return this.#dataKey(agent);
  }

  /** Seals something of the agent's that is no profile. @param what its name in the seal */
  sealFor(id: AgentId, what: "code-secret", plain: Uint8Array): Uint8Array {
    return seal(this.dataKeyOf(id), plain, [what, this.#installation, id]);
  }

  /** @throws SamehandError `profile-unreadable` */
  unsealFor(id: AgentId, what: "code-secret", sealed: Uint8Array): Uint8Array {
    return unseal(this.dataKeyOf(id), sealed, [what, this.#installation, id]);
  }

  /** The versions that are kept, newest first. */
  versions(id: AgentId): ProfileVersion[] {
    return this.#db
      .all(
        sql
          .selectFrom("profiles")
          .select(["version", "saved_at", "keystrokes", "actions", "days"])
          .where("agent", "=", id)
          .orderBy("version", "desc"),
      )
      .map(({ saved_at, ...rest }) => ({ ...rest, savedAt: epochMillis(saved_at) }));
  }

  /** An older version, opened; null where it is not kept. */
  version(id: AgentId, version: number): Profile | null {
    const agent = this.#row(id);
    const row = this.#db.first(
      sql.selectFrom("profiles").selectAll().where("agent", "=", id).where("version", "=", version),
    );
    if (agent === undefined || row === undefined) return null;
    const { keystrokes, actions, days } = row;
    const body = unseal(this.#dataKey(agent), row.body, this.#belonging(agent, row));
    return { version, savedAt: epochMillis(row.saved_at), keystrokes, actions, days, body };
  }

  #row(id: AgentId): AgentRow | undefined {
    return this.#db.first(sql.selectFrom("agents").selectAll().where("id", "=", id));
  }

  #newest(agent: AgentRow, dataKey: Uint8Array): Profile | null {
    const row = this.#db.first(
      sql.selectFrom("profiles").selectAll().where("agent", "=", agent.id).orderBy("version", "desc").limit(1),
    );
    if (row === undefined) return null;
    const { version, keystrokes, actions, days } = row;
    const body = unseal(dataKey, row.body, this.#belonging(agent, row));
    return { version, savedAt: epochMillis(row.saved_at), keystrokes, actions, days, body };
  }

  /**
   * Gives an agent another name, to which its profiles are sealed anew; within a transaction. One that was changed stays
   * unreadable.
   * @throws SamehandError `profile-unreadable` where the ring lacks the agent's key: none would open under another name
   */
  rename(id: AgentId, name: AgentName): void {
    const agent = this.#row(id);
    if (agent === undefined) return;
    const key = this.#dataKey(agent);
    for (const row of this.#db.all(sql.selectFrom("profiles").selectAll().where("agent", "=", id))) {
      const plain = opened(() => unseal(key, row.body, this.#belonging(agent, row)));
      if (plain === null) continue;
      const body = seal(key, plain, this.#belonging({ ...agent, name }, row));
      const { version } = row;
      this.#db.run(sql.updateTable("profiles").set({ body }).where("agent", "=", id).where("version", "=", version));
    }
    this.#db.run(sql.updateTable("agents").set({ name }).where("id", "=", id));
  }

  /** A new data key under the newest ring key, where the agent's is under an older one. */
  #rotate(agent: AgentRow): Uint8Array {
    const old = this.#dataKey(agent);
    if (agent.key_id === this.#keys.newest.id) return old;
    const fresh = randomBytes(keyBytes);
    const id = agent.id as AgentId;
    for (const row of this.#db.all(sql.selectFrom("profiles").selectAll().where("agent", "=", id))) {
      const belonging = this.#belonging(agent, row);
      const body = seal(fresh, unseal(old, row.body, belonging), belonging);
      this.#db.run(
        sql.updateTable("profiles").set({ body }).where("agent", "=", id).where("version", "=", row.version),
      );
    }
    const code = this.#db.first(sql.selectFrom("code_secrets").select("secret").where("agent", "=", id));
    if (code !== undefined) {
      const secret = this.unsealFor(id, "code-secret", code.secret);
      const sealed = seal(fresh, secret, ["code-secret", this.#installation, id]);
      this.#db.run(sql.updateTable("code_secrets").set({ secret: sealed }).where("agent", "=", id));
    }
    this.#db.run(sql.updateTable("agents").set(this.#wrap(id, fresh)).where("id", "=", id));
    return fresh;
  }

  #wrap(id: AgentId, dataKey: Uint8Array): Pick<AgentRow, "key_id" | "data_key"> {
    const { id: keyId, secret } = this.#keys.newest;
    return { key_id: keyId, data_key: seal(secret, dataKey, ["data-key", this.#installation, id, keyId]) };
  }

  #dataKey(agent: AgentRow): Uint8Array {
    const key = this.#keys.get(agent.key_id);
    if (key === null)
      throw new SamehandError("profile-unreadable", `the key ring has no key with the id ${agent.key_id}`);
    return unseal(key.secret, agent.data_key, ["data-key", this.#installation, agent.id, key.id]);
  }

  #belonging(agent: AgentRow, row: Omit<ProfileRow, "body">): Belonging {
    const { version, saved_at, keystrokes, actions, days } = row;
    return ["profile", this.#installation, agent.id, agent.name, version, saved_at, keystrokes, actions, days];
  }
}

function opened(unsealed: () => Uint8Array): Uint8Array | null {
  try {
    return unsealed();
  } catch {
    return null;
  }
}

const records = sql
  .selectFrom("agents")
  .leftJoin("profiles", (join) =>
    join.onRef("profiles.agent", "=", "agents.id").on("profiles.version", "=", (of) =>
      of
        .selectFrom("profiles as every")
        .select((of) => of.fn.max("every.version").as("newest"))
        .whereRef("every.agent", "=", "agents.id"),
    ),
  )
  .select(["agents.id", "agents.name", "agents.created_at", "profiles.version", "profiles.saved_at"])
  .select(["profiles.keystrokes", "profiles.actions", "profiles.days"]);

const markKey = "forgotten";
const forgetMark = sql.selectFrom("meta").select("value").where("key", "=", "").compile();
const nameById = sql.selectFrom("agents").select("name").where("id", "=", "").compile();
const idByName = sql.selectFrom("agents").select("id").where("name", "=", "").compile();
/** Each takes 10 to 30 µs. */
const pageSize = 100;
const recordsAfter = records.where("agents.name", ">", "").orderBy("agents.name").limit(pageSize).compile();
const recordByName = records.where("agents.name", "=", "").compile();

type RecordRow = Pick<AgentRow, "id" | "name" | "created_at"> & {
  [Key in "version" | "saved_at" | "keystrokes" | "actions" | "days"]: number | null;
};

function record(row: RecordRow): AgentRecord {
  return {
    id: row.id as AgentId,
    name: agentName(row.name),
    createdAt: epochMillis(row.created_at),
    profileVersion: row.version ?? 0,
    profileSavedAt: row.saved_at === null ? null : epochMillis(row.saved_at),
    keystrokes: row.keystrokes ?? 0,
    actions: row.actions ?? 0,
    days: row.days ?? 0,
  };
}
