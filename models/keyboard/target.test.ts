import t from "tap";
import { ContextSums } from "./contexts.ts";
import { rowOf } from "./density.ts";
import { posterior } from "./factor-analysis.ts";
import { solveLower } from "./matrix.ts";
import { Random } from "./random.ts";
import { Target } from "./target.ts";

t.test("a context asked about late is as the posterior says, enrolled or not", async (t) => {
  const random = new Random(11);
  const [contexts, k] = [30, 5];
  const numbers = (count: number, of = () => random.normal()): Float64Array => Float64Array.from({ length: count }, of);
  const share = (): number => 0.1 + random.next();
  const people = { dimensions: k, loadings: numbers(contexts * k), specific: numbers(contexts, share) };
  const windows = { dimensions: 2, loadings: numbers(contexts * 2), specific: numbers(contexts, share) };
  const noise = numbers(contexts, share);
  const enrolled = new ContextSums(contexts);
  for (let times = 0; times < 60; times += 1) enrolled.add(random.integer(contexts - 10), random.normal());
  const target = new Target({ people, windows, noise, windowLength: 50 }, enrolled, noise);
  const precision = new Float64Array(k * k);
  const mean = new Float64Array(k);
  posterior(rowOf(enrolled), people, noise, precision, mean);
  for (const context of [29, 0, 7, 7, 25]) {
    target.settle(context);
    const [n, psi] = [enrolled.n[context], people.specific[context]];
    const gain = n > 0 ? psi / (psi + noise[context] / n) : 0;
    const w = people.loadings.slice(context * k, context * k + k);
    const predicted = w.reduce((sum, value, i) => sum + value * mean[i], 0);
    const own = n > 0 ? enrolled.sum[context] / n : 0;
    t.ok(Math.abs(target.base[context] - gain * own - (1 - gain) * predicted) < 1e-12);
    t.ok(Math.abs(target.own[context] - psi * (1 - gain)) < 1e-12);
    const column = w.map((value) => value * (1 - gain));
    solveLower(precision, k, column);
    column.forEach((value, i) => t.ok(Math.abs(target.loadings[context * k + i] - value) < 1e-6));
  }
});
