/** The thread that does a portion of an evaluation. */
import { parentPort, workerData } from "node:worker_threads";
import { type Portion, type PortionMessage, runPortion } from "./portion.ts";

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const tell = (message: PortionMessage): void => parentPort?.postMessage(message);
runPortion(workerData as Portion, tell);
