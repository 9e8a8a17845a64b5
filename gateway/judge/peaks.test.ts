import t from "tap";
import { millis } from "../core/units.ts";
import { Peaks } from "./peaks.ts";

t.test("each five active minutes give their highest suspicion once", (t) => {
  const peaks = new Peaks();
  for (let at = 0; at <= 900_000; at += 5000) peaks.observe(millis(at), at === 400_000 ? 3 : -5);
  t.same(peaks.take(), [-5, 3, -5]);
  t.same(peaks.take(), []);
  t.end();
});

t.test("a long silence is not active time, and what is doubted is left out", (t) => {
  const peaks = new Peaks();
  peaks.observe(millis(0), 1);
  peaks.observe(millis(3_600_000), 2);
  t.same(peaks.take(), []);
  peaks.forget();
  for (let at = 0; at <= 310_000; at += 5000) peaks.observe(millis(3_600_000 + at), -1);
  t.same(peaks.take(), [-1]);
  t.end();
});
