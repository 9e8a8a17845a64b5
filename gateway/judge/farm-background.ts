/**
 * The background of a farm's own agents, made beside the sessions: profiles are read a few at a time between events,
 * a worker thread puts them together, and until it is ready the one before serves, at first the shipped
 * one, whose people are of elsewhere.
 */
import { extname } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Background } from "../../models/background.ts";
import { Farm, type FarmTables } from "../../models/farm.ts";
import { asSamehandError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { type Enrolment, maturityOf } from "../core/maturity.ts";
import type { AgentName } from "../core/units.ts";
import type { AgentId, Store } from "../store/store.ts";
import type { FarmWork } from "./farm-worker.ts";

/** Mature agents that stand for the farm: more would cost memory and change little. */
const mostInFarm = 200;

export interface FarmBackgroundOptions {
  readonly store: Store;
  readonly background: Background;
  readonly log: Log;
  readonly enrolment: () => Enrolment;
  readonly consented: (id: AgentId) => boolean;
}

export class FarmBackground {
  readonly #options: FarmBackgroundOptions;
  readonly #alone: Background;
  #farm: Farm | null = null;
  #making: Promise<void> = Promise.resolve();
  #worker: Worker | null = null;
  #closed = false;
  /** Counts up whenever another farm serves. */
  version = 0;

  constructor(options: FarmBackgroundOptions) {
    this.#options = options;
    this.#alone = options.background.alone();
  }

  /** What verifies claims to be `agent` now. Costs microseconds but for an agent's first time in a farm. */
  backgroundFor(agent: AgentName): Background {
    return this.#farm?.backgroundFor(agent) ?? this.#alone;
  }

  /** Makes the farm anew from what was learned since. Never throws; a fault is logged, and what served goes on. */
  refresh(): Promise<void> {
    // One after the other: what was asked for last has seen everything up to then.
    this.#making = this.#making.then(() => this.#make());
    return this.#making;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
    await this.#making;
  }

  async #make(): Promise<void> {
    if (this.#closed) return;
    try {
      const agents = await this.#read();
      if (agents.length === 0 || this.#closed) return;
      const tables = await this.#assemble({ keyboard: this.#options.background.keyboard.encode(), agents });
      if (tables === null || this.#closed) return;
      this.#farm = new Farm(this.#options.background, tables);
      this.version++;
    } catch (error) {
      const { code, detail } = asSamehandError(error, "verification-failed");
      this.#options.log.error({ code, detail }, "the farm's background could not be made");
    }
  }

  async #read(): Promise<FarmWork["agents"]> {
    const { store, enrolment, consented } = this.#options;
    const work: { name: string; profile: Uint8Array }[] = [];
    for (const record of store.agents()) {
      if (work.length >= mostInFarm) break;
      if (maturityOf(record, enrolment()) !== "mature" || !consented(record.id)) continue;
      // One between two turns of the event loop: events that wait go first.
      await turn();
      if (this.#closed) return [];
      const stored = store.profile(record.id);
      if (stored !== null) work.push({ name: record.name, profile: stored.body });
    }
    return work;
  }

  /** @returns null where the thread was ended from outside */
  #assemble(workerData: FarmWork): Promise<FarmTables | null> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL(`farm-worker${extname(import.meta.url)}`, import.meta.url), { workerData });
      this.#worker = worker;
      worker.unref();
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", () => {
        this.#worker = null;
        resolve(null);
      });
    });
  }
}
