/**
 * Whether somebody is there (PCI DSS 8.2.8): tells a person's input from what only keeps a session awake. Pings and
 * acknowledgements are no input and never come here; key repeat, a key held down by a weight, and jigglers do come,
 * and do not count.
 *
 * Work (a click, the wheel, a key that writes or moves something) counts unless it comes like clockwork. Motion alone
 * counts only where a hand could have made it, and only for as long again as may be idle: motion without a task, from
 * however good a jiggler, keeps no session awake for ever. Nothing typed is kept but the last
 * key, to see whether the next one is the same.
 */
import type { InputSink } from "../core/input.ts";
import { type ButtonMask, type Keysym, type Millis, millis } from "../core/units.ts";

/** Guacamole's client repeats a held key as release and press at once; a finger needs longer. */
const repeatGap = 12;
/** A pause that ends a stroke, ms, and the longest that a stroke may be: a hand's does not go on for ever. */
const strokePause = 350;
const longestStroke = 8000;
/** Two intervals are the same where they differ by no more, ms and as a share. */
const sameInterval = 30;
const sameShare = 0.05;
/** A stroke's way back to where it began, px, and the least that a hand moves to go somewhere. */
const returned = 4;
const leastWay = 25;
/** Steps of a hand vary: standard deviation over mean. */
const leastVariation = 0.3;
const leastSteps = 5;

/** Sees events that come like clockwork: three in a row at one interval. */
class Clockwork {
  #at = Number.NEGATIVE_INFINITY;
  #interval = Number.NaN;
  #same = 0;

  /** @returns whether this event still looks like a person's */
  human(at: Millis): boolean {
    const interval = at - this.#at;
    const same = Math.abs(interval - this.#interval) <= Math.max(sameInterval, sameShare * interval);
    this.#same = same ? this.#same + 1 : 0;
    this.#at = at;
    this.#interval = interval;
    return this.#same < 2;
  }
}

/** X11 keysyms that move and write nothing: modifiers and locks, F13 to F35. */
function silent(keysym: number): boolean {
  return (keysym >= 0xffe1 && keysym <= 0xffee) || keysym === 0xff14 || keysym === 0xff7f || aboveF12(keysym);
}
const aboveF12 = (keysym: number): boolean => keysym >= 0xffca && keysym <= 0xffe0;

const wheel = 8 | 16;

export class Presence implements InputSink {
  /** The last input that did something, and the last motion that a hand could have made. */
  #work: Millis;
  #motion: Millis;
  /** The last key: whether it is down, and when it came up. */
  #key = -1;
  #down = false;
  #released = Number.NEGATIVE_INFINITY;
  readonly #sameKey = new Clockwork();
  readonly #clicks = new Clockwork();
  #clickX = Number.NaN;
  #clickY = Number.NaN;
  readonly #wheels = new Clockwork();
  #mask = 0;
  // The stroke under way.
  #x = Number.NaN;
  #y = Number.NaN;
  #movedAt = Number.NEGATIVE_INFINITY;
  #startedAt = Number.NEGATIVE_INFINITY;
  #startX = 0;
  #startY = 0;
  #steps = 0;
  #way = 0;
  #squares = 0;
  /** Where the stroke before this began: a way there and back is two strokes. */
  #beforeX = Number.NaN;
  #beforeY = Number.NaN;
  readonly #strokes = new Clockwork();
  #strokeHuman = false;

  /** @param at when the session began: somebody opened it */
  constructor(at: Millis) {
    this.#work = at;
    this.#motion = at;
  }

  /** Somebody proved to be there, or an operator said so. */
  seen(at: Millis): void {
    this.#work = at;
  }

  key(at: Millis, keysym: Keysym, pressed: boolean): void {
    if (!pressed) {
      if (keysym !== this.#key) return;
      this.#down = false;
      this.#released = at;
      return;
    }
    const same = keysym === this.#key;
    const repeated = same && (this.#down || at - this.#released < repeatGap);
    this.#key = keysym;
    this.#down = true;
    if (repeated || silent(keysym)) return;
    // Another key than before is no clockwork's; neither is the same one at a person's times.
    const human = this.#sameKey.human(at);
    if (!same || human) this.#work = at;
  }

  pointer(at: Millis, x: number, y: number, mask: ButtonMask): void {
    const pressed = mask & ~this.#mask;
    this.#mask = mask;
    if ((pressed & wheel) !== 0) {
      if (this.#wheels.human(at)) this.#work = at;
    } else if (pressed !== 0) this.#click(at, x, y);
    if (x !== this.#x || y !== this.#y) this.#move(at, x, y);
  }

  /**
   * How long nobody has been there, ms.
   * @param limit how long may be idle: motion alone counts for as long again after the last work, and no longer
   */
  idleFor(at: Millis, limit: number): Millis {
    if (at - this.#movedAt >= strokePause) this.#endStroke();
    const motion = Math.min(this.#motion, this.#work + limit);
    return millis(at - Math.max(this.#work, motion));
  }

  #click(at: Millis, x: number, y: number): void {
    const human = this.#clicks.human(at);
    const elsewhere = Math.abs(x - this.#clickX) > returned || Math.abs(y - this.#clickY) > returned;
    this.#clickX = x;
    this.#clickY = y;
    if (human || (elsewhere && this.#strokeHuman)) this.#work = at;
  }

  #move(at: Millis, x: number, y: number): void {
    if (at - this.#movedAt >= strokePause || at - this.#startedAt >= longestStroke) this.#beginStroke(at);
    const step = Math.hypot(x - this.#x, y - this.#y);
    if (step > 0) {
      this.#steps++;
      this.#way += step;
      this.#squares += step * step;
    }
    this.#x = x;
    this.#y = y;
    this.#movedAt = at;
  }

  #beginStroke(at: Millis): void {
    this.#endStroke();
    this.#beforeX = this.#startX;
    this.#beforeY = this.#startY;
    this.#startX = this.#x;
    this.#startY = this.#y;
    this.#startedAt = at;
    this.#strokeHuman = this.#strokes.human(at);
    this.#steps = 0;
    this.#way = 0;
    this.#squares = 0;
  }

  /** Judges the stroke that is over, once. */
  #endStroke(): void {
    if (this.#steps === 0) return;
    const mean = this.#way / this.#steps;
    const variation = Math.sqrt(Math.max(0, this.#squares / this.#steps - mean * mean)) / mean;
    const near = (x: number, y: number): boolean => Math.hypot(this.#x - x, this.#y - y) <= returned;
    const went = this.#way >= leastWay && !near(this.#startX, this.#startY) && !near(this.#beforeX, this.#beforeY);
    const human = this.#strokeHuman && went && this.#steps >= leastSteps && variation >= leastVariation;
    if (human && this.#movedAt - this.#startedAt < longestStroke - strokePause) this.#motion = millis(this.#movedAt);
    this.#strokeHuman = human;
    this.#steps = 0;
  }
}
