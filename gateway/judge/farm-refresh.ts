/**
 * When the farm's background is made anew: every hour, soon after an agent of whom it knows nothing is mature, and at once
 * when one of its agents is forgotten or taken back. One at a time, and what comes meanwhile is one more.
 */
import type { AgentName } from "../core/units.ts";

export interface FarmRefreshOptions {
  /** Makes it anew. Never rejects. */
  readonly refresh: () => Promise<void>;
  /** Whether the farm that serves was made of this agent too. */
  readonly has: (agent: AgentName) => boolean;
  /** Whether another agent would be taken in. */
  readonly hasRoom: () => boolean;
  readonly pauses?: Pauses;
}

export interface Pauses {
  /** From the first agent who is new to it, so that others who come at the same time are in it too, ms. */
  readonly settle: number;
  /** Before it is made anew for agents who are new to it, ms. */
  readonly rest: number;
  readonly usual: number;
}

/** It takes a tenth of a second and more of a thread, and each session a millisecond. */
const pauses: Pauses = { settle: 15_000, rest: 120_000, usual: 3_600_000 };

export class FarmRefresh {
  readonly #options: FarmRefreshOptions;
  readonly #pauses: Pauses;
  readonly #usual: NodeJS.Timeout;
  /** Until it is due for somebody new. */
  #settling: NodeJS.Timeout | null = null;
  #resting: NodeJS.Timeout | null = null;
  #busy = false;
  /** Somebody new came while it rested. */
  #waited = false;
  /** Somebody left while it was made, who may be in it. */
  #again = false;
  #closed = false;

  constructor(options: FarmRefreshOptions) {
    this.#options = options;
    this.#pauses = options.pauses ?? pauses;
    this.#usual = setInterval(() => void this.#run(), this.#pauses.usual).unref();
  }

  /** An agent is mature. Costs nothing where that is known. */
  matured(agent: AgentName): void {
    const { has, hasRoom } = this.#options;
    if (!has(agent) && hasRoom()) this.#soon();
  }

  /** An agent was forgotten, or taken back to what was known before. */
  left(agent: AgentName): void {
    if (this.#busy) this.#again = true;
    else if (this.#options.has(agent)) void this.#run();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#usual);
    clearTimeout(this.#settling ?? undefined);
    clearTimeout(this.#resting ?? undefined);
  }

  #soon(): void {
    if (this.#busy || this.#resting !== null) this.#waited = true;
    else this.#settling ??= setTimeout(() => void this.#run(), this.#pauses.settle).unref();
  }

  async #run(): Promise<void> {
    if (this.#busy || this.#closed) return;
    this.#busy = true;
    clearTimeout(this.#settling ?? undefined);
    this.#settling = null;
    do {
      this.#again = false;
      await this.#options.refresh();
    } while (this.#again && !this.#closed);
    this.#busy = false;
    if (!this.#closed) this.#rest();
  }

  #rest(): void {
    clearTimeout(this.#resting ?? undefined);
    this.#resting = setTimeout(() => {
      this.#resting = null;
      if (this.#waited) this.#soon();
      this.#waited = false;
    }, this.#pauses.rest).unref();
  }
}
