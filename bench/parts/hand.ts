/**
 * What the viewers type and point: a ten-second script of a plausible hand at 60 messages a second, the same in
 * every process and every run (its random numbers are seeded), so that a profile can be enrolled from it.
 */
import { instruction } from "../../gateway/protocol/guacamole/instructions.ts";
import { maskedText } from "./wire.ts";

export interface InputEvent {
  /** Milliseconds since the script began. */
  readonly at: number;
  readonly text: string;
}

/** mulberry32: enough for load, and reproducible. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

function lognormal(next: () => number, median: number, sigma: number): number {
  const gauss = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return median * Math.exp(sigma * gauss);
}

const letters = "the quick brown hand types what an agent would type all day long ";

/** Keys: down and up of each letter, dwell and flight of a person of their own. */
function typing(seed: number, duration: number): InputEvent[] {
  const next = random(seed);
  const dwell = 70 + (seed % 5) * 12;
  const flight = 150 + (seed % 7) * 14;
  const events: InputEvent[] = [];
  let at = 50;
  for (let index = 0; at < duration - 400; index++) {
    const key = String(letters.charCodeAt(index % letters.length));
    const up = at + Math.min(300, lognormal(next, dwell + (Number(key) % 9) * 4, 0.25));
    events.push({ at, text: instruction("key", key, "1") }, { at: up, text: instruction("key", key, "0") });
    at += Math.max(30, Math.min(900, lognormal(next, flight + (Number(key) % 11) * 9, 0.35)));
  }
  return events;
}

/** The pointer: minimum-jerk ways with a little tremor, a pause, a click. */
function pointing(seed: number, duration: number): InputEvent[] {
  const next = random(seed + 1);
  const events: InputEvent[] = [];
  let [x, y, at] = [400, 300, 20];
  const say = (mask: number): void => {
    events.push({ at, text: instruction("mouse", String(Math.round(x)), String(Math.round(y)), String(mask)) });
  };
  while (at < duration - 900) {
    const [toX, toY] = [next() * 1000, next() * 700];
    const [fromX, fromY] = [x, y];
    const steps = 12 + Math.round(Math.hypot(toX - fromX, toY - fromY) / (7 + (seed % 5)));
    for (let step = 1; step <= steps; step++) {
      const u = step / steps;
      const way = u ** 3 * (10 - 15 * u + 6 * u * u);
      x = fromX + (toX - fromX) * way + next() - 0.5;
      y = fromY + (toY - fromY) * way + 20 * Math.sin(Math.PI * u) * (next() - 0.3);
      at += 15.5 + next() * 2.5;
      say(0);
    }
    at += lognormal(next, 80, 0.3);
    say(1);
    at += lognormal(next, 80, 0.3);
    say(0);
    at += lognormal(next, 90, 0.4);
  }
  return events;
}

/** One person's input of `duration` ms, in order. Persons differ by `seed`. */
export function makeInput(seed: number, duration: number): InputEvent[] {
  return [...typing(seed, duration), ...pointing(seed, duration)].sort((a, b) => a.at - b.at);
}

/** The script as the viewers play it, round and round. */
export function makeScript(seed = 1, period = 10_000): { frames: Buffer[]; at: number[]; period: number } {
  const events = makeInput(seed, period);
  return { frames: events.map(({ text }) => maskedText(text)), at: events.map(({ at }) => at), period };
}
