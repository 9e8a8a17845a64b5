import { array, assert, integer, property, tuple } from "fast-check";
import t from "tap";
import { buttonMask, millis } from "../core/units.ts";
import { featureIndex, features, kinds, type PointerAction } from "../../models/pointer/action.ts";
import { PointerActions } from "./pointer-actions.ts";

type Event = readonly [at: number, x: number, y: number, mask: number];

function actionsOf(events: readonly Event[], flush = true): PointerAction[] {
  const actions: PointerAction[] = [];
  const extractor = new PointerActions((action) => actions.push(action));
  for (const [at, x, y, mask] of events) extractor.pointer(millis(at), x, y, buttonMask(mask));
  if (flush) extractor.flush();
  return actions;
}

const kindsOf = (actions: readonly PointerAction[]): string[] => actions.map((action) => kinds[action.kind]);
const value = (action: PointerAction, name: string): number => action.features[featureIndex.get(name) as number];

/** A movement of `count` points every 16 ms, from `at`, at (x, y) and on by 10 pixels a point. */
function sweep(at: number, x: number, y: number, count: number, mask = 0): Event[] {
  return Array.from({ length: count }, (_, i) => [at + 16 * i, x + 10 * i, y + 3 * i, mask] as const);
}

t.test("a run of movement ends after a second of rest", async (t) => {
  const events: Event[] = [...sweep(0, 100, 100, 10), [2000, 300, 300, 0]];
  t.same(kindsOf(actionsOf(events, false)), ["move"]);
});

t.test("three points are no movement", async (t) => {
  t.same(actionsOf(sweep(0, 100, 100, 3)), []);
});

t.test("a movement that ends in a press and a release in place is a click, with its hold and pauses", async (t) => {
  const actions = actionsOf([...sweep(0, 100, 100, 10), [244, 190, 127, 1], [334, 190, 127, 0]]);
  t.same(kindsOf(actions), ["click"]);
  t.equal(value(actions[0], "hold"), 90);
  t.equal(value(actions[0], "pause-before-click"), 100);
});

t.test("a second click soon after is a tap that knows the interval of the double click", async (t) => {
  const first: Event[] = [...sweep(0, 100, 100, 10), [244, 190, 127, 1], [334, 190, 127, 0]];
  const actions = actionsOf([
    ...first,
    [434, 190, 127, 1],
    [514, 190, 127, 0],
    [3000, 190, 127, 1],
    [3080, 190, 127, 0],
  ]);
  t.same(kindsOf(actions), ["click", "tap", "tap"]);
  t.equal(value(actions[1], "double-click"), 100);
  t.ok(Number.isNaN(value(actions[2], "double-click")));
});

t.test("movement while a button is down is a drag; the way there is a move", async (t) => {
  const events: Event[] = [
    ...sweep(0, 100, 100, 10),
    [200, 190, 127, 1],
    ...sweep(216, 200, 130, 10, 1),
    [400, 290, 157, 0],
  ];
  const actions = actionsOf(events);
  t.same(kindsOf(actions), ["move", "drag"]);
  t.equal(value(actions[1], "hold"), 200);
  t.equal(value(actions[1], "drag-start"), 16);
});

t.test("wheel clicks within a second are one burst, wherever the client says that they were", async (t) => {
  const events: Event[] = [];
  for (let i = 0; i < 5; i++) events.push([i * 100, 0, 0, i === 4 ? 8 : 16], [i * 100 + 1, 0, 0, 0]);
  const [burst, ...rest] = actionsOf([...events, [5000, 5, 5, 0]], false);
  t.same(rest, []);
  t.equal(kinds[burst.kind], "wheel");
  t.equal(value(burst, "wheel-clicks"), 5);
  t.equal(value(burst, "wheel-interval"), 100);
  t.equal(value(burst, "wheel-reversals"), 0.25);
});

t.test("a sentinel that is no place is not a movement", async (t) => {
  const clean = actionsOf([...sweep(0, 100, 100, 10), [2000, 1, 1, 0]]);
  const events = sweep(0, 100, 100, 10);
  const dirty = actionsOf([...events.slice(0, 5), [70, 65535, 65535, 0], ...events.slice(5), [2000, 1, 1, 0]]);
  t.same(dirty[0].features, clean[0].features);
});

t.test("the same input gives the same actions, jitter included", async (t) => {
  const events = sweep(0, 100, 100, 40);
  t.same(actionsOf(events), actionsOf(events));
});

t.test("a flood of moves is cut into actions of bounded length", async (t) => {
  const lengths = actionsOf(
    sweep(0, 0, 0, 10_000).map(([at, x, y, mask]) => [at, x % 1000, y % 700, mask] as const),
  ).map((action) => value(action, "duration"));
  t.ok(lengths.length >= 9 && lengths.every((ms) => ms <= 1024 * 16));
});

t.test("a drag longer than its buffer is still one drag", async (t) => {
  const held = sweep(16, 0, 0, 5000, 1).map(([at, x, y, mask]) => [at, x % 900, y % 700, mask] as const);
  const actions = actionsOf([[0, 0, 0, 1], ...held, [90_000, 10, 10, 0]]);
  t.same(kindsOf(actions), ["drag"]);
  t.equal(value(actions[0], "hold"), 90_000);
});

const walk = array(
  tuple(integer({ min: 1, max: 80 }), integer({ min: -40, max: 40 }), integer({ min: -40, max: 40 })),
  {
    minLength: 5,
    maxLength: 60,
  },
);
const walked = (
  steps: readonly (readonly [number, number, number])[],
  x0: number,
  y0: number,
  stretch = 1,
): Event[] => {
  let [at, x, y] = [0, x0, y0];
  return steps.map(([dt, dx, dy]) => {
    at += dt * stretch;
    x += dx;
    y += dy;
    return [at, x, y, 0] as const;
  });
};

t.test("where on the screen an action is changes no feature", async () => {
  assert(
    property(walk, integer({ min: 0, max: 4000 }), integer({ min: 0, max: 2000 }), (steps, x, y) => {
      const here = actionsOf(walked(steps, 0, 0));
      const there = actionsOf(walked(steps, x, y));
      return JSON.stringify(here.map((a) => [...a.features])) === JSON.stringify(there.map((a) => [...a.features]));
    }),
  );
});

t.test("the same path in twice the time keeps its shape and halves its speed", async () => {
  const shape = ["path", "chord", "straightness", "turning", "deviation", "bow", "overshoot"];
  assert(
    property(walk, (steps) => {
      const [once] = actionsOf(walked(steps, 0, 0));
      const [twice] = actionsOf(walked(steps, 0, 0, 2));
      if (once === undefined) return twice === undefined;
      const same = shape.every((name) => Object.is(value(once, name), value(twice, name)));
      const ratio = value(once, "speed") / value(twice, "speed");
      return (
        same &&
        (Number.isNaN(ratio) || Math.abs(ratio - 2) < 1e-3) &&
        value(twice, "duration") === 2 * value(once, "duration")
      );
    }),
  );
});

t.test("no feature is infinite, whatever a client sends", async () => {
  const wild = array(
    tuple(
      integer({ min: 0, max: 3000 }),
      integer({ min: -70_000, max: 70_000 }),
      integer(),
      integer({ min: 0, max: 127 }),
    ),
    { maxLength: 80 },
  );
  assert(
    property(wild, (raw) => {
      let at = 0;
      const events = raw.map(([dt, x, y, mask]) => [(at += dt), x, y, mask] as const);
      return actionsOf(events).every(
        (action) =>
          action.features.length === features.length &&
          [...action.features, ...action.jittered].every((each) => Number.isNaN(each) || Number.isFinite(each)),
      );
    }),
  );
});
