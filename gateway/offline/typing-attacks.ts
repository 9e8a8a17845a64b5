/** Generated typing, as tools and attackers make it: for measuring what of it the signals find, and how soon. */
import { seeded } from "../../models/metrics.ts";
import { keysym, millis } from "../core/units.ts";
import { type Attack, between, normal, type Random, type Sent, type Victim } from "./attack.ts";

/** How long the n-th key is down, and how much later than it the next one goes down, ms. */
interface Times {
  readonly hold: (n: number) => number;
  readonly next: (n: number) => number;
}

const typing = (name: string, times: (random: Random, victim: Victim) => Times): Attack => ({
  name,
  events(victim, seed) {
    const { hold, next } = times(seeded(seed), victim);
    const events: Sent[] = [];
    let at = 1000;
    for (const [n, symbol] of victim.text.entries()) {
      const apart = Math.max(0, next(n));
      // A key must be up before it goes down again.
      const held = victim.text[n + 1] === symbol ? Math.min(hold(n), apart / 2) : hold(n);
      const [down, up] = [Math.round(at), Math.round(at + Math.max(0, held))];
      events.push([down, (sink) => sink.key(millis(down), keysym(symbol), true)]);
      events.push([up, (sink) => sink.key(millis(up), keysym(symbol), false)]);
      at += apart;
    }
    return events.sort((a, b) => a[0] - b[0]);
  },
});

/** Draws from the lognormal distribution with the mean and spread of some times. */
function lognormal(times: readonly number[], random: Random): () => number {
  const logs = times.filter((time) => time > 0).map(Math.log);
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length);
  return () => Math.exp(mean + deviation * normal(random));
}

/** After each string of so many keys comes a pause instead. */
const inStrings =
  (length: number, gap: () => number, pause: () => number): ((n: number) => number) =>
  (n) =>
    n % length === length - 1 ? pause() : gap();

export const typingAttacks: readonly Attack[] = [
  typing("constant: 50 ms down, 100 ms apart", () => ({ hold: () => 50, next: () => 100 })),
  typing("uniform: 30 to 58 ms down, 60 to 200 ms apart", (random) => ({
    hold: () => between(random, 30, 58),
    next: () => between(random, 60, 200),
  })),
  typing("normal: 80 ± 15 ms down, 150 ± 30 ms apart", (random) => ({
    hold: () => 80 + 15 * normal(random),
    next: () => 150 + 30 * normal(random),
  })),
  typing("lognormal, fitted to a person's own times", (random, { holds, intervals }) => ({
    hold: lognormal(holds, random),
    next: lognormal(intervals, random),
  })),
  typing("a person's own times, shuffled", (random, { holds, intervals }) => ({
    hold: () => holds[Math.floor(random() * holds.length)],
    next: () => intervals[Math.floor(random() * intervals.length)],
  })),
  typing("xdotool type: 12 ms apart", (random) => ({ hold: () => 6 + random(), next: () => 12 + random() })),
  typing("pyautogui: down and up at once, 50 ms apart", (random) => ({
    hold: () => 0,
    next: () => 50 + 2 * random(),
  })),
  typing("pasted as keys: 200 at once, each 20 s", (random) => ({
    hold: () => 0,
    next: inStrings(
      200,
      () => 0.1,
      () => between(random, 15_000, 25_000),
    ),
  })),
  typing("USB device: 8 ms down, 8 ms up", () => ({ hold: () => 8, next: () => 16 })),
  typing("AI operator: 50 ms down and up, strings of 30, pauses of 3 to 8 s", (random) => ({
    hold: () => 50,
    next: inStrings(
      30,
      () => 100,
      () => between(random, 3000, 8000),
    ),
  })),
];
