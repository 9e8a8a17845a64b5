/** A judge's watch that inspects nothing: for what a relay costs by itself, and how soon it acts. */
import type { Watch } from "../../gateway/core/session.ts";
import { millis } from "../../gateway/core/units.ts";
import type { Decision, Verdict } from "../../gateway/core/verdict.ts";
import { nanoseconds } from "./wire.ts";

const decision: Decision = {
  at: millis(0),
  verdict: "allow",
  wouldBe: "allow",
  mode: "report",
  trust: 100,
  rule: "none",
  reasons: [],
  keystrokes: 0,
  actions: 0,
};

/** Hears everything and says nothing, or severs at the nth event and notes when. */
export class Listener implements Watch {
  verdict: Verdict = "allow";
  readonly decision = decision;
  severedAt = 0;
  #left: number;

  constructor(severAt = 0) {
    this.#left = severAt;
  }

  key(): void {
    this.#count();
  }

  pointer(): void {
    this.#count();
  }

  roundTrip(): void {}
  tick(): void {}
  stalled(): void {}
  close(): void {}

  #count(): void {
    if (--this.#left !== 0) return;
    this.severedAt = nanoseconds();
    this.verdict = "sever";
  }
}
