import t from "tap";
import { millis } from "../../gateway/core/units.ts";
import type { Keystroke } from "./keystroke.ts";
import { keyCount } from "./keys.ts";
import { noKey } from "./keystroke.ts";
import { Layers, kernelOf, plainKernel } from "./layers.ts";
import { trainNetwork } from "./network-training.ts";
import { Network, embed, embedded, hidden } from "./network.ts";
import { statisticsOf, trainPopulation } from "./population.ts";
import { Random } from "./random.ts";

/** Typing at random keys with a pace and a hold of one's own. */
function typing(pace: number, hold: number, presses: number, random: Random): Keystroke[] {
  let before = noKey;
  let at = 0;
  let release = Number.NaN;
  return Array.from({ length: presses }, () => {
    const downDown = pace * Math.exp(0.3 * random.normal());
    const held = hold * Math.exp(0.2 * random.normal());
    const key = random.integer(keyCount);
    at += downDown;
    const first = before === noKey;
    const stroke = {
      at: millis(at),
      key,
      before,
      hold: held,
      downDown: first ? Number.NaN : downDown,
      upDown: first ? Number.NaN : at - release,
    };
    before = key;
    release = at + held;
    return stroke;
  });
}

const random = new Random(3);
const people = Array.from({ length: 16 }, (_, index) => ({
  id: `p${index}`,
  set: "made-up",
  sittings: [0, 1].map(() => typing(100 + 12 * index, 140 - 5 * index, 150, random)),
}));
const settings = { seed: 1, digraphs: 20, people: 4, windows: 2, iterations: 3, windowLength: 50 };
const { contexts } = trainPopulation(people, settings);
const train = (steps: number) => trainNetwork(people, contexts, { seed: 1, steps, onProgress: () => {} });
const network = train(40);

const likeness = (left: Float64Array, right: Float64Array): number =>
  left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);

t.test("training brings the same typist's vectors together and others' apart", async (t) => {
  const margin = (steps: number): number => {
    const trained = train(steps);
    const vector = (strokes: Keystroke[]): Float64Array =>
      embed(trained.parameters, statisticsOf(strokes, trained).hidden);
    const own = vector(typing(100, 140, 200, random));
    return likeness(own, vector(typing(100, 140, 100, random))) - likeness(own, vector(typing(280, 65, 100, random)));
  };
  t.ok(margin(40) > margin(1) + 0.2);
});

t.test("is the same for the same seed", async (t) => t.equal(train(5).id, train(5).id));

t.test("a vector has length one whatever the amount", async (t) => {
  for (const presses of [1, 20, 200]) {
    const vector = embed(network.parameters, statisticsOf(typing(150, 90, presses, random), network).hidden);
    t.equal(vector.length, embedded);
    t.ok(Math.abs(likeness(vector, vector) - 1) < 1e-6);
  }
});

t.test("sums of sittings add up in any order, and survive their encoding", async (t) => {
  const parts = [40, 60, 80].map((presses) => typing(150, 90, presses, random));
  const sum = (order: readonly number[]): Float64Array => {
    const total = statisticsOf([], network);
    for (const index of order) total.merge(statisticsOf(parts[index] ?? [], network));
    t.equal(total.networkCount, 180);
    return total.hidden;
  };
  const [here, there] = [sum([0, 1, 2]), sum([2, 0, 1])];
  for (let unit = 0; unit < hidden; unit += 1) t.ok(Math.abs(here[unit] - there[unit]) < 1e-9);
});

t.test("another network gives up the sum and keeps the rest", async (t) => {
  const statistics = statisticsOf(typing(150, 90, 100, random), network);
  const other = statisticsOf([], train(3));
  other.merge(statistics);
  t.equal(other.networkCount, 0);
  t.equal(other.count, 100);
});

t.test("readers of the same keystrokes share the work, and read what each would alone", async (t) => {
  const strokes = typing(150, 90, 60, random);
  const alone = new Network(contexts, network.parameters).stream();
  const [one, late] = [network.stream(), network.stream()];
  for (const [index, stroke] of strokes.entries()) {
    const expected = [...alone.read(stroke)];
    if (index === 41) t.notSame([...one.read(stroke)], expected, "the keystroke before is forgotten");
    else t.strictSame([...one.read(stroke)], expected);
    // The second comes in later, where what came before is another thing for its first keystroke.
    if (index > 20) t.strictSame([...late.read(stroke)], expected, `keystroke ${index}`);
    else if (index === 20) t.notSame([...late.read(stroke)], expected);
    if (index !== 40) continue;
    one.wipe();
    t.equal(network.newest, null, "of a session that is over nothing is kept");
  }
});

t.test("rows are added one by one in single precision, with WebAssembly and without", async (t) => {
  const units = 16;
  const layout = { firstBias: 160, second: 176, secondBias: 432, total: 448 };
  const parameters = Float32Array.from({ length: layout.total }, () => random.normal());
  const weights = Float32Array.of(0.3, 0, -1.7, 1, 0.01);
  const offsets = Int32Array.of(0, 32, 64, 144, 16);
  const expected = parameters.slice(layout.firstBias, layout.second);
  const add = (layer: Float32Array, from: number, weight: number) =>
    layer.forEach((value, unit) => (layer[unit] = value + weight * parameters[from + unit]));
  weights.forEach((weight, index) => add(expected, offsets[index], weight));
  const top = parameters.slice(layout.secondBias, layout.total);
  expected.forEach((value, unit) => {
    expected[unit] = Math.max(value, 0);
    add(top, layout.second + unit * units, expected[unit]);
  });
  for (const kernel of [kernelOf, plainKernel]) {
    const layers = new Layers(layout, units, kernel);
    layers.parameters.set(parameters);
    layers.run(offsets, weights, 0, weights.length);
    t.strictSame([...layers.first], [...expected]);
    t.strictSame(
      [...layers.second],
      [...top].map((value) => Math.max(value, 0)),
    );
    layers.wipe();
    t.strictSame(
      [...new Uint8Array(layers.first.buffer, layout.total * 4)].filter((byte) => byte !== 0),
      [],
      "nothing of the keystroke is left",
    );
  }
});
