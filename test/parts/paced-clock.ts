/**
 * A gateway's clock that stands still while a person's event is on its way to it. However late a busy machine delivers
 * it, the gateway reads the time at which it was meant: what is judged is the hand, and not the machine.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, systemClock } from "../../gateway/core/clock.ts";
import type { InputSink } from "../../gateway/core/input.ts";
import type { Tally } from "../../gateway/core/tally.ts";
import { type EpochMillis, type Millis, millis } from "../../gateway/core/units.ts";
import { type Player, send, type TimedEvent } from "./typist.ts";

/** Runs as the system's does, up to where it is told to stop. */
export class PacedClock implements Clock {
  /** How far behind the system's it is, ms. */
  #behind = 0;
  #stop = Number.POSITIVE_INFINITY;

  now(): Millis {
    return millis(Math.min(systemClock.now() - this.#behind, this.#stop));
  }

  wall = (): EpochMillis => systemClock.wall();

  /** Goes on from where it stands, and no further than `at`; Infinity: it runs. */
  stopAt(at: number): void {
    this.#behind = systemClock.now() - this.now();
    this.#stop = at;
  }
}

/** An event that has not come after so long does not come, ms; of the pointer's moves a browser leaves many out. */
const [longestWay, longestMove] = [3000, 16];

/** Sends each event when it is due on the clock of the gateway that counts what came, and waits until it came. */
export function paced(clock: PacedClock, tally: Tally): Player {
  const came = (): number => tally.keyEvents + tally.pointerEvents;
  const arrival = async (before: number, longest: number): Promise<void> => {
    const sent = performance.now();
    while (came() === before && performance.now() - sent < longest) await sleep(1);
  };
  return async (events: readonly TimedEvent[], sink: InputSink, until = () => false) => {
    const start = clock.now() - (events[0]?.at ?? 0);
    let [sent, mask] = [0, 0];
    try {
      for (const event of events) {
        const due = start + event.at;
        for (clock.stopAt(due); clock.now() < due;) await sleep(due - clock.now());
        if (until()) return sent;
        const before = came();
        send(sink, event);
        sent++;
        const moves = event.kind === "pointer" && event.mask === mask;
        if (event.kind === "pointer") ({ mask } = event);
        await arrival(before, moves ? longestMove : longestWay);
      }
      return sent;
    } finally {
      clock.stopAt(Number.POSITIVE_INFINITY);
    }
  };
}
