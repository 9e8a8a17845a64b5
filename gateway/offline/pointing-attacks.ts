/** Generated pointing, as tools and attackers make it: for measuring what of it the signals find, and how soon. */
import { seeded } from "../../models/metrics.ts";
import { buttonMask, millis } from "../core/units.ts";
import { type Attack, between, normal, type Random, type Sent } from "./attack.ts";

type Place = readonly [x: number, y: number];
/** Where the pointer is after so many ms of a movement, in order of time. */
type Way = readonly (readonly [after: number, place: Place])[];

/** The middles of a page's fields and buttons, and the corners of the screen that they lie on. */
const targets: readonly Place[] = [
  [212, 148],
  [640, 148],
  [1088, 152],
  [212, 300],
  [640, 302],
  [960, 431],
  [333, 517],
  [780, 604],
  [1150, 660],
  [96, 700],
];
const screen: Place = [1280, 800];
const clicks = 80;
const frame = 16;
/** Pixels a ms. */
const speed = 0.8;

/**
 * Clicks on targets one after the other. @param aim where in a target it clicks @param way how the pointer gets there
 */
const pointing = (
  name: string,
  way: (random: Random, from: Place, to: Place) => Way,
  aim: (random: Random, target: Place) => Place = (_random, target) => target,
): Attack => ({
  name,
  events(_victim, seed) {
    const random = seeded(seed);
    const events: Sent[] = [];
    const tell = (when: number, [x, y]: Place, mask: number): void => {
      const at = Math.round(when);
      events.push([at, (sink) => sink.pointer(millis(at), Math.round(x), Math.round(y), buttonMask(mask))]);
    };
    let at = 1000;
    let from: Place = [500, 400];
    let target = targets[0];
    for (let n = 0; n < clicks; n++) {
      const others = targets.filter((each) => each !== target);
      target = others[Math.floor(random() * others.length)];
      const to = aim(random, target);
      const path = way(random, from, to);
      for (const [after, place] of path) tell(at + after, place, 0);
      at += path.at(-1)?.[0] ?? 0;
      tell(at + 40, to, 1);
      tell(at + 100, to, 0);
      at += 100 + between(random, 800, 3000);
      from = to;
    }
    return events;
  },
});

/** Frame after frame along a way. @param along the share of the way that is done after a share of the time */
function frames(from: Place, to: Place, place: (share: number) => Place, along: (time: number) => number): Way {
  const steps = Math.max(2, Math.round(Math.hypot(to[0] - from[0], to[1] - from[1]) / speed / frame));
  return Array.from({ length: steps }, (_, n) => [(n + 1) * frame, place(along((n + 1) / steps))] as const);
}

const line =
  (from: Place, to: Place) =>
  (share: number): Place => [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];

/** A quadratic Bézier curve that bows by a fifth of its length, walked evenly. */
function curve(random: Random, from: Place, to: Place): (share: number) => Place {
  const bow = (random() < 0.5 ? -1 : 1) * 0.4;
  const middle: Place = [
    (from[0] + to[0]) / 2 + bow * (to[1] - from[1]) * 0.5,
    (from[1] + to[1]) / 2 - bow * (to[0] - from[0]) * 0.5,
  ];
  const at = (t: number): Place => [
    (1 - t) ** 2 * from[0] + 2 * t * (1 - t) * middle[0] + t * t * to[0],
    (1 - t) ** 2 * from[1] + 2 * t * (1 - t) * middle[1] + t * t * to[1],
  ];
  const lengths = [0];
  const pieces = 200;
  for (let n = 1; n <= pieces; n++) {
    const [a, b] = [at((n - 1) / pieces), at(n / pieces)];
    lengths.push(lengths[n - 1] + Math.hypot(b[0] - a[0], b[1] - a[1]));
  }
  return (share) => at(lengths.findIndex((length) => length >= share * lengths[pieces] - 1e-9) / pieces);
}

const evenly = (time: number): number => time;
/** As a hand speeds up and slows down: minimum jerk. */
const smoothly = (time: number): number => time ** 3 * (10 - 15 * time + 6 * time * time);
const shaken =
  (random: Random, place: (share: number) => Place, by: number) =>
  (share: number): Place => {
    const [x, y] = place(share);
    return share === 1 ? [x, y] : [x + by * normal(random), y + by * normal(random)];
  };
/** Somewhere within a button, as people hit it. */
const nearby = (random: Random, [x, y]: Place): Place => [x + 8 * normal(random), y + 4 * normal(random)];

export const pointingAttacks: readonly Attack[] = [
  pointing("jump to a target's middle and click", () => []),
  pointing("jump to a random place in the target", () => [], nearby),
  pointing(
    "jump to a random place on the screen",
    () => [],
    (random) => [between(random, 0, screen[0]), between(random, 0, screen[1])],
  ),
  pointing("line at one speed", (_random, from, to) => frames(from, to, line(from, to), evenly), nearby),
  pointing(
    "line at one speed with noise of 1.5 px",
    (random, from, to) => frames(from, to, shaken(random, line(from, to), 1.5), evenly),
    nearby,
  ),
  pointing(
    "line that speeds up and slows down",
    (_random, from, to) => frames(from, to, line(from, to), smoothly),
    nearby,
  ),
  pointing("curve at one speed", (random, from, to) => frames(from, to, curve(random, from, to), evenly), nearby),
  pointing("curve with noise that speeds up and slows down, to the middle", (random, from, to) =>
    frames(from, to, shaken(random, curve(random, from, to), 1), smoothly),
  ),
  pointing(
    "curve with noise that speeds up and slows down",
    (random, from, to) => frames(from, to, shaken(random, curve(random, from, to), 1), smoothly),
    nearby,
  ),
];
