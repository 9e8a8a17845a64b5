/** Puts a farm's background together in a thread of its own: it takes a tenth of a second and more, and sessions must not wait. */
import { parentPort, workerData } from "node:worker_threads";
import { type FarmMember, farmTables } from "../../models/farm.ts";
import { Profile } from "../../models/profile.ts";

/** What the thread is given: the farm's agents by name, and their profiles, encoded. */
export type FarmWork = readonly { readonly name: string; readonly profile: Uint8Array }[];

const members = (workerData as FarmWork).map(({ name, profile }): FarmMember => ({
  name,
  ...Profile.pointerOf(profile),
}));
const tables = farmTables(members);
const { rows, starts, shares, maps } = tables;
// eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread's message has no origin
parentPort?.postMessage(
  tables,
  [rows, starts, shares, maps].map(({ buffer }) => buffer as ArrayBuffer),
);
