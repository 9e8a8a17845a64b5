/**
 * The agents' data keys of a backup, in a file of their own beside it. The snapshot itself has none, so that an agent
 * who is forgotten can be erased from every snapshot ever made by replacing that one small file: without the data key
 * nobody opens the profile, the key ring included.
 *
 * A line of JSON for each agent; the keys are wrapped by the key ring, as they are in the store.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { SamehandError } from "../core/errors.ts";

interface Line {
  readonly agent: string;
  readonly key: string;
  /** base64url */
  readonly wrapped: string;
}

/**
 * Moves the data keys out of a snapshot into a new file, for nobody else to read.
 * @param db the snapshot, which nobody else has open
 */
export function takeOut(db: DatabaseSync, file: string): void {
  // Neither free pages nor a journal may keep what is taken out.
  db.exec("PRAGMA journal_mode = OFF; PRAGMA secure_delete = ON");
  const rows = db.prepare("SELECT id, key_id, data_key FROM agents").all();
  const lines = rows.map(({ id, key_id, data_key }) => {
    const wrapped = Buffer.from(data_key as Uint8Array).toString("base64url");
    return `${JSON.stringify({ agent: String(id), key: String(key_id), wrapped } satisfies Line)}\n`;
  });
  const descriptor = openSync(file, "wx", 0o600);
  try {
    writeSync(descriptor, lines.join(""));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  db.exec("UPDATE agents SET data_key = x''");
}

/**
 * Puts data keys back into a copy of a snapshot. Agents whose key is not there were forgotten: they are deleted with
 * all that hangs on them.
 * @returns how many were
 * @throws SamehandError `store-unavailable` where the file is not there, `store-corrupt` where it is none
 */
export function putBack(db: DatabaseSync, file: string): number {
  const missing = db.prepare("SELECT 1 FROM agents WHERE length(data_key) = 0").get() !== undefined;
  if (!missing) return 0;
  const set = db.prepare("UPDATE agents SET key_id = ?, data_key = ? WHERE id = ? AND length(data_key) = 0");
  db.exec("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; BEGIN");
  for (const { agent, key, wrapped } of read(file)) set.run(key, Buffer.from(wrapped, "base64url"), agent);
  const { changes } = db.prepare("DELETE FROM agents WHERE length(data_key) = 0").run();
  db.exec("COMMIT");
  return Number(changes);
}

function read(file: string): Line[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new SamehandError("store-unavailable", `${file}: the agents' keys of the backup cannot be read`, error);
  }
  try {
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const { agent, key, wrapped } = JSON.parse(line) as Line;
        if ([agent, key, wrapped].some((part) => typeof part !== "string")) throw new TypeError("no key");
        return { agent, key, wrapped };
      });
  } catch (error) {
    throw new SamehandError("store-corrupt", `${file}: no file of agents' keys`, error);
  }
}
