/**
 * The background of a farm's own agents, made beside the sessions: profiles are read a few at a time between events,
 * a worker thread puts them together, and until it is ready the one before serves, at first the shipped
 * one, whose people are of elsewhere.
 */
import { extname } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Background } from "../../models/background.ts";
import { Farm } from "../../models/farm.ts";
import { Profile } from "../../models/profile.ts";
import { asSamehandError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { type Enrolment, maturityOf, mostCompared } from "../core/maturity.ts";
import type { AgentName } from "../core/units.ts";
import type { AgentId, Store } from "../store/store.ts";
import type { FarmMade, FarmWork } from "./farm-worker.ts";

export interface FarmBackgroundOptions {
  readonly store: Store;
  readonly background: Background;
  readonly log: Log;
  readonly enrolment: () => Enrolment;
  readonly consented: (id: AgentId) => boolean;
}

interface Member {
  readonly id: AgentId;
  readonly name: AgentName;
  readonly profile: Uint8Array;
}

export class FarmBackground {
  readonly #options: FarmBackgroundOptions;
  readonly #alone: Background;
  #farm: Farm | null = null;
  /** Of whom it was made. */
  #members: ReadonlyMap<AgentName, AgentId> = new Map();
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

  /** How many others an agent's pointing is compared with now; 0: with people of elsewhere. Costs as `backgroundFor`. */
  othersOf(agent: AgentName): number {
    return this.backgroundFor(agent).pointer.others;
  }

  /** Whether the farm that serves was made of this agent too. */
  has(agent: AgentName): boolean {
    return this.#members.has(agent);
  }

  get hasRoom(): boolean {
    return this.#members.size < mostCompared;
  }

  /** Of whom it was made that are in the store no more. @throws SamehandError `store-unavailable` */
  get missing(): AgentName[] {
    return [...this.#members].flatMap(([name, id]) => (this.#isKept(name, id) ? [] : [name]));
  }

  #isKept(name: AgentName, id: AgentId): boolean {
    return this.#options.store.agent(name)?.id === id;
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
      if (this.#closed || (agents.length === 0 && this.#farm === null)) return;
      if (agents.length === 0) return this.#serve(null, agents);
      const made = await this.#assemble({ keyboard: this.#options.background.keyboard.encode(), agents });
      if (made === null || this.#closed) return;
      for (const detail of made.unreadable) this.#leftOut("profile-unreadable", detail);
      // Who was forgotten meanwhile is in none that serves.
      if (!agents.every(({ name, id }) => this.#isKept(name, id))) return await this.#make();
      this.#serve(new Farm(this.#options.background, made.tables), agents);
    } catch (error) {
      const { code, detail } = asSamehandError(error, "verification-failed");
      this.#options.log.error({ code, detail }, "the farm's background could not be made");
    }
  }

  #serve(farm: Farm | null, members: readonly Member[]): void {
    this.#farm = farm;
    this.#members = new Map(members.map(({ name, id }) => [name, id]));
    this.version++;
  }

  async #read(): Promise<Member[]> {
    const { store, enrolment, consented } = this.#options;
    const work: Member[] = [];
    for (const page of store.agentPages()) {
      await turn();
      for (const record of page) {
        if (work.length >= mostCompared) return work;
        if (maturityOf(record, enrolment()) !== "mature" || !consented(record.id)) continue;
        // One between two turns of the event loop: events that wait go first.
        await turn();
        if (this.#closed) return [];
        const profile = this.#profileOf(record.id);
        if (profile !== null) work.push({ id: record.id, name: record.name, profile });
      }
    }
    return work;
  }

  /** One whom nobody can read is left out: the others must not wait for that one. @throws SamehandError `store-unavailable` */
  #profileOf(id: AgentId): Uint8Array | null {
    try {
      const stored = this.#options.store.profile(id);
      if (stored !== null) Profile.factsOf(stored.body);
      return stored?.body ?? null;
    } catch (error) {
      const { code, detail } = asSamehandError(error, "store-unavailable");
      if (code !== "profile-unreadable") throw error;
      this.#leftOut(code, detail);
      return null;
    }
  }

  #leftOut(code: string, detail: string): void {
    this.#options.log.warn({ code, detail }, "an agent is left out of the farm's background");
  }

  /** @returns null where the thread was ended from outside */
  #assemble(workerData: FarmWork): Promise<FarmMade | null> {
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
