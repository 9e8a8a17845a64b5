/** The SQLite file: kysely writes the statements, node:sqlite runs them, faults become the catalogue's errors. */
import { closeSync, existsSync, openSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import {
  type Compilable,
  type CompiledQuery,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { type ErrorCode, SamehandError } from "../core/errors.ts";
import { type Tables, applicationId, migrations } from "./schema.ts";

/** Builds statements and runs none: the store is synchronous, kysely's drivers are not. */
export const sql = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

type Row = Record<string, unknown>;
/** Hears how long each read and each write took, in seconds. */
export type Observe = (operation: "read" | "write", seconds: number) => void;

export class Database {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #observe: Observe;
  readonly #statements = new Map<string, StatementSync>();
  #problem: SamehandError | null = null;

  /**
   * Opens or creates the file, checks it and brings it to the newest version.
   * @param busyMillis how long a statement waits for another process; the event loop waits with it
   * @throws SamehandError `store-unavailable`, `store-corrupt`
   */
  constructor(path: string, busyMillis: number, observe: Observe) {
    this.#path = path;
    this.#observe = observe;
    try {
      // The profile of a worker is nobody else's business: -wal and -shm take over these rights.
      if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
      this.#db = new DatabaseSync(path, { timeout: busyMillis, allowExtension: false });
    } catch (error) {
      throw storeError(error, path);
    }
    try {
      this.#recognise();
      this.#db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
      // Deleted rows are overwritten: erasing an agent leaves no trace in free pages.
      this.#db.exec("PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
      this.#check();
      this.#migrate();
    } catch (error) {
      this.#db.close();
      throw storeError(error, path);
    }
  }

  /** Before anything is written: is it a Samehand store, or nothing yet? */
  #recognise(): void {
    const empty = this.#db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
    if (!empty && this.#pragma("application_id") !== applicationId)
      throw new SamehandError("store-unavailable", `${this.#path} is the file of another program`);
    if (this.#pragma("user_version") > migrations.length)
      throw new SamehandError("store-unavailable", `${this.#path} was written by a newer Samehand`);
  }

  #check(): void {
    const faults = this.#db.prepare("PRAGMA integrity_check(1)").all();
    const fault = String(faults[0]?.["integrity_check"]);
    if (fault !== "ok") throw new SamehandError("store-corrupt", `${this.#path}: the integrity check failed`);
  }

  #migrate(): void {
    if (this.#pragma("user_version") === migrations.length) return;
    this.transaction(() => {
      const version = this.#pragma("user_version");
      for (const step of migrations.slice(version))
        if (typeof step === "string") this.#db.exec(step);
        else step(this.#db);
      this.#db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`);
    });
  }

  #pragma(name: string): number {
    return Number(this.#db.prepare(`PRAGMA ${name}`).get()?.[name]);
  }

  /** What the last use of the file failed with; null again after the next successful write. */
  get problem(): SamehandError | null {
    return this.#problem;
  }

  /** Changes when another connection changed the file, never by this one's own writes. */
  get dataVersion(): number {
    return this.#guard(() => this.#pragma("data_version"));
  }

  all<Out>(query: Compilable<Out>): Out[] {
    const { sql, parameters } = query.compile();
    const rows = this.#timed("read", () => this.#prepare(sql).all(...(parameters as SQLInputValue[])));
    return rows as Row[] as Out[];
  }

  first<Out>(query: Compilable<Out>): Out | undefined {
    const { sql, parameters } = query.compile();
    const row = this.#timed("read", () => this.#prepare(sql).get(...(parameters as SQLInputValue[])));
    return row as Row | undefined as Out | undefined;
  }

  /**
   * As `first`, of a statement whose text was compiled once: putting a query together takes longer than running it.
   * @param parameters in the statement's order
   */
  firstOf<Out>({ sql }: CompiledQuery<Out>, parameters: readonly SQLInputValue[]): Out | undefined {
    const row = this.#timed("read", () => this.#prepare(sql).get(...parameters));
    return row as Row | undefined as Out | undefined;
  }

  /** As `all`, in the same way. */
  allOf<Out>({ sql }: CompiledQuery<Out>, parameters: readonly SQLInputValue[]): Out[] {
    const rows = this.#timed("read", () => this.#prepare(sql).all(...parameters));
    return rows as Row[] as Out[];
  }

  /** As `run`, in the same way. */
  runOf({ sql }: CompiledQuery, parameters: readonly SQLInputValue[]): number {
    return this.#guard(() => Number(this.#prepare(sql).run(...parameters).changes));
  }

  /** Within a transaction. @returns the number of rows changed */
  run(query: Compilable): number {
    const { sql, parameters } = query.compile();
    return this.#guard(() => Number(this.#prepare(sql).run(...(parameters as SQLInputValue[])).changes));
  }

  /** Runs `work` whole or not at all. @throws what `work` throws, and SamehandError as above */
  transaction<Out>(work: () => Out): Out {
    return this.#timed("write", () => {
      this.#prepare("BEGIN IMMEDIATE").run();
      try {
        const out = work();
        this.#prepare("COMMIT").run();
        this.#problem = null;
        return out;
      } catch (error) {
        // Some faults have rolled back already.
        if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
        throw error;
      }
    });
  }

  /** As `transaction`, and on the disk before it returns, so that it also survives a power cut. */
  durably<Out>(work: () => Out): Out {
    this.#guard(() => this.#db.exec("PRAGMA synchronous = FULL"));
    try {
      return this.transaction(work);
    } finally {
      this.#guard(() => this.#db.exec("PRAGMA synchronous = NORMAL"));
    }
  }

  /**
   * Moves all changes into the main file and empties the log, so that nothing erased stays in it.
   * @returns false where somebody else was at it, or read: then it must be done again
   */
  checkpoint(): boolean {
    return this.#guard(() => this.#db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"] === 0);
  }

  /** After how many pages in the log a write moves them into the file itself, waiting for the disk. */
  set checkpointAfter(pages: number) {
    this.#guard(() => this.#db.exec(`PRAGMA wal_autocheckpoint = ${pages}`));
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #timed<Out>(operation: "read" | "write", work: () => Out): Out {
    const start = performance.now();
    try {
      return this.#guard(work);
    } finally {
      this.#observe(operation, (performance.now() - start) / 1000);
    }
  }

  #prepare(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  #guard<Out>(work: () => Out): Out {
    try {
      return work();
    } catch (error) {
      if (!isMedium(error)) throw error;
      const known = storeError(error, this.#path);
      this.#problem = known;
      throw known;
    }
  }
}

/** SQLite's primary result codes: https://sqlite.org/rescode.html */
const damaged = new Set([11, 26]);
/** Busy, locked, no memory, read-only, input or output, damaged, full, cannot open, not a database. */
const mayPass = new Set([5, 6, 7, 8, 10, 11, 13, 14, 26]);

const primaryCode = (error: unknown): number => ((error as { errcode?: number } | undefined)?.errcode ?? 0) & 0xff;

/** Whether SQLite said so, and not what ran within a transaction. */
const isMedium = (error: unknown): boolean => (error as { code?: string }).code === "ERR_SQLITE_ERROR";

/** The catalogue's error for what SQLite or the file system said. */
function storeError(error: unknown, path: string): SamehandError {
  if (error instanceof SamehandError) return error;
  const fault = error as { errstr?: string; code?: string };
  const code: ErrorCode = damaged.has(primaryCode(error)) ? "store-corrupt" : "store-unavailable";
  return new SamehandError(code, `${path}: ${fault.errstr ?? fault.code ?? "unknown fault"}`, error);
}

/** Whether the same write may succeed later: the medium failed, not the statement. */
export function worthRetrying(error: unknown): boolean {
  return error instanceof SamehandError && mayPass.has(primaryCode(error.cause));
}
