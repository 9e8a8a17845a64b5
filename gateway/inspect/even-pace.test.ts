import { assert, double, integer, property } from "fast-check";
import t from "tap";
import { random } from "../../test/parts/typist.ts";
import { EvenPace } from "./even-pace.ts";

t.test("the first look, which spares the sorting, never changes what is found", (t) => {
  let found = 0;
  assert(
    property(
      integer({ min: 1, max: 2 ** 31 }),
      double({ min: 3, max: 4000, noNaN: true }),
      double({ min: 0, max: 0.7, noNaN: true }),
      double({ min: 0, max: 0.3, noNaN: true }),
      integer({ min: 0, max: 300 }),
      (seed, pace, spread, outliers, count) => {
        const next = random(seed);
        const even = new EvenPace();
        for (let n = 0; n < count; n++) {
          // most of them at the upper end: so a cluster reaches down the farthest that it may
          const close = pace * (1 - spread * next() ** 4);
          even.add(2 + (next() < outliers ? 20_000 * next() ** 3 : close));
        }
        const text = even.look();
        if (text !== null) found++;
        return (text !== null) === even.nearness < 1;
      },
    ),
    { numRuns: 3000, seed: 1 },
  );
  t.ok(found > 300, `an even pace in ${found}`);
  t.end();
});

t.test("a pace is even, or not, by the latest intervals", (t) => {
  const even = new EvenPace();
  t.ok(even.empty);
  for (let n = 0; n < 31; n++) even.add(120 + (n % 5));
  t.equal(even.look(), null, "too few");
  even.add(122);
  t.match(even.look(), /of 32 times between them four in five differ by under \d ms/);
  for (let n = 0; n < 128; n++) even.add(80 + 20 * (n % 9));
  t.equal(even.look(), null);
  even.clear();
  t.ok(even.empty);
  t.end();
});
