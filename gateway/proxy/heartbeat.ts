/**
 * The one timer of all sessions: a beat that notices when the event loop was blocked (whatever was read since then
 * waited for an unknown time, so its timing lies), and a tick for each session once a second, spread over the beats.
 */
import type { Clock } from "../core/clock.ts";
import type { Millis, SessionId } from "../core/units.ts";
import type { Tunnel } from "./tunnel.ts";

const beatMillis = 20;
/** A beat that comes so late is a block: longer than garbage collection and busy neighbours make it in normal work. */
const lateMillis = 50;
const beatsPerRound = 50;

export class Heartbeat {
  readonly #clock: Clock;
  readonly #tunnels: ReadonlyMap<SessionId, Tunnel>;
  #timer: NodeJS.Timeout | null = null;
  #last: Millis;
  #beats = 0;
  /** The last beat was late: what is read until the next one may have waited with it. */
  #wasLate = false;
  /** Who is still to be ticked in this round, and how many at each beat. */
  #round: Iterator<Tunnel>;
  #perBeat = 1;

  constructor(clock: Clock, tunnels: ReadonlyMap<SessionId, Tunnel>) {
    this.#clock = clock;
    this.#tunnels = tunnels;
    this.#round = tunnels.values();
    this.#last = clock.now();
  }

  start(): void {
    this.#last = this.#clock.now();
    this.#timer = setInterval(() => this.#beat(), beatMillis);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** True where the loop was blocked just before `at`: sockets may be read before the late beat comes. */
  late(at: Millis): boolean {
    return this.#timer !== null && (this.#wasLate || at - this.#last > beatMillis + lateMillis);
  }

  #beat(): void {
    const now = this.#clock.now();
    const late = now - this.#last > beatMillis + lateMillis;
    this.#wasLate = late;
    this.#last = now;
    if (late) for (const tunnel of this.#tunnels.values()) tunnel.stalled(now);
    if (this.#beats % beatsPerRound === 0) {
      this.#round = this.#tunnels.values();
      this.#perBeat = Math.ceil(this.#tunnels.size / beatsPerRound);
    }
    this.#beats += 1;
    for (let due = this.#perBeat; due > 0; due -= 1) {
      const next = this.#round.next();
      if (next.done === true) return;
      next.value.tick(now);
    }
  }
}
