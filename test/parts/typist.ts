/**
 * A synthetic person at a keyboard and a mouse: the same seed is always the same person with the same habits, and
 * the same session number always the same session. Good enough to be told apart from another seed; not a model of
 * anybody, and accuracy is never measured with it.
 */
import type { Clock } from "../../gateway/core/clock.ts";
import type { InputSink } from "../../gateway/core/input.ts";
import { type Millis, buttonMask, epochMillis, keysym, millis } from "../../gateway/core/units.ts";
import { setTimeout as sleep } from "node:timers/promises";

export type TimedEvent =
  | { readonly kind: "key"; readonly at: number; readonly keysym: number; readonly pressed: boolean }
  | { readonly kind: "pointer"; readonly at: number; readonly x: number; readonly y: number; readonly mask: number };

/** Numbers between 0 and 1 that a seed decides (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const hash = (text: string): number => {
  let value = 2166136261;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 16777619);
  return value >>> 0;
};

/** A standard normal number (Box and Muller). */
const normal = (next: () => number): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

const shiftKey = 0xffe1;
const sentences = [
  "The customer asks for a new date and would rather be called after five.",
  "We checked the invoice twice and the second payment goes back this week.",
  "She moves on the first of the month and wants to keep her old number.",
  "The router was restarted and the cable changed, but the light still blinks.",
  "Please send the form again, the last page was missing from the letter.",
  "He is happy with the answer and thanks us for the quick help today.",
  "There is nothing to pay this time because the parcel came too late.",
  "I have written to the depot and will call back when they have answered.",
];

interface Habits {
  /** Mean time from key to key and mean hold, ms. */
  readonly flight: number;
  readonly dwell: number;
  /** Spread of the logarithm from key to key, and how far pairs differ from one another. */
  readonly spread: number;
  readonly contrast: number;
  /** Mouse: ms for a bit of difficulty, how curved, how shaky, how long a click is held, how long before it. */
  readonly pace: number;
  readonly curve: number;
  readonly tremor: number;
  readonly click: number;
  readonly hesitation: number;
}

export class Typist {
  readonly #seed: number;
  readonly #habits: Habits;

  constructor(seed: number) {
    this.#seed = seed;
    const next = random(seed * 7919 + 17);
    const between = (low: number, high: number): number => low + (high - low) * next();
    this.#habits = {
      flight: between(120, 260),
      dwell: between(65, 140),
      spread: between(0.14, 0.24),
      contrast: between(0.18, 0.32),
      pace: between(90, 210),
      curve: between(-0.25, 0.25),
      tremor: between(0.2, 1.4),
      click: between(60, 140),
      hesitation: between(60, 320),
    };
  }

  /** Types `text` from time `at` (ms): presses and releases in order of time, rollover included. */
  type(text: string, at: number, session = 0): TimedEvent[] {
    const next = random(hash(`${this.#seed} ${session} ${at} ${text}`));
    const events: TimedEvent[] = [];
    /** Where each key's newest release stands in `events`: a key comes up before it goes down again. */
    const released = new Map<string, number>();
    let down = at;
    let before = "";
    for (const char of text) {
      down += before === "" ? 0 : this.#flight(before, char, next);
      const last = released.get(char);
      const release = last === undefined ? undefined : events[last];
      if (last !== undefined && release !== undefined && release.at > down - 10)
        events[last] = { ...release, at: down - 10 };
      const hold = this.#dwell(char, next);
      const upper = /[A-Z?!]/.test(char);
      if (upper) events.push({ kind: "key", at: down - 0.4 * this.#habits.dwell, keysym: shiftKey, pressed: true });
      events.push({ kind: "key", at: down, keysym: char.codePointAt(0) ?? 0, pressed: true });
      events.push({ kind: "key", at: down + hold, keysym: char.codePointAt(0) ?? 0, pressed: false });
      released.set(char, events.length - 1);
      if (upper) events.push({ kind: "key", at: down + hold * 0.8, keysym: shiftKey, pressed: false });
      before = char;
    }
    return events.sort((a, b) => a.at - b.at);
  }

  /** Moves from one place to another and clicks there, sampled once a screen frame as browsers do. */
  point(from: readonly [number, number], to: readonly [number, number], at: number, session = 0): TimedEvent[] {
    const { pace, curve, tremor, click, hesitation } = this.#habits;
    const next = random(hash(`${this.#seed} ${session} ${at} ${from.join()} ${to.join()}`));
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const duration = 120 + pace * Math.log2(1 + Math.hypot(dx, dy) / 24) * Math.exp(0.12 * normal(next));
    const bend = curve + 0.08 * normal(next);
    const events: TimedEvent[] = [];
    const frame = 1000 / 60;
    for (let time = 0; time < duration; time += frame) {
      const share = time / duration;
      // a minimum-jerk reach (Flash and Hogan 1985)
      const way = share ** 3 * (10 - 15 * share + 6 * share * share);
      const side = bend * Math.sin(Math.PI * way);
      const shake = tremor * (share < 0.95 ? 1 : 0);
      const x = Math.round(from[0] + dx * way - dy * side + shake * normal(next));
      const y = Math.round(from[1] + dy * way + dx * side + shake * normal(next));
      events.push({ kind: "pointer", at: at + time, x: Math.max(0, x), y: Math.max(0, y), mask: 0 });
    }
    const pressed = at + duration + hesitation * Math.exp(0.2 * normal(next));
    const released = pressed + click * Math.exp(0.15 * normal(next));
    events.push({ kind: "pointer", at: at + duration, x: to[0], y: to[1], mask: 0 });
    events.push({ kind: "pointer", at: pressed, x: to[0], y: to[1], mask: 1 });
    events.push({ kind: "pointer", at: released, x: to[0], y: to[1], mask: 0 });
    return events;
  }

  /** A stretch of work: at least `keys` keystrokes and a click between sentences, on a screen of 1024 by 768. */
  work(keys: number, session = 0): TimedEvent[] {
    const next = random(hash(`${this.#seed} work ${session}`));
    const events: TimedEvent[] = [];
    let at = 1000;
    let place: [number, number] = [512, 384];
    for (let typed = 0; typed < keys;) {
      const target: [number, number] = [40 + Math.floor(940 * next()), 40 + Math.floor(680 * next())];
      const moved = this.point(place, target, at, session);
      place = target;
      at = (moved.at(-1)?.at ?? at) + 250 + 500 * next();
      const text = sentences[Math.floor(next() * sentences.length)] ?? "";
      const line = this.type(text, at, session);
      typed += text.length;
      at = (line.at(-1)?.at ?? at) + 400 + 900 * next();
      events.push(...moved, ...line);
    }
    return events;
  }

  /** Work at a desk: between short stretches of typing the pointer goes to several places. */
  shift(keys: number, session = 0): TimedEvent[] {
    const next = random(hash(`${this.#seed} shift ${session}`));
    const events: TimedEvent[] = [];
    let at = 0;
    let place: [number, number] = [512, 384];
    const append = (more: TimedEvent[]): void => {
      for (const event of more) events.push({ ...event, at: event.at + at });
      at += (more.at(-1)?.at ?? 0) + 300 + 500 * next();
    };
    for (let typed = 0; typed < keys; typed += 60) {
      append(this.work(60, session * 1000 + typed));
      for (let click = 0; click < 8; click++) {
        const target: [number, number] = [40 + Math.floor(940 * next()), 40 + Math.floor(680 * next())];
        append(this.point(place, target, 0, session * 1000 + typed + click));
        place = target;
      }
    }
    return events;
  }

  #flight(before: string, char: string, next: () => number): number {
    const { flight, spread, contrast } = this.#habits;
    const habit = normal(random(hash(`${this.#seed} ${before}${char}`)));
    const rest = before === " " || before === "," ? 1.25 : 1;
    return Math.max(25, flight * rest * Math.exp(contrast * habit + spread * normal(next)));
  }

  #dwell(char: string, next: () => number): number {
    const habit = normal(random(hash(`${this.#seed} hold ${char}`)));
    return Math.max(20, this.#habits.dwell * Math.exp(0.2 * habit + 0.12 * normal(next)));
  }
}

/** Sends events as they are due. @returns how many were sent; stops when `until` says so */
export type Player = (events: readonly TimedEvent[], sink: InputSink, until?: () => boolean) => Promise<number>;

/** In real time. */
export async function play(
  events: readonly TimedEvent[],
  sink: InputSink,
  until: () => boolean = () => false,
): Promise<number> {
  const start = performance.now() - (events[0]?.at ?? 0);
  let sent = 0;
  for (const event of events) {
    const wait = start + event.at - performance.now();
    if (wait > 0) await sleep(wait);
    if (until()) return sent;
    send(sink, event);
    sent++;
  }
  return sent;
}

/** A clock that only moves when it is told to: a gateway on it lives an hour of input in seconds. */
export class StepClock implements Clock {
  #now = 1000;
  readonly #wallAtZero: number;

  constructor(wall = Date.now()) {
    this.#wallAtZero = wall;
  }

  now(): Millis {
    return millis(this.#now);
  }

  wall(): ReturnType<Clock["wall"]> {
    return epochMillis(Math.round(this.#wallAtZero + this.#now));
  }

  /** Goes on by `ms` from now. */
  advance(ms: number): void {
    this.#now += Math.max(0, ms);
  }
}

/** Hands an event on at once. @param at when it is said to be */
export function send(sink: InputSink, event: TimedEvent, at = millis(event.at)): void {
  if (event.kind === "key") sink.key(at, keysym(event.keysym), event.pressed);
  else sink.pointer(at, event.x, event.y, buttonMask(event.mask));
}
