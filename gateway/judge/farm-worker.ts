/** Puts a farm's background together in a thread of its own: it takes a tenth of a second and more, and sessions must not wait. */
import { parentPort, workerData } from "node:worker_threads";
import { type FarmMember, type FarmTables, farmTables } from "../../models/farm.ts";
import { KeyboardModel } from "../../models/keyboard/model.ts";
import { Profile } from "../../models/profile.ts";
import { asSamehandError } from "../core/errors.ts";

/** What the thread is given: the keyboard model, the farm's agents by name, and their profiles, all encoded. */
export interface FarmWork {
  readonly keyboard: Uint8Array;
  readonly agents: readonly { readonly name: string; readonly profile: Uint8Array }[];
}

/** What it hands back. */
export interface FarmMade {
  readonly tables: FarmTables;
  /** What is wrong with each profile that was left out. */
  readonly unreadable: readonly string[];
}

const { keyboard, agents } = workerData as FarmWork;
const model = KeyboardModel.decode(keyboard);
const unreadable: string[] = [];
/** One whom nobody can read is left out: the others must not wait for that one. */
const members = agents.flatMap(({ name, profile }): FarmMember[] => {
  try {
    return [{ name, keyboard: Profile.keyboardOf(profile, model), ...Profile.pointerOf(profile) }];
  } catch (error) {
    unreadable.push(asSamehandError(error, "profile-unreadable").detail);
    return [];
  }
});
const tables = farmTables(model, members);
const { rows, starts, shares, maps, vectors, means, variances } = tables;
// eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread's message has no origin
parentPort?.postMessage(
  { tables, unreadable } satisfies FarmMade,
  [rows, starts, shares, maps, vectors, means, variances].map(({ buffer }) => buffer as ArrayBuffer),
);
