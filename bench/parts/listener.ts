/** A judge's watch that inspects nothing: for what a relay costs by itself, and how soon it acts. */
import type { Watch } from "../../gateway/core/session.ts";
import { type ButtonMask, type Keysym, type Millis, millis } from "../../gateway/core/units.ts";
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

/**
 * Hears everything and says nothing, or severs from the nth event on, once nothing is pressed (what is pressed is let go of
 * on the desktop, which would pass for input behind the verdict), and notes when.
 */
export class Listener implements Watch {
  verdict: Verdict = "allow";
  readonly decision = decision;
  /** In ns; 0 until then. */
  severedAt = 0;
  /** Events before the verdict's own. */
  before = 0;
  readonly #severAt: number;
  readonly #down = new Set<Keysym>();
  #mask = 0;

  constructor(severAt = Infinity) {
    this.#severAt = severAt;
  }

  key(_at: Millis, key: Keysym, pressed: boolean): void {
    this.#heard(false);
    if (pressed) this.#down.add(key);
    else this.#down.delete(key);
  }

  pointer(_at: Millis, _x: number, _y: number, mask: ButtonMask): void {
    this.#heard(mask === 0 && this.#mask === 0 && this.#down.size === 0);
    this.#mask = mask;
  }

  roundTrip(): void {}
  tick(): void {}
  stalled(): void {}
  close(): void {}

  #heard(free: boolean): void {
    // What comes behind the verdict must not count as if it had come before.
    if (this.severedAt !== 0) return;
    if (!free || this.before < this.#severAt - 1) this.before += 1;
    else {
      this.severedAt = nanoseconds();
      this.verdict = "sever";
    }
  }
}
