/**
 * Has pointer trees grown for agents who have shown enough actions, one agent at a time, in a worker thread; and
 * again when they have shown a good deal more, or the farm has twice as many others to tell them from. Losing a thread
 * loses only what it was growing.
 */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import type { Log } from "../core/log.ts";
import type { AgentId } from "../store/store.ts";
import type { TreeWork } from "./tree-worker.ts";

/** Actions from which trees are better than histograms alone: they were from three minutes' on (docs/ACCURACY.md). */
const fewestActions = 200;
/** Grown again when there are this many times the actions, or this many times the others. */
const growth = 1.25;
const othersGrowth = 2;
/** A thread that takes longer is given up, ms. */
const longest = 120_000;
const mostWaiting = 256;

/** One agent whose trees are due. */
export interface Due {
  readonly id: AgentId;
  readonly actions: number;
  readonly background: () => Background;
  readonly profile: () => Uint8Array | null;
  /** @param among how many others they were grown against */
  readonly done: (trees: Uint8Array, among: number) => void;
}

/** When an agent's trees were grown last. */
interface Grown {
  readonly actions: number;
  readonly among: number;
}

export class TreeGrowth {
  readonly #log: Log;
  readonly #grown = new Map<AgentId, Grown>();
  readonly #waiting = new Map<AgentId, Due>();
  #worker: Worker | null = null;
  /** Whose trees are grown now; null where nobody's, or nobody waits for them any more. */
  #growing: AgentId | null = null;
  #closed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Asks for an agent's trees, where they are due. */
  offer(due: Due): void {
    if (this.#waiting.size >= mostWaiting || !isDue(due, this.#grown.get(due.id))) return;
    this.#waiting.set(due.id, due);
    this.#next();
  }

  /** The agent was forgotten, or taken back to an older profile: what is grown of the one before is not wanted. */
  forget(id: AgentId): void {
    this.#waiting.delete(id);
    this.#grown.delete(id);
    if (this.#growing === id) this.#growing = null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    await this.#worker?.terminate();
  }

  #next(): void {
    const due = this.#waiting.values().next().value;
    if (this.#worker !== null || this.#closed || due === undefined) return;
    this.#waiting.delete(due.id);
    try {
      this.#grow(due);
    } catch (error) {
      this.#log.error({ code: "trees-failed", why: String(error) }, "an agent's trees could not be grown");
    }
  }

  #grow(due: Due): void {
    const profile = due.profile();
    if (profile === null) return;
    // What was grown before a restart is known from the profile only.
    const { grownAt, grownAmong } = Profile.factsOf(profile);
    const { pointer, facts } = due.background();
    const { others } = pointer;
    const grown = { actions: grownAt, among: grownAmong };
    this.#grown.set(due.id, isDue(due, grown) ? { actions: due.actions, among: others } : grown);
    if (!isDue(due, grown)) return;
    const workerData: TreeWork = { against: pointer.against, profile, seed: facts.seed };
    const worker = new Worker(new URL(`tree-worker${extname(import.meta.url)}`, import.meta.url), { workerData });
    this.#worker = worker;
    this.#growing = due.id;
    const late = setTimeout(() => void worker.terminate(), longest).unref();
    worker.unref();
    worker.on("message", (trees: Uint8Array) => {
      if (this.#growing === due.id) due.done(trees, others);
    });
    worker.on("error", (error) =>
      this.#log.error({ code: "trees-failed", why: error.message }, "an agent's trees could not be grown"),
    );
    worker.on("exit", () => {
      clearTimeout(late);
      this.#worker = null;
      this.#next();
    });
  }
}

/** Whether an agent's trees are worth growing: there is enough to learn from, and more than the last time. */
function isDue({ actions, background }: Due, last: Grown = { actions: 0, among: 0 }): boolean {
  const { others } = background().pointer;
  return (
    others > 0 && actions >= fewestActions && (actions >= last.actions * growth || others >= last.among * othersGrowth)
  );
}
