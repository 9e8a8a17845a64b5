import * as fc from "fast-check";
import t from "tap";
import { millis } from "../core/units.ts";
import { defaultTrustOptions, TrustFilter } from "./trust.ts";

const llr = fc.double({ min: -8, max: 8, noNaN: true });
const modality = fc.constantFrom("keyboard" as const, "pointer" as const);

t.test("trust stays between 0 and 100 and suspicion finite, whatever comes", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double(), modality, fc.double({ min: 0, max: 1, noNaN: true }), fc.double()), {
        maxLength: 200,
      }),
      (rows) => {
        const filter = new TrustFilter();
        for (const [value, which, weight, at] of rows) filter.observe(millis(at), which, value, weight);
        return filter.trust >= 0 && filter.trust <= 100 && Number.isFinite(filter.suspicion);
      },
    ),
  );
  t.end();
});

t.test("more evidence for the agent never lowers trust", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(llr, modality), { maxLength: 60 }),
      llr,
      fc.double({ min: 0, max: 4, noNaN: true }),
      modality,
      (past, last, more, which) => {
        const [low, high] = [new TrustFilter(), new TrustFilter()];
        let at = 0;
        for (const [value, each] of past)
          for (const filter of [low, high]) filter.observe(millis((at += 1000)), each, value);
        low.observe(millis(at + 2000), which, last);
        high.observe(millis(at + 2000), which, last + more);
        return high.suspicion <= low.suspicion + 1e-9;
      },
    ),
  );
  t.end();
});

/** Windows of impostor evidence in both modalities until suspicion passes `limit`, after so many genuine ones. */
function delayAfter(genuine: number, limit: number): number {
  const filter = new TrustFilter();
  let at = 0;
  const say = (value: number): void => {
    filter.observe(millis((at += 2000)), "keyboard", value);
    filter.observe(millis((at += 2000)), "pointer", value);
  };
  for (let index = 0; index < genuine; index++) say(1);
  let windows = 0;
  while (filter.suspicion < limit && windows < 1000) {
    say(-1);
    windows++;
  }
  return windows;
}

t.test("a long genuine past does not shield an impostor", (t) => {
  const afterMinutes = delayAfter(50, 3);
  t.ok(afterMinutes < 15, `${afterMinutes} windows`);
  t.equal(delayAfter(10_000, 3), afterMinutes);
  t.end();
});

t.test("a modality that is wrong from the start is a device as long as the other is right", (t) => {
  const filter = new TrustFilter();
  for (let at = 0; at < 600_000; at += 5000) {
    filter.observe(millis(at), "pointer", -2);
    filter.observe(millis(at), "keyboard", 1);
  }
  t.ok(filter.trust > 90, `${filter.trust}`);
  t.ok(filter.changed("pointer") > 0.9);
  t.ok(filter.changed("keyboard") < 0.1);
  t.end();
});

t.test("one modality alone never passes its bound, however bad and however long", (t) => {
  for (const which of ["keyboard", "pointer"] as const) {
    const filter = new TrustFilter();
    let highest = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < 3_600_000; at += 2000) {
      filter.observe(millis(at), which, at < 600_000 ? 2 : -4);
      if (at < 900_000) highest = Math.max(highest, filter.suspicion);
    }
    t.ok(
      highest < Math.log(defaultTrustOptions.handOver / defaultTrustOptions.change[which]) + 1.5,
      `${which} ${highest}`,
    );
  }
  t.end();
});

t.test("somebody else from the first key on is found as well", (t) => {
  const filter = new TrustFilter();
  for (let at = 0; at < 60_000; at += 3000) {
    filter.observe(millis(at), "keyboard", -1);
    filter.observe(millis(at + 1500), "pointer", -1);
  }
  t.ok(filter.suspicion > 0.5, `${filter.suspicion}`);
  t.end();
});

t.test(
  "where a link hides the hand, nobody knows any more who drives: not in ten minutes, but in half an hour",
  (t) => {
    const filter = new TrustFilter();
    const hidden = (from: number, to: number): void => {
      for (let at = from; at < to; at += 3000) filter.observe(millis(at), at % 5 === 0 ? "pointer" : "keyboard", 2, 0);
    };
    hidden(0, 600_000);
    t.ok(filter.suspicion < 0, `${filter.suspicion.toFixed(2)} nats`);
    hidden(600_000, 1_800_000);
    t.ok(filter.suspicion > 1, `${filter.suspicion.toFixed(2)} nats`);
    t.end();
  },
);
