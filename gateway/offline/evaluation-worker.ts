/** The thread that runs a portion of an evaluation's trials. */
import { parentPort, workerData } from "node:worker_threads";
import { type Portion, type PortionMessage, runPortion } from "./evaluation.ts";

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const tell = (message: PortionMessage): void => parentPort?.postMessage(message);
tell({ results: runPortion(workerData as Portion, tell) });
