/**
 * Whether the pointer moves and clicks as no hand does, whoever the agent is: movement after movement at an even speed,
 * or along a ruler, or clicks that come back to the very same pixels from elsewhere. How far people are from these was
 * measured on recorded people (docs/ACCURACY.md, "Signals"). A click without a movement before is no sign by itself:
 * fingers and pens come so.
 */
import type { ButtonMask, Millis } from "../core/units.ts";

const buttons = 1 | 2 | 4;
/** Coordinates beyond this are a client's sentinel for "nowhere". */
const farthest = 32_000;
/** A pause that ends a stroke, ms; and what a stroke must have to tell something: steps, and a way in px. */
const strokePause = 350;
const [fewestSteps, leastWay] = [7, 100];
/** Of the latest so many strokes, or clicks, so many are alike. Of people's it was 3 and 5 strokes, and 5 clicks, at most. */
const strokes = { of: 12, even: 8, straight: 10 } as const;
const [clicks, returns] = [24, 16];
/** Steps or speeds of an even stroke: deviation over mean. A hand speeds up and slows down. */
const leastVariation = 0.3;
/** A ruler's stroke: mean deviation from the best line, px; rounding to whole pixels makes 0.3 to 0.4. */
const straightest = 0.45;
/** Closer together in time, ms, two moves say nothing of speed: the link delivered them at once. */
const closest = 2;
/** A click comes from elsewhere after this way, px; and without a movement after at most so many moves. */
const [elsewhere, jump] = [30, 2];
/** Strokes, and clicks, without a sign until it is over. */
const calmAfter = 48;

/** Mean and spread of values, streaming. */
class Spread {
  #n = 0;
  #sum = 0;
  #squares = 0;

  add(value: number): void {
    this.#n++;
    this.#sum += value;
    this.#squares += value * value;
  }

  /** Deviation over mean; infinite where there are too few. */
  get variation(): number {
    if (this.#n < fewestSteps - 2) return Number.POSITIVE_INFINITY;
    const mean = this.#sum / this.#n;
    return Math.sqrt(Math.max(0, this.#squares / this.#n - mean * mean)) / mean;
  }

  clear(): void {
    this.#n = this.#sum = this.#squares = 0;
  }
}

const ones = (bits: number): number => {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
};

export class ScriptedPointing {
  #x = Number.NaN;
  #y = Number.NaN;
  #mask = 0;
  #movedAt = Number.NEGATIVE_INFINITY;
  // The stroke under way, from where it began.
  #originX = 0;
  #originY = 0;
  #steps = 0;
  #way = 0;
  readonly #lengths = new Spread();
  readonly #speeds = new Spread();
  #sumX = 0;
  #sumY = 0;
  #sumXX = 0;
  #sumYY = 0;
  #sumXY = 0;
  /** The latest strokes, a bit each, and how many there were. */
  #even = 0;
  #straight = 0;
  #strokes = 0;
  /** Where the latest clicks were, which of them came back to the place of another, and how many there were. */
  readonly #places = new Int32Array(clicks);
  #returned = 0;
  #clicks = 0;
  #travelled = 0;
  #moves = 0;
  /** The finest step that the pointer makes: a desktop shown smaller than it is has coarser ones, and places coincide. */
  #finest = Number.POSITIVE_INFINITY;
  #left = Number.POSITIVE_INFINITY;
  #right = Number.NEGATIVE_INFINITY;
  #top = Number.POSITIVE_INFINITY;
  #bottom = Number.NEGATIVE_INFINITY;
  #sign: string | null = null;
  #calm = 0;

  /** What tells that no hand points, as one lower-case sentence; null where nothing does. */
  get sign(): string | null {
    return this.#sign;
  }

  /** Takes in an event as `InputSink.pointer` gives it. @returns whether the sign began or ended */
  pointer(at: Millis, x: number, y: number, mask: ButtonMask): boolean {
    const changed = mask ^ this.#mask;
    const pressed = mask & changed & buttons;
    this.#mask = mask;
    // Clients send the wheel from any place.
    if ((changed & ~buttons) !== 0 || Math.abs(x) > farthest || Math.abs(y) > farthest) return false;
    let ended = false;
    if (x !== this.#x || y !== this.#y) ended = this.#move(at, x, y);
    if (pressed === 0) return ended;
    return this.#click(x, y) || ended;
  }

  /** Times up to now lie: what is under way tells nothing. */
  interrupt(): void {
    this.#beginStroke();
    this.#movedAt = Number.NEGATIVE_INFINITY;
  }

  /** Nothing is said any more: somebody has proved to be there. */
  clear(): void {
    this.interrupt();
    this.#even = this.#straight = this.#strokes = this.#returned = this.#clicks = this.#calm = 0;
    this.#sign = null;
  }

  #move(at: Millis, x: number, y: number): boolean {
    const gap = at - this.#movedAt;
    const ended = gap > strokePause && this.#endStroke();
    const [dx, dy] = [x - this.#x, y - this.#y];
    const step = Math.hypot(dx, dy);
    this.#movedAt = at;
    this.#x = x;
    this.#y = y;
    if (Number.isNaN(step)) return ended;
    if (dx !== 0) this.#finest = Math.min(this.#finest, Math.abs(dx));
    if (dy !== 0) this.#finest = Math.min(this.#finest, Math.abs(dy));
    this.#travelled += step;
    this.#moves++;
    // The first step of a stroke spans the pause before it.
    if (gap > strokePause) {
      this.#originX = x;
      this.#originY = y;
      return ended;
    }
    this.#steps++;
    this.#way += step;
    this.#lengths.add(step);
    if (gap >= closest) this.#speeds.add(step / gap);
    this.#place(x - this.#originX, y - this.#originY);
    return ended;
  }

  #place(x: number, y: number): void {
    this.#sumX += x;
    this.#sumY += y;
    this.#sumXX += x * x;
    this.#sumYY += y * y;
    this.#sumXY += x * y;
  }

  #beginStroke(): void {
    this.#steps = this.#way = this.#sumX = this.#sumY = this.#sumXX = this.#sumYY = this.#sumXY = 0;
    this.#lengths.clear();
    this.#speeds.clear();
  }

  #endStroke(): boolean {
    const tells = this.#steps >= fewestSteps && this.#way >= leastWay;
    if (tells) {
      const even = Math.min(this.#lengths.variation, this.#speeds.variation) < leastVariation;
      this.#even = ((this.#even << 1) | (even ? 1 : 0)) & ((1 << strokes.of) - 1);
      this.#straight = ((this.#straight << 1) | (this.#isStraight() ? 1 : 0)) & ((1 << strokes.of) - 1);
      this.#strokes++;
    }
    this.#beginStroke();
    return tells && this.#look();
  }

  /** Mean square deviation from the best line: the lesser principal axis of its places. */
  #isStraight(): boolean {
    const n = this.#steps;
    const xx = this.#sumXX / n - (this.#sumX / n) ** 2;
    const yy = this.#sumYY / n - (this.#sumY / n) ** 2;
    const xy = this.#sumXY / n - (this.#sumX * this.#sumY) / (n * n);
    const lesser = (xx + yy) / 2 - Math.hypot((xx - yy) / 2, xy);
    return lesser < straightest * straightest;
  }

  #click(x: number, y: number): boolean {
    const ended = this.#endStroke();
    // A corner or an edge stops the pointer: everybody comes back to it.
    const edge = x <= this.#left || x >= this.#right || y <= this.#top || y >= this.#bottom;
    this.#left = Math.min(this.#left, x);
    this.#right = Math.max(this.#right, x);
    this.#top = Math.min(this.#top, y);
    this.#bottom = Math.max(this.#bottom, y);
    const [travelled, moves] = [this.#travelled, this.#moves];
    this.#travelled = this.#moves = 0;
    if (edge || travelled <= elsewhere) return ended;
    const place = (x << 16) ^ (y & 0xffff);
    const back = (this.#finest <= 1 || moves <= jump) && this.#knows(place);
    this.#returned = ((this.#returned << 1) | (back ? 1 : 0)) & ((1 << clicks) - 1);
    this.#places[this.#clicks++ % clicks] = place;
    return this.#look() || ended;
  }

  #knows(place: number): boolean {
    const known = Math.min(this.#clicks, clicks);
    for (let n = 0; n < known; n++) if (this.#places[n] === place) return true;
    return false;
  }

  #look(): boolean {
    const sign = this.#found();
    const had = this.#sign;
    if (sign !== null) this.#calm = 0;
    else if (had !== null && ++this.#calm < calmAfter) return false;
    this.#sign = sign;
    return (sign === null) !== (had === null);
  }

  #found(): string | null {
    const of = Math.min(this.#strokes, strokes.of);
    const [even, straight, back] = [ones(this.#even), ones(this.#straight), ones(this.#returned)];
    if (even >= strokes.even) return `moves the pointer at an even speed in ${even} of ${of} movements`;
    if (straight >= strokes.straight) return `moves the pointer along straight lines in ${straight} of ${of} movements`;
    if (back < returns) return null;
    return `clicks the very same pixels again, coming from elsewhere, in ${back} of ${Math.min(this.#clicks, clicks)} clicks`;
  }

  /** For measuring how near people come to each sign: how many of the latest strokes and clicks are as a script's. */
  nearness(): { readonly even: number; readonly straight: number; readonly back: number } {
    return { even: ones(this.#even), straight: ones(this.#straight), back: ones(this.#returned) };
  }
}
