/**
 * From pointer events to pointer actions, streaming: an event costs a few stores into bounded buffers, an
 * action is measured once when it ends. Nothing that a client sends makes the buffers grow.
 */
import { type ButtonMask, type Millis, millis } from "../core/units.ts";
import { type PointerAction, featureCount, featureIndex, kindIndex } from "../../models/pointer/action.ts";
import { type Points, measureMovement, mostPoints, points } from "./pointer-features.ts";

/** No event for this long ends a movement. */
const idleMs = 1000;
/** Fewer points than this are not a movement. */
const fewestPoints = 4;
/** The pointer may slip this far, in pixels, in a click; further is a drag. */
const slipPixels = 8;
/** Presses closer than this to the release before are a double click. */
const doubleClickMs = 500;
/** Coordinates beyond this are a client's sentinel for "nowhere" (65535 in RDP captures), not a place. */
const farthest = 32_000;
const mostWheelClicks = 256;
const jitterMeanMs = 20;

const buttons = 1 | 2 | 4;
const wheel = 8 | 16 | 32 | 64;
const at = (name: string): number => featureIndex.get(name) as number;
const gapBefore = at("gap-before");
const pauseAfterClick = at("pause-after-click");
const pauseBeforeClick = at("pause-before-click");
const hold = at("hold");
const doubleClick = at("double-click");
const slip = at("slip");
const rightButton = at("right-button");
const dragStart = at("drag-start");
const dragEnd = at("drag-end");
const wheelClicks = at("wheel-clicks");

type State = "up" | "down";

/** Turns one session's pointer events into actions, in order. */
export class PointerActions {
  readonly #emit: (action: PointerAction) => void;
  readonly #run = points(mostPoints);
  readonly #held = points(mostPoints);
  readonly #shaken = points(mostPoints);
  readonly #wheelTimes = new Float64Array(mostWheelClicks);
  #wheelCount = 0;
  #wheelDown = 0;
  #wheelReversals = 0;
  #wheelLast = 0;
  #mask = 0;
  #state: State = "up";
  #x = Number.NaN;
  #y = Number.NaN;
  #last = Number.NEGATIVE_INFINITY;
  #pressed = 0;
  #pressedRight = false;
  #slipped = 0;
  #drags = false;
  #actionEnd = Number.NaN;
  #actionEndWasClick = false;
  #released = Number.NaN;
  #random = 0x2545f491;

  /** @param emit called once an action, in the event that ends it or that shows it has ended */
  constructor(emit: (action: PointerAction) => void) {
    this.#emit = emit;
  }

  /** Takes in an event as `InputSink.pointer` gives it. */
  pointer(now: Millis, x: number, y: number, mask: ButtonMask): void {
    const changed = mask ^ this.#mask;
    this.#mask = mask;
    if (now - this.#last > idleMs) this.#endIdle();
    if ((changed & wheel) !== 0) {
      // Clients send the wheel from any place, (0, 0) included: its position is no movement.
      if ((mask & changed & wheel) !== 0) this.#turnWheel(now, (mask & changed & 16) !== 0);
      this.#last = now;
      if ((changed & buttons) === 0) return;
    }
    const somewhere = Math.abs(x) <= farthest && Math.abs(y) <= farthest;
    if (somewhere && (changed & buttons) === 0 && (x !== this.#x || y !== this.#y)) this.#move(now, x, y);
    if ((changed & buttons) !== 0) {
      if (somewhere && !Number.isNaN(this.#x) && (x !== this.#x || y !== this.#y)) this.#place(now, x, y);
      if (this.#state === "up" && (mask & buttons) !== 0) this.#press(now, mask);
      else if (this.#state === "down" && (mask & buttons) === 0) this.#release(now);
    }
    if (somewhere) {
      this.#x = x;
      this.#y = y;
    }
    this.#last = now;
  }

  /** Ends whatever is under way: the session is over. */
  flush(): void {
    this.#endIdle();
    this.#mask = 0;
    this.#state = "up";
    this.#held.length = 0;
    this.#x = this.#y = Number.NaN;
    this.#last = Number.NEGATIVE_INFINITY;
    this.#actionEnd = this.#released = Number.NaN;
  }

  #move(now: number, x: number, y: number): void {
    if (this.#wheelCount > 0) this.#endWheel();
    this.#place(now, x, y);
  }

  #place(now: number, x: number, y: number): void {
    if (this.#state === "down") {
      this.#slipped += Math.hypot(x - this.#held.x[this.#held.length - 1], y - this.#held.y[this.#held.length - 1]);
      if (this.#slipped > slipPixels) this.#drags = true;
      if (this.#held.length === mostPoints) this.#thin();
      this.#put(this.#held, now, x, y);
      return;
    }
    if (this.#run.length === mostPoints) this.#endRun();
    this.#put(this.#run, now, x, y);
  }

  #put(to: Points, now: number, x: number, y: number): void {
    const i = to.length++;
    to.t[i] = now;
    to.x[i] = x;
    to.y[i] = y;
  }

  /** A drag that fills its buffer keeps every second point. */
  #thin(): void {
    const held = this.#held;
    held.length = mostPoints / 2;
    for (let i = 1; i < held.length; i++) {
      held.t[i] = held.t[2 * i];
      held.x[i] = held.x[2 * i];
      held.y[i] = held.y[2 * i];
    }
  }

  #endIdle(): void {
    if (this.#state === "up") this.#endRun();
    if (this.#wheelCount > 0) this.#endWheel();
  }

  #endRun(): void {
    if (this.#run.length >= fewestPoints) {
      const end = this.#run.t[this.#run.length - 1];
      this.#finish(end, kindIndex.move, this.#run, this.#run.t[0], false);
    }
    this.#run.length = 0;
  }

  #press(now: number, mask: number): void {
    if (this.#wheelCount > 0) this.#endWheel();
    this.#state = "down";
    this.#pressed = now;
    this.#pressedRight = (mask & 4) !== 0;
    this.#slipped = 0;
    this.#drags = false;
    this.#held.length = 0;
    this.#put(this.#held, now, Number.isNaN(this.#x) ? 0 : this.#lastX(), Number.isNaN(this.#y) ? 0 : this.#lastY());
  }

  #lastX(): number {
    return this.#run.length > 0 ? this.#run.x[this.#run.length - 1] : this.#x;
  }

  #lastY(): number {
    return this.#run.length > 0 ? this.#run.y[this.#run.length - 1] : this.#y;
  }

  #release(now: number): void {
    this.#state = "up";
    if (this.#drags) {
      this.#endRun();
      this.#finish(now, kindIndex.drag, this.#held, this.#pressed, false);
    } else if (this.#run.length >= fewestPoints) this.#finish(now, kindIndex.click, this.#run, this.#run.t[0], true);
    else this.#finish(now, kindIndex.tap, this.#run, this.#pressed, true);
    this.#run.length = 0;
    this.#released = now;
  }

  #turnWheel(now: number, down: boolean): void {
    this.#endRun();
    const sense = down ? 1 : -1;
    if (this.#wheelCount === 0) {
      this.#wheelDown = 0;
      this.#wheelReversals = 0;
      this.#wheelLast = sense;
    }
    if (sense !== this.#wheelLast) this.#wheelReversals++;
    this.#wheelLast = sense;
    if (down) this.#wheelDown++;
    this.#wheelTimes[this.#wheelCount++] = now;
    if (this.#wheelCount === mostWheelClicks) this.#endWheel();
  }

  #endWheel(): void {
    const count = this.#wheelCount;
    this.#wheelCount = 0;
    const start = this.#wheelTimes[0];
    const end = this.#wheelTimes[count - 1];
    const out = this.#blank(start);
    let sum2 = 0;
    let fastest = Number.POSITIVE_INFINITY;
    for (let i = 1; i < count; i++) {
      const gap = this.#wheelTimes[i] - this.#wheelTimes[i - 1];
      sum2 += gap * gap;
      if (gap < fastest) fastest = gap;
    }
    out[at("duration")] = end - start;
    out[wheelClicks] = count;
    if (count > 1) {
      const mean = (end - start) / (count - 1);
      out[wheelClicks + 1] = mean;
      out[wheelClicks + 2] = fastest;
      out[wheelClicks + 3] = Math.sqrt(Math.max(0, sum2 / (count - 1) - mean * mean));
      out[wheelClicks + 4] = this.#wheelReversals / (count - 1);
    }
    out[wheelClicks + 5] = this.#wheelDown / count;
    this.#tell(end, kindIndex.wheel, out, out.slice(), false);
  }

  /** Features that every action has, from when the one before ended. */
  #blank(start: number): Float32Array {
    const out = new Float32Array(featureCount).fill(Number.NaN);
    const gap = start - this.#actionEnd;
    if (this.#actionEndWasClick) out[pauseAfterClick] = gap;
    else out[gapBefore] = gap;
    return out;
  }

  #finish(end: number, kind: number, path: Points, start: number, click: boolean): void {
    const out = this.#blank(start);
    measureMovement(path, out);
    const lastMove = path.length > 0 ? path.t[path.length - 1] : Number.NaN;
    this.#measureButton(out, kind, lastMove, this.#pressed, end);
    const shaken = this.#blank(start);
    this.#shake(kind, path, end, shaken);
    this.#tell(end, kind, out, shaken, click);
  }

  #measureButton(out: Float32Array, kind: number, lastMove: number, pressed: number, released: number): void {
    if (kind === kindIndex.move) return;
    out[rightButton] = this.#pressedRight ? 1 : 0;
    out[hold] = released - pressed;
    if (kind === kindIndex.drag) {
      out[dragEnd] = released - lastMove;
      if (this.#held.length > 1) out[dragStart] = this.#held.t[1] - this.#held.t[0];
      return;
    }
    out[pauseBeforeClick] = pressed - lastMove;
    out[slip] = this.#slipped;
    if (pressed - this.#released < doubleClickMs) out[doubleClick] = pressed - this.#released;
  }

  /** The action again as in-order arrival through exponential jitter would have shown it. */
  #shake(kind: number, path: Points, end: number, out: Float32Array): void {
    const shaken = this.#shaken;
    let arrival = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < path.length; i++) {
      arrival = Math.max(arrival, path.t[i] + this.#delay());
      shaken.t[i] = arrival;
      shaken.x[i] = path.x[i];
      shaken.y[i] = path.y[i];
    }
    shaken.length = path.length;
    measureMovement(shaken, out);
    const lastMove = arrival;
    const pressed = kind === kindIndex.drag ? shaken.t[0] : Math.max(arrival, this.#pressed + this.#delay());
    const released = Math.max(arrival, pressed, end + this.#delay());
    this.#measureButton(out, kind, path.length > 0 ? lastMove : Number.NaN, pressed, released);
  }

  /** The next delay, in ms: exponential, from a fixed generator, so that the same input gives the same actions. */
  #delay(): number {
    let s = this.#random;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#random = s;
    return -jitterMeanMs * Math.log(((s >>> 0) + 1) / 4294967297);
  }

  #tell(end: number, kind: number, out: Float32Array, shaken: Float32Array, click: boolean): void {
    this.#actionEnd = end;
    this.#actionEndWasClick = click;
    this.#emit({ at: millis(end), kind, features: out, jittered: shaken });
  }
}
