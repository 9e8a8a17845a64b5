/**
 * Brings the audit chain to one receiver: in order, from where it got to before, at least once. The chain itself is the
 * queue, so that a receiver that is away costs nothing but its own lag.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { AuditEntry } from "../store/audit-entry.ts";
import type { DeadLetter, DeliveryState, DeliveryStore } from "../store/deliveries.ts";
import { type Carrier, Refused } from "./carrier.ts";
import type { Notice } from "./notice.ts";

export interface CourierOptions {
  readonly receiver: string;
  readonly carrier: Carrier;
  readonly deliveries: DeliveryStore;
  /** Oldest first, above a sequence number. */
  readonly entries: (after: number, most: number) => readonly AuditEntry[];
  /** The newest sequence number; 0 where there is none. */
  readonly newest: () => number;
  readonly notice: (entry: AuditEntry) => Notice;
  readonly log: Log;
  readonly clock: Clock;
  /** How long an attempt may go on after `stop`, ms. */
  readonly graceMillis?: number;
}

/** Between two looks, and the first and the longest wait after a failure; ms. */
const pauses = { look: 1000, first: 1000, longest: 300_000 };
/** With what else a stop takes it must fit into the time that a supervisor gives, which is drainSeconds and some. */
const usualGrace = 2000;

export class Courier {
  readonly #options: CourierOptions;
  readonly #end = new AbortController();
  /** Gives up the attempt that is under way. */
  readonly #cut = new AbortController();
  #carrier: Carrier;
  /** Takes over before the next attempt. */
  #next: Carrier | null = null;
  #wake = new AbortController();
  #state: DeliveryState | null = null;
  #running: Promise<void> | null = null;
  #waitingSince: number | null = null;
  delivered = 0;
  failures = 0;
  deadLetters = 0;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#carrier = options.carrier;
  }

  get receiver(): string {
    return this.#options.receiver;
  }

  /** How old the oldest entry is that was not delivered, seconds; 0 where none waits. */
  get lagSeconds(): number {
    return this.#waitingSince === null ? 0 : Math.max(0, (this.#options.clock.wall() - this.#waitingSince) / 1000);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Goes on with another carrier, at once: whatever was the matter with the one before may be mended. */
  use(carrier: Carrier): void {
    this.#next?.close();
    this.#next = carrier;
    this.#wake.abort();
  }

  /** Begins no other attempt. What is under way is given up after a moment, and sent again after the next start. */
  async stop(): Promise<void> {
    this.#end.abort();
    const cut = setTimeout(() => this.#cut.abort(), this.#options.graceMillis ?? usualGrace);
    await this.#running;
    clearTimeout(cut);
    this.#next?.close();
    this.#carrier.close();
  }

  /** Whether the next attempt is another carrier's, or that of another start. */
  get #leaving(): boolean {
    return this.#end.signal.aborted || this.#next !== null;
  }

  async #run(): Promise<void> {
    const { look, first, longest } = pauses;
    let wait = first;
    while (!this.#end.signal.aborted) {
      let pause = look;
      if (this.#next !== null) {
        this.#carrier.close();
        this.#carrier = this.#next;
        this.#next = null;
        this.#wake = new AbortController();
        wait = first;
      }
      try {
        if (await this.#step()) pause = 0;
        wait = first;
      } catch (error) {
        if (this.#cut.signal.aborted) return;
        this.failures += 1;
        this.#tell(error);
        // Apart from one another: receivers that come back together are not asked together.
        pause = wait * (0.75 + Math.random() / 2);
        wait = Math.min(longest, wait * 2);
      }
      const signal = AbortSignal.any([this.#end.signal, this.#wake.signal]);
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }

  /** @returns whether there may be more at once */
  async #step(): Promise<boolean> {
    const { deliveries, receiver, entries, newest } = this.#options;
    // Read again each time: the command line may have asked to try again.
    const state = deliveries.state(receiver) ?? { seq: newest(), dead: [], told: "nothing to deliver yet" };
    if (this.#state === null) deliveries.keep(receiver, state);
    this.#state = state;
    await this.#again(state);
    if (this.#leaving) return true;
    const waiting = entries(this.#state.seq, this.#carrier.most);
    this.#waitingSince = waiting[0]?.at ?? null;
    if (waiting.length === 0) return false;
    await this.#carry(waiting);
    return true;
  }

  /** Tries what was refused before, where somebody asked for it. */
  async #again({ dead }: DeliveryState): Promise<void> {
    for (const letter of dead.filter(({ again }) => again)) {
      if (this.#leaving) return;
      const [entry] = this.#options.entries(letter.seq - 1, 1);
      const rest = (this.#state?.dead ?? []).filter(({ seq }) => seq !== letter.seq);
      if (entry?.seq === letter.seq) {
        try {
          await this.#carrier.carry([this.#options.notice(entry)], this.#cut.signal);
          this.delivered += 1;
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          rest.push({ ...letter, why: error.message, again: false });
        }
      }
      this.#keep({ dead: rest }, letter.seq);
    }
  }

  async #carry(waiting: readonly AuditEntry[]): Promise<void> {
    const { notice } = this.#options;
    try {
      await this.#carrier.carry(waiting.map(notice), this.#cut.signal);
      this.delivered += waiting.length;
      this.#keep({ seq: waiting.at(-1)!.seq, told: "delivered" });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // One of many may be what it does not take: each by itself.
      const [only, ...others] = waiting;
      if (others.length > 0) await this.#carryEach(waiting);
      else this.#bury({ seq: only.seq, why: error.message, again: false });
    }
  }

  async #carryEach(waiting: readonly AuditEntry[]): Promise<void> {
    for (const entry of waiting) {
      if (this.#leaving) return;
      await this.#carry([entry]);
    }
  }

  #bury(letter: DeadLetter): void {
    this.deadLetters += 1;
    this.#keep({ seq: letter.seq, dead: [...this.#state!.dead, letter], told: `refused: ${letter.why}` });
  }

  /** @param tried whose mark was just followed; every other that was set during the attempt stays */
  #keep(change: Partial<DeliveryState>, tried?: number): void {
    const { deliveries, receiver } = this.#options;
    const state = { ...this.#state!, ...change };
    const asked = new Set(deliveries.state(receiver)?.dead.flatMap(({ seq, again }) => (again ? [seq] : [])));
    const dead = state.dead.map((letter) =>
      asked.has(letter.seq) && letter.seq !== tried ? { ...letter, again: true } : letter,
    );
    this.#state = { ...state, dead };
    deliveries.keep(receiver, this.#state);
  }

  /** The message only: an address or a status, never what was sent. */
  #tell(error: unknown): void {
    const told = error instanceof Error ? error.message : String(error);
    this.#options.log.warn({ receiver: this.receiver, told }, "the audit could not be delivered");
    try {
      if (this.#state !== null && this.#state.told !== told) this.#keep({ told });
    } catch {
      // The store is away: that is told where it is used, and tried again with the next entry.
    }
  }
}
