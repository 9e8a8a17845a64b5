/** Puts a farm's background together in a thread of its own: it takes a tenth of a second and more, and sessions must not wait. */
import { parentPort, workerData } from "node:worker_threads";
import { type FarmMember, farmTables } from "../../models/farm.ts";
import { KeyboardModel } from "../../models/keyboard/model.ts";
import { Profile } from "../../models/profile.ts";

/** What the thread is given: the keyboard model, the farm's agents by name, and their profiles, all encoded. */
export interface FarmWork {
  readonly keyboard: Uint8Array;
  readonly agents: readonly { readonly name: string; readonly profile: Uint8Array }[];
}

const { keyboard, agents } = workerData as FarmWork;
const model = KeyboardModel.decode(keyboard);
const members = agents.map(({ name, profile }): FarmMember => ({
  name,
  keyboard: Profile.keyboardOf(profile, model),
  ...Profile.pointerOf(profile),
}));
const tables = farmTables(model, members);
const { rows, starts, shares, maps, vectors, means, variances } = tables;
// eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread's message has no origin
parentPort?.postMessage(
  tables,
  [rows, starts, shares, maps, vectors, means, variances].map(({ buffer }) => buffer as ArrayBuffer),
);
