import t from "tap";
import { random, type TimedEvent, Typist } from "../../test/parts/typist.ts";
import { buttonMask, millis } from "../core/units.ts";
import { ScriptedPointing } from "./scripted-pointing.ts";

type Event = readonly [at: number, x: number, y: number, mask: number];
type Place = readonly [x: number, y: number];

/** @returns the first sign, and after how many clicks; null where none came */
function hear(events: readonly Event[]): { sign: string; after: number; over: boolean } | null {
  const pointing = new ScriptedPointing();
  let [clicks, before] = [0, 0];
  let first: { sign: string; after: number } | null = null;
  for (const [at, x, y, mask] of events) {
    if (mask !== 0 && before === 0) clicks++;
    before = mask;
    const changed = pointing.pointer(millis(at), Math.round(x), Math.round(y), buttonMask(mask));
    if (changed && pointing.sign !== null) first ??= { sign: pointing.sign, after: clicks };
  }
  return first === null ? null : { ...first, over: pointing.sign === null };
}

const targets: readonly Place[] = [
  [200, 150],
  [640, 150],
  [1080, 152],
  [212, 300],
  [960, 431],
  [333, 517],
  [780, 604],
];
const screenEdges: Event[] = [
  [0, 0, 0, 0],
  [1, 0, 0, 1],
  [2, 0, 0, 0],
  [900, 1279, 799, 0],
  [901, 1279, 799, 1],
  [902, 1279, 799, 0],
];

/** Clicks targets in turn. @param way points on the way, each 16 ms @param aim where it clicks */
function clicking(
  count: number,
  way: (from: Place, to: Place) => readonly Place[],
  aim: (to: Place) => Place = (to) => to,
): Event[] {
  const events = [...screenEdges];
  let at = 2000;
  let from: Place = [500, 400];
  for (let n = 0; n < count; n++) {
    const to = aim(targets[n % targets.length]);
    for (const [x, y] of way(from, to)) events.push([(at += 16), x, y, 0]);
    events.push([(at += 40), to[0], to[1], 1], [at + 60, to[0], to[1], 0]);
    at += 900;
    from = to;
  }
  return events;
}

const along =
  (shares: (steps: number) => number[]) =>
  (from: Place, to: Place): Place[] =>
    shares(Math.round(Math.hypot(to[0] - from[0], to[1] - from[1]) / 13)).map((share): Place => [
      from[0] + (to[0] - from[0]) * share,
      from[1] + (to[1] - from[1]) * share,
    ]);
const evenly = (steps: number): number[] => Array.from({ length: steps }, (_, n) => (n + 1) / steps);
const smoothly = (steps: number): number[] =>
  evenly(steps).map((share) => share ** 3 * (10 - 15 * share + 6 * share ** 2));

t.test("a person's pointing has no sign", (t) => {
  for (const seed of [1, 2, 3, 4]) {
    const own = new Typist(seed)
      .work(4000)
      .flatMap((event: TimedEvent): Event[] =>
        event.kind === "pointer" ? [[event.at, event.x, event.y, event.mask]] : [],
      );
    t.equal(hear(own), null, `person ${seed}`);
    t.equal(
      hear(own.map(([at, x, y, mask]): Event => [Math.ceil(at / 100) * 100, x, y, mask])),
      null,
      "over a link that delivers 100 ms at once",
    );
  }
  t.end();
});

t.test("fingers and pens, the wheel, and clicks in one place are no sign", (t) => {
  const next = random(4);
  const finger = ([x, y]: Place): Place => [x + 30 * (next() - 0.5), y + 20 * (next() - 0.5)];
  t.equal(hear(clicking(300, () => [], finger)), null, "fingers jump, and never hit the same pixel");
  t.equal(
    hear(
      clicking(
        300,
        () => [],
        ([x, y]) => [Math.round(x / 200) === 1 ? 0 : x + 40 * (next() - 0.5), y],
      ),
    ),
    null,
    "an edge stops the pointer",
  );
  const resting = Array.from({ length: 300 }, (_, n): Event[] => [
    [n * 700, 400, 300, 1],
    [n * 700 + 60, 400, 300, 0],
  ]).flat();
  t.equal(hear(resting), null, "a mouse that rests");
  const wheel = Array.from({ length: 300 }, (_, n): Event[] => [
    [n * 50, 0, 0, 16],
    [n * 50 + 1, 0, 0, 0],
  ]).flat();
  t.equal(hear(wheel), null, "the wheel, sent from (0, 0)");
  const coarse = (place: Place): Place => [Math.round(finger(place)[0] / 16) * 16, Math.round(place[1] / 16) * 16];
  const hand = (from: Place, to: Place): Place[] =>
    along(smoothly)(from, to).map(([x, y]) => coarse([x, y + 10 * next()]));
  t.equal(hear(clicking(300, hand, coarse)), null, "a large desktop in a small window, whose pixels coincide");
  t.end();
});

t.test("scripts are found by how they move, or where they click", (t) => {
  const next = random(5);
  const nearby = ([x, y]: Place): Place => [x + 30 * (next() - 0.5), y + 16 * (next() - 0.5)];
  t.match(hear(clicking(100, along(evenly), nearby)), { sign: /even speed/, after: /^\d\d?$/ });
  const noisy = (from: Place, to: Place): Place[] =>
    along(evenly)(from, to).map(([x, y]) => [x + 3 * (next() - 0.5), y + 3 * (next() - 0.5)]);
  t.match(hear(clicking(100, noisy, nearby)), { sign: /even speed/ }, "with noise");
  t.match(
    hear(clicking(100, along(smoothly), nearby)),
    { sign: /straight lines/, after: /^\d\d?$/ },
    "a line that speeds up and slows down",
  );
  t.match(
    hear(clicking(100, () => [])),
    { sign: /very same pixels/, after: /^\d\d$/ },
    "jumps to the middles of targets",
  );
  t.end();
});

t.test("a sign ends once a person points, and nothing stands after it was cleared", (t) => {
  const script = clicking(30, along(evenly));
  const own = new Typist(3)
    .work(6000)
    .flatMap((event): Event[] =>
      event.kind === "pointer" ? [[event.at + 200_000, event.x, event.y, event.mask]] : [],
    );
  t.match(hear([...script, ...own]), { over: true });
  const pointing = new ScriptedPointing();
  for (const [at, x, y, mask] of script) pointing.pointer(millis(at), Math.round(x), Math.round(y), buttonMask(mask));
  t.not(pointing.sign, null);
  pointing.clear();
  t.equal(pointing.sign, null);
  t.end();
});
