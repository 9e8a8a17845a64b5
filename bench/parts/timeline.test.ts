import * as fc from "fast-check";
import t from "tap";
import { Timeline } from "./timeline.ts";

t.test("slots come in the order of their times, however they are put off", (t) => {
  const delay = fc.double({ min: 0, max: 100, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(delay, { minLength: 1, maxLength: 50 }),
      fc.array(delay, { maxLength: 200 }),
      (first, later) => {
        const due = Float64Array.from(first);
        const timeline = new Timeline(due);
        let before = -1;
        for (const more of later) {
          if (timeline.due !== Math.min(...due) || timeline.due < before) return false;
          before = timeline.due;
          timeline.putOff(before + more);
        }
        return true;
      },
    ),
  );
  t.equal(new Timeline(new Float64Array(0)).due, Infinity, "nothing is never due");
  t.end();
});
