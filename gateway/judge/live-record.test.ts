import * as fc from "fast-check";
import t from "tap";
import { millis } from "../core/units.ts";
import { LiveRecord } from "./live-record.ts";

t.test("however long a session lasts, its record is bounded, in order, and keeps every low that stands out", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(), (count, place) => {
      const record = new LiveRecord();
      const low = place % count;
      for (let index = 0; index < count; index++)
        record.observe(
          millis(1000 + index * 2000),
          index % 2 === 0 ? "keyboard" : "pointer",
          0.5,
          1,
          index === low ? 3 : 99,
        );
      const timeline = record.timeline();
      t.ok(timeline.length <= 256 && timeline.length >= Math.min(count, 128));
      t.ok(timeline.every(({ at }, index) => index === 0 || at > timeline[index - 1].at));
      t.equal(Math.min(...timeline.map(({ trust }) => trust)), 3);
      t.equal(timeline.find(({ trust }) => trust === 3)?.at, 1000 + low * 2000);
      t.equal(record.windows().length, Math.min(count, 128));
      t.equal(record.windows().at(-1)?.at, 1000 + (count - 1) * 2000);
      t.equal(record.sparkline().length, Math.min(count, 32));
    }),
    { numRuns: 50 },
  );
  t.end();
});
