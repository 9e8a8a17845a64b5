import * as fc from "fast-check";
import t from "tap";
import {
  areaUnderCurve,
  bootstrapInterval,
  calibrationCost,
  equalErrorRate,
  falseMatchAt,
  falseNonMatchAt,
  poissonUpperBound,
  quantile,
  seeded,
} from "./metrics.ts";

const some = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 40 });

t.test("AUC is the share of pairs in the right order, ties counting half", (t) => {
  fc.assert(
    fc.property(some, some, (genuine, impostor) => {
      let won = 0;
      for (const g of genuine) for (const i of impostor) won += g > i ? 1 : g === i ? 0.5 : 0;
      return Math.abs(areaUnderCurve({ genuine, impostor }) - won / (genuine.length * impostor.length)) < 1e-9;
    }),
  );
  t.end();
});

t.test("EER lies between the two error rates at the threshold where they cross", (t) => {
  fc.assert(
    fc.property(some, some, (genuine, impostor) => {
      let [low, high] = [0, 1];
      for (let limit = -21; limit <= 21; limit++) {
        const fnmr = genuine.filter((score) => score < limit).length / genuine.length;
        const fmr = impostor.filter((score) => score >= limit).length / impostor.length;
        low = Math.max(low, Math.min(fnmr, fmr));
        high = Math.min(high, Math.max(fnmr, fmr));
      }
      const eer = equalErrorRate({ genuine, impostor });
      return eer >= low - 1e-9 && eer <= high + 1e-9;
    }),
  );
  t.equal(equalErrorRate({ genuine: [3, 4], impostor: [1, 2] }), 0);
  t.equal(equalErrorRate({ genuine: [1, 2], impostor: [3, 4] }), 1);
  t.ok(Number.isNaN(equalErrorRate({ genuine: [], impostor: [1] })));
  t.end();
});

t.test("an error rate at a limit on the other one is what counting gives", (t) => {
  const genuine = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const impostor = [-3, -2, -1, 0, 1.5, 2.5];
  t.equal(falseNonMatchAt({ genuine, impostor }, 0), 0.2);
  t.ok(Math.abs(falseMatchAt({ genuine, impostor }, 0.1) - 1 / 6) < 1e-9);
  t.end();
});

t.test("scores that are true log-likelihood ratios cost less than the same ones scaled", (t) => {
  const random = seeded(3);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  // Two normals a distance d apart, of variance 1: their LLR is normal with means +-d²/2 and variance d².
  const d = 2;
  const genuine = Array.from({ length: 4000 }, () => (d * d) / 2 + d * normal());
  const impostor = Array.from({ length: 4000 }, () => -(d * d) / 2 + d * normal());
  const cost = (scale: number): number =>
    calibrationCost({ genuine: genuine.map((s) => s * scale), impostor: impostor.map((s) => s * scale) });
  t.ok(cost(1) < cost(2));
  t.ok(cost(1) < cost(0.5));
  t.equal(calibrationCost({ genuine: [0], impostor: [0] }), 1);
  t.end();
});

t.test("the bound on a rare count is the published one", (t) => {
  // Garwood's one-sided 95 % limits for 0, 1 and 5 events.
  for (const [count, bound] of [
    [0, 2.996],
    [1, 4.744],
    [5, 10.513],
  ] as const)
    t.ok(Math.abs(poissonUpperBound(count) - bound) < 0.002, `${count}`);
  t.end();
});

t.test("an interval over people holds the statistic of all of them, and repeats with its seed", (t) => {
  const random = seeded(1);
  const people = Array.from({ length: 30 }, () => ({
    genuine: [random() * 4, random() * 4],
    impostor: [random() * 4 - 2, random() * 4 - 2],
  }));
  const all = { genuine: people.flatMap((p) => p.genuine), impostor: people.flatMap((p) => p.impostor) };
  const [low, high] = bootstrapInterval(people, areaUnderCurve, 200, 1);
  const auc = areaUnderCurve(all);
  t.ok(low < auc && auc < high);
  t.same(bootstrapInterval(people, areaUnderCurve, 200, 1), [low, high]);
  t.equal(quantile([1, 2, 3, 4, 5], 0.5), 3);
  t.end();
});
