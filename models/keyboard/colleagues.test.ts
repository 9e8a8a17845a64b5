import * as fc from "fast-check";
import t from "tap";
import { type Colleague, Nearest, likeness } from "./colleagues.ts";

const density = { base: new Float64Array(), people: 0, loadings: new Float32Array(), own: new Float64Array() };

/** A colleague whose vector stands at an angle. */
const at = (angle: number): Colleague => ({ vector: Float64Array.of(Math.cos(angle), Math.sin(angle)), density });
const around = Array.from({ length: 12 }, (_, index) => at((index * Math.PI) / 6));
const none = -1;

t.test(
  "a session that is like a colleague speaks against the agent, one like nobody speaks for an outsider only",
  (t) => {
    const nearest = new Nearest(around, none);
    t.ok(nearest.evidence(around[3].vector, 50, ({ vector }) => (vector === around[3].vector ? 8 : -8)) > 4);
    const stranger = nearest.evidence(around[3].vector, 50, () => -8);
    t.ok(stranger < 0 && stranger > -2.5, `bounded by the share of outsiders: ${stranger}`);
    t.end();
  },
);

t.test("the agent who is claimed is nobody's alternative", (t) => {
  const asked: Colleague[] = [];
  new Nearest(around, 3).evidence(around[3].vector, 50, (colleague) => asked.push(colleague));
  t.equal(asked.includes(around[3]), false);
  t.equal(asked.length, 4);
  t.end();
});

t.test("with little typed, or hardly anybody to compare with, colleagues say next to nothing", (t) => {
  const nearest = new Nearest(around, none);
  t.equal(Math.abs(nearest.evidence(around[0].vector, 0, () => 5)), 0);
  t.ok(Math.abs(nearest.evidence(around[0].vector, 2, () => 0)) < 0.1);
  t.equal(
    new Nearest(around.slice(0, 1), 0).evidence(around[0].vector, 50, () => 9),
    0,
  );
  t.end();
});

t.test("colleagues count the more of them there are, up to five, without a jump", (t) => {
  const stranger = (others: number): number =>
    new Nearest(around.slice(0, others), none).evidence(around[0].vector, 50, () => -8);
  const said = [1, 2, 3, 4, 5, 6].map(stranger);
  for (let others = 1; others < 5; others++) t.ok(said[others] < said[others - 1], said.join(", "));
  t.ok(said[0] > -0.25, "one colleague excuses hardly any stranger");
  t.ok(Math.abs(said[5] - said[4]) < 0.01, "a sixth changes nothing");
  t.end();
});

t.test("those asked are the nearest, in order", (t) => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 7, noNaN: true }), { minLength: 5, maxLength: 40 }), (angles) => {
      const alike: number[] = [];
      const vector = Float64Array.of(1, 0);
      new Nearest(angles.map(at), none).evidence(vector, 50, (_, likely) => alike.push(likely) * 0);
      const sorted = angles.map((angle) => likeness(at(angle).vector, vector)).sort((a, b) => b - a);
      return alike.every((value, index) => value === sorted[index]) && alike.length === 4;
    }),
  );
  t.end();
});
