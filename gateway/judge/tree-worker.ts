/** Grows one agent's pointer trees in a thread of its own: it takes seconds, and sessions must not wait. */
import { parentPort, workerData } from "node:worker_threads";
import { growAgainst } from "../../models/pointer/growth.ts";
import { Profile } from "../../models/profile.ts";

/** What the thread is given. */
export interface TreeWork {
  /** Rows of the farm's other agents, as the pointer model gives them. */
  readonly against: Uint8Array;
  /** The agent's profile, encoded. */
  readonly profile: Uint8Array;
  readonly seed: number;
}

const { against, profile, seed } = workerData as TreeWork;
// eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread's message has no origin
parentPort?.postMessage(growAgainst(Profile.pointerOf(profile).pointer, against, { seed }));
