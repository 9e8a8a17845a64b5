/**
 * Keeps SQLite's checkpoints out of the event loop. A checkpoint waits for the disk three times, tens of milliseconds
 * on a busy one; within a session's write no input of any session went through meanwhile.
 */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Log } from "../core/log.ts";
import type { CheckpointWork } from "./checkpoint-worker.ts";

/** 8 MB of 4 KB pages. */
const pages = 2048;
const every = 1000;

export class Checkpointer {
  readonly #worker: Worker;
  #closed = false;

  /** @param lost the thread is gone: checkpoints must be made elsewhere */
  constructor(path: string, log: Log, lost: () => void) {
    const file = new URL(`checkpoint-worker${extname(import.meta.url)}`, import.meta.url);
    const workerData: CheckpointWork = { path, pages, every };
    this.#worker = new Worker(file, {
      workerData,
      // Nothing of how the process was started: a profiler or a loader is none of the thread's business.
      execArgv: [],
      env: {},
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 },
    });
    this.#worker.unref();
    this.#worker.on("error", (error) => log.error({ cause: String(error) }, "the store's checkpoints failed"));
    this.#worker.on("exit", () => {
      if (!this.#closed) lost();
    });
  }

  close(): void {
    this.#closed = true;
    void this.#worker.terminate();
  }
}
