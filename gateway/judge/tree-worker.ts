/** Grows one agent's pointer trees in a thread of its own: it takes seconds, and sessions must not wait. */
import { parentPort, workerData } from "node:worker_threads";
import { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";

/** What the thread is given. */
export interface TreeWork {
  /** The background of the agent's farm, encoded. */
  readonly background: Uint8Array;
  /** The agent's profile, encoded. */
  readonly profile: Uint8Array;
}

const { background, profile } = workerData as TreeWork;
const farm = Background.decode(background);
// eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread's message has no origin
parentPort?.postMessage(farm.growTrees(Profile.decode(profile, farm)));
