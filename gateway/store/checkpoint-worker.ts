/** Moves what the store's log holds into its file, in a thread of its own, and lets the log begin anew. */
import { DatabaseSync } from "node:sqlite";
import { workerData } from "node:worker_threads";

/** What the thread is given. */
export interface CheckpointWork {
  readonly path: string;
  /** The log is moved once it has so many pages. */
  readonly pages: number;
  /** How often it is looked at, ms. */
  readonly every: number;
}

const { path, pages, every } = workerData as CheckpointWork;
const db = new DatabaseSync(path, { timeout: 20 });
db.exec("PRAGMA synchronous = NORMAL");

const mostTries = 10;
/** Pages. */
const few = 64;
type Kind = "NOOP" | "PASSIVE" | "RESTART";

/** @returns pages in the log that the file does not have yet */
function checkpoint(kind: Kind): number {
  const row = db.prepare(`PRAGMA wal_checkpoint(${kind})`).get();
  return Number(row?.["log"]) - Number(row?.["checkpointed"]);
}

setInterval(() => {
  try {
    if (checkpoint("NOOP") < pages) return;
    // Beside the writers; what they wrote meanwhile is less each time, and the last of it is moved while they wait.
    for (let tries = 0; tries < mostTries && checkpoint("PASSIVE") > few; tries++);
    checkpoint("RESTART");
    // Whoever writes next begins the log anew, and waits for the disk: this thread does.
    db.exec(`REPLACE INTO meta (key, value) VALUES ('checkpoint', '${Date.now()}')`);
  } catch {
    // Busy, or a full disk: the log grows, and the next look tries again. The store itself tells of its faults.
  }
}, every);
