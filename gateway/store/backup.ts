/**
 * Backup and restore of the store's file. A backup is one consistent snapshot, made while the gateway writes; the keys
 * are not in it: the ring's stay where they are, the agents' go into a file beside it (`agent-keys.ts`). A restore puts a
 * verified snapshot in the store's place and takes over what must not be undone: locks and spent tokens that are newer
 * than it.
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SamehandError } from "../core/errors.ts";
import type { KeyRing } from "../core/key-ring.ts";
import { putBack, takeOut } from "./agent-keys.ts";
import { Database } from "./database.ts";
import { openStore } from "./open-store.ts";
import { place } from "./private-file.ts";
import { applicationId } from "./schema.ts";

/** What a snapshot was found to hold. */
export interface Contents {
  readonly agents: number;
  readonly profiles: number;
  readonly locks: number;
  readonly decisions: number;
  /** Agents whose data key is gone: forgotten since the snapshot was made. */
  readonly erased: number;
  readonly bytes: number;
}

/** Where a snapshot's agents' keys are, unless said otherwise. */
export const agentKeysOf = (file: string): string => `${file}.keys`;

/** How long the snapshot waits for a writer, ms. */
const busyMillis = 5000;
/** SQLite's primary result codes for a file that another process has open (https://sqlite.org/rescode.html). */
const busy = new Set([5, 6]);

/**
 * Writes a snapshot of the store at `path` and its agents' keys into two new files, for nobody else to read, and
 * verifies them. They have other names until they are whole.
 * @throws SamehandError `store-unavailable`, `store-corrupt`, `profile-unreadable`; then there is neither file
 */
export function backUp(path: string, to: string, keys: KeyRing): Contents {
  if (!existsSync(path)) throw new SamehandError("store-unavailable", `${path} does not exist`);
  const part = `${to}.part-${process.pid}`;
  try {
    for (const file of [to, agentKeysOf(to)])
      if (existsSync(file)) throw new SamehandError("store-unavailable", `${file} exists already`);
    snapshot(path, part);
    const contents = verify(part, keys);
    place(agentKeysOf(part), agentKeysOf(to));
    place(part, to);
    sync(dirname(to));
    return contents;
  } catch (error) {
    throw asStoreError(error, to);
  } finally {
    for (const file of [part, agentKeysOf(part)]) rmSync(file, { force: true });
  }
}

function snapshot(path: string, to: string): void {
  // SQLite fills an empty file and refuses any other: made here, it has the rights that it must have.
  closeSync(openSync(to, "wx", 0o600));
  const db = new DatabaseSync(path, { readOnly: true, timeout: busyMillis });
  try {
    recognise(db, path);
    db.prepare("VACUUM INTO ?").run(to);
  } finally {
    db.close();
  }
  separate(to);
  sync(to);
}

function separate(file: string): void {
  const db = new DatabaseSync(file);
  try {
    takeOut(db, agentKeysOf(file));
  } finally {
    db.close();
  }
}

/** @returns how many agents were forgotten since */
function join(file: string, agentKeys: string): number {
  const db = new DatabaseSync(file);
  try {
    return putBack(db, agentKeys);
  } finally {
    db.close();
  }
}

/**
 * Opens every part of a snapshot, in a copy of it that is thrown away.
 * @param agentKeys the agents' keys: the snapshot's own, or newer ones
 * @throws SamehandError `store-unavailable`, `store-corrupt`, `profile-unreadable`
 */
export function verify(file: string, keys: KeyRing, agentKeys = agentKeysOf(file)): Contents {
  const copy = `${file}.verify-${process.pid}`;
  try {
    const original = new DatabaseSync(file, { readOnly: true });
    try {
      recognise(original, file);
    } finally {
      original.close();
    }
    copyFileSync(file, copy);
    const erased = join(copy, agentKeys);
    const store = openStore({ path: copy, keys, busyMillis });
    try {
      const agents = store.agents();
      const profiles = agents.filter(({ id }) => store.profile(id) !== null).length;
      const { rows, brokenAt } = store.audit.verify();
      if (brokenAt !== null)
        throw new SamehandError("store-corrupt", `${file}: the audit chain breaks at row ${brokenAt}`);
      const locks = store.locks().length;
      return { agents: agents.length, profiles, locks, decisions: rows, erased, bytes: statSync(file).size };
    } finally {
      store.close();
    }
  } catch (error) {
    throw asStoreError(error, file);
  } finally {
    for (const name of [...besides(copy), `${copy}.audit-key`, `${copy}.audit-key.pub`]) rmSync(name, { force: true });
  }
}

export interface Restored extends Contents {
  /** Where the replaced store is now; null where there was none. */
  readonly replaced: string | null;
  /** Locks and spent tokens taken over from it; null where it could not be read. */
  readonly takenOver: number | null;
  /** The replaced audit chain's newest entry; null where there was none, or it could not be read. */
  readonly end: ChainEnd | null;
}

interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

/**
 * Puts a snapshot in the place of the store at `path`. The replaced store is kept beside it.
 * @param at for the replaced store's name @param agentKeys as of `verify`
 * @throws SamehandError as `verify`, and `store-unavailable` while a gateway has the store open; then nothing changes
 */
export function restore(from: string, path: string, keys: KeyRing, at: Date, agentKeys = agentKeysOf(from)): Restored {
  const contents = verify(from, keys, agentKeys);
  const fresh = `${path}.restoring`;
  const aside = `${path}.replaced-${at.toISOString().replaceAll(/[:.]/g, "-")}`;
  try {
    const there = existsSync(path);
    if (there) claim(path);
    rmSync(fresh, { force: true });
    closeSync(openSync(fresh, "wx", 0o600));
    copyFileSync(from, fresh);
    join(fresh, agentKeys);
    // A snapshot of an earlier version has not all the tables that are asked.
    new Database(fresh, busyMillis, () => {}).close();
    const taken = there ? takeOver(path, fresh) : { takenOver: 0, end: null };
    sync(fresh);
    if (there) setAside(path, aside);
    renameSync(fresh, path);
    sync(dirname(path));
    return { ...contents, replaced: there ? aside : null, ...taken };
  } catch (error) {
    for (const name of besides(fresh)) rmSync(name, { force: true });
    throw asStoreError(error, path);
  }
}

/** The file itself keeps its name until another takes it: at every moment there is a store, and no start makes an empty one. */
function setAside(path: string, aside: string): void {
  const [, ...logs] = besides(path);
  for (const name of logs) if (existsSync(name)) renameSync(name, name.replace(path, aside));
  try {
    linkSync(path, aside);
  } catch {
    // Some file systems have no links.
    copyFileSync(path, aside);
  }
}

/** Whoever can leave the log's mode is alone with the file. A damaged one is nobody's to hold. */
function claim(path: string): void {
  const db = new DatabaseSync(path, { timeout: 100 });
  try {
    db.exec("PRAGMA journal_mode = DELETE");
  } catch (error) {
    if (busy.has(codeOf(error)))
      throw new SamehandError("store-unavailable", `${path} is open: stop the gateway first`);
  } finally {
    db.close();
  }
}

/**
 * A restore must let nobody in whom the replaced store kept out, no agent and no operator, and bring nobody back whom
 * it forgot. All of it or nothing.
 * @returns rows of locks and tokens; null where it cannot be read
 */
function takeOver(old: string, fresh: string): Pick<Restored, "takenOver" | "end"> {
  const db = new DatabaseSync(fresh);
  try {
    db.prepare("ATTACH ? AS old").run(old);
    db.exec("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; BEGIN");
    const { changes: locks } = db
      .prepare(
        `INSERT OR REPLACE INTO main.${rowsOf(db, "locks")} FROM old.locks AS o WHERE NOT EXISTS (
          SELECT 1 FROM main.locks AS n WHERE n.agent = o.agent
            AND (n.until IS NULL OR (o.until IS NOT NULL AND n.until >= o.until)))`,
      )
      .run();
    const { changes: tokens } = db
      .prepare(`INSERT OR IGNORE INTO main.${rowsOf(db, "spent_tokens")} FROM old.spent_tokens AS o`)
      .run();
    db.exec("DELETE FROM main.agents WHERE id IN (SELECT agent FROM old.audit WHERE action = 'agent.forgotten')");
    for (const statement of whoMayComeIn(db)) db.exec(statement);
    const end = db.prepare("SELECT seq, hash FROM old.audit ORDER BY seq DESC LIMIT 1").get();
    db.exec("COMMIT");
    return { takenOver: Number(locks) + Number(tokens), end: (end as unknown as ChainEnd | undefined) ?? null };
  } catch (error) {
    if (busy.has(codeOf(error))) throw error;
    return { takenOver: null, end: null };
  } finally {
    db.close();
  }
}

/** Good for hours: whoever needs one gets another. */
const shortLived = ["operator_links", "sign_ins", "approvals", "agent_links"];
/** Who may come in and by what, each after what it refers to. */
const lasting = ["operators", "passkeys", "api_tokens", "agent_passkeys"];
const sameAgent = "EXISTS (SELECT 1 FROM main.agents AS a WHERE a.id = o.agent)";

/**
 * What makes the restored store let in nobody who was shut out since the snapshot: operators who were removed or lost
 * roles, tokens that were revoked, passkeys and authenticators that were lost. Where the replaced store is not what
 * became of the snapshot, it does not know better than that.
 */
function* whoMayComeIn(db: DatabaseSync): Generator<string> {
  const there = (table: string, schema: string): boolean =>
    db.prepare(`SELECT 1 FROM ${schema}.sqlite_schema WHERE name = ?`).get(table) !== undefined;
  for (const table of shortLived) if (there(table, "main")) yield `DELETE FROM main.${table}`;
  if (!became(db)) return;
  for (const table of lasting) {
    if (!there(table, "main") || !there(table, "old")) continue;
    yield `DELETE FROM main.${table}`;
    yield `INSERT INTO main.${rowsOf(db, table)} FROM old.${table} AS o${table === "agent_passkeys" ? ` WHERE ${sameAgent}` : ""}`;
  }
  yield `DELETE FROM main.code_secrets WHERE NOT EXISTS (
    SELECT 1 FROM old.code_secrets AS o WHERE o.agent = code_secrets.agent AND o.created_at = code_secrets.created_at)`;
  yield `UPDATE main.code_secrets SET used_step =
    max(used_step, (SELECT o.used_step FROM old.code_secrets AS o WHERE o.agent = code_secrets.agent))`;
  // A secret opens with the agent's data key alone: where that is another one by now, the agent needs a new secret.
  yield `INSERT OR IGNORE INTO main.${rowsOf(db, "code_secrets")} FROM old.code_secrets AS o
    JOIN old.agents AS a ON a.id = o.agent JOIN main.agents AS m ON m.id = a.id AND m.data_key = a.data_key`;
}

/** A table, and its columns of a row `o`, by name: a newer version that is rolled back may have more, and in another order. */
function rowsOf(db: DatabaseSync, table: string): string {
  const columns = db.prepare("SELECT name FROM pragma_table_info(?, 'main')").all(table);
  const names = columns.map(({ name }) => String(name));
  return `${table} (${names.join(", ")}) SELECT ${names.map((name) => `o.${name}`).join(", ")}`;
}

/** Whether the store `old` goes on from this one: its chain has this one's last entry, or had it until it was too old. */
function became(db: DatabaseSync): boolean {
  const same = "SELECT 1 FROM main.meta JOIN old.meta AS o USING (key, value) WHERE key = 'installation'";
  if (db.prepare(same).get() === undefined) return false;
  const last = db.prepare("SELECT seq, hash FROM main.audit ORDER BY seq DESC LIMIT 1").get();
  if (last === undefined) return true;
  const found = `SELECT 1 FROM old.audit WHERE seq = ? AND hash = ?
    UNION ALL SELECT 1 FROM old.audit_marks WHERE kind = 'truncation' AND seq >= ?`;
  return db.prepare(found).get(last["seq"], last["hash"], last["seq"]) !== undefined;
}

function recognise(db: DatabaseSync, path: string): void {
  if (Number(db.prepare("PRAGMA application_id").get()?.["application_id"]) !== applicationId)
    throw new SamehandError("store-unavailable", `${path} is no store of Samehand`);
}

/** The files of a store: SQLite's log and its index lie beside it while it is open. */
const besides = (path: string): string[] => ["", "-wal", "-shm", "-journal"].map((suffix) => path + suffix);

/** On the disk, so that it survives a power cut. */
function sync(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const codeOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;

/** What SQLite or the file system said, in the catalogue's words; anything else is a fault of ours and stays as it is. */
function asStoreError(error: unknown, path: string): unknown {
  if (error instanceof SamehandError || (error as { code?: string }).code === undefined) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EEXIST") return new SamehandError("store-unavailable", `${path} exists already`);
  const damaged = codeOf(error) === 11 || codeOf(error) === 26;
  return new SamehandError(damaged ? "store-corrupt" : "store-unavailable", `${path}: ${message}`, error);
}
