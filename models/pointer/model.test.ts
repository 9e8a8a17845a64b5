import { brotliCompressSync } from "node:zlib";
import t from "tap";
import { millis } from "../../gateway/core/units.ts";
import { seeded } from "../metrics.ts";
import { featureCount, featureIndex, kindIndex, type PointerAction } from "./action.ts";
import { PointerModel, untrainedFusions } from "./model.ts";
import { mostKept, PointerStatistics } from "./statistics.ts";
import { type PointerPerson, trainPointer } from "./train.ts";

/** A hand: the middles of a few features. */
interface Hand {
  readonly hold: number;
  readonly pause: number;
  readonly speed: number;
}
const handOf = (seed: number): Hand => {
  const random = seeded(seed + 100);
  return { hold: 50 + 100 * random(), pause: 30 + 200 * random(), speed: 200 + 900 * random() };
};

/** Actions of a hand, each feature around its middle. */
function actionsOf(hand: Hand, count: number, seed: number): PointerAction[] {
  const random = seeded(seed);
  const about = (middle: number) => middle * Math.exp(0.5 * (random() + random() + random() - 1.5));
  return Array.from({ length: count }, (_, i) => {
    const features = new Float32Array(featureCount).fill(Number.NaN);
    const set = (name: string, value: number) => (features[featureIndex.get(name) as number] = value);
    set("hold", about(hand.hold));
    set("pause-before-click", about(hand.pause));
    set("speed", about(hand.speed));
    set("path", about(300));
    set("straightness", random());
    return { at: millis(i * 1000), kind: kindIndex.click, features, jittered: features };
  });
}

const enrolled = (actions: readonly PointerAction[]): PointerStatistics => {
  const statistics = new PointerStatistics();
  for (const action of actions) statistics.add(action);
  return statistics;
};
const people = (count: number): PointerPerson[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `synthetic/${i}`,
    sessions: [actionsOf(handOf(i), 250, i), actionsOf(handOf(i), 150, 1000 + i)],
  }));
const prior = trainPointer(people(12), { seed: 1 });

const agent = handOf(50);
const own = enrolled(actionsOf(agent, 300, 51));
const farm = prior.adaptToFarm(Array.from({ length: 8 }, (_, i) => enrolled(actionsOf(handOf(60 + i), 300, 60 + i))));
const trees = farm.grow(own, { seed: 1 });
const scoreOf = (model: PointerModel, actions: readonly PointerAction[], grown = trees): number => {
  const scorer = model.scorer(own, grown);
  for (const action of actions) scorer.add(action);
  return scorer.sessionLlr();
};

t.test("an agent's later session speaks for the agent, another hand's against, with and without trees", async (t) => {
  for (const grown of [trees, new Uint8Array(0)]) {
    const genuine = scoreOf(farm, actionsOf(agent, 60, 52), grown);
    t.ok(genuine > 1);
    const others = Array.from({ length: 20 }, (_, i) => scoreOf(farm, actionsOf(handOf(200 + i), 60, i), grown));
    t.ok(others.every((each) => each < genuine));
    t.ok(others.filter((each) => each < 0).length >= 17);
  }
});

t.test("nothing said is nothing known, and one action says little", async (t) => {
  t.equal(scoreOf(farm, []), 0);
  t.ok(Math.abs(scoreOf(farm, actionsOf(handOf(80), 1, 1))) < 1.5);
});

t.test("what nobody else of the farm does says nothing, whoever does it in the agent's stead", async (t) => {
  const turns = (hand: Hand, seed: number) =>
    actionsOf(hand, 60, seed).map((each) => ({ ...each, kind: kindIndex.wheel }));
  const turner = enrolled([...actionsOf(agent, 300, 51), ...turns(agent, 53)]);
  for (const grown of [farm.grow(turner, { seed: 1 }), new Uint8Array(0)])
    for (const hand of [agent, handOf(90)]) {
      const scorer = farm.scorer(turner, grown);
      t.ok(turns(hand, 91).every((action) => scorer.add(action) === null));
      t.equal(scorer.sessionLlr(), 0);
    }
});

t.test("windows are evidence every few actions, bounded, and turn when another hand takes over", async (t) => {
  const scorer = farm.scorer(own, trees);
  const read = (actions: readonly PointerAction[]) => actions.flatMap((action) => scorer.add(action) ?? []);
  const before = read(actionsOf(agent, 60, 53));
  const after = read(actionsOf(handOf(80), 60, 81)).slice(3);
  t.ok(before.length >= 10 && before.every((each) => each.modality === "pointer" && Math.abs(each.llr) <= 12));
  const sum = (list: readonly { readonly llr: number }[]) => list.reduce((total, each) => total + each.llr, 0);
  t.ok(sum(before) > 0);
  t.ok(sum(after) < 0);
});

t.test("a verdict is told in words that follow the difference", async (t) => {
  const scorer = farm.scorer(own, trees);
  const slow = actionsOf({ ...agent, hold: agent.hold * 3 }, 40, 54);
  for (const action of slow) scorer.add(action);
  const [first] = scorer.explain(3);
  t.match(first, /^holds the button longer \(\d+ % more than usual\)$/);
  t.ok(scorer.explain(2).length <= 2);
});

t.test("how much longer or shorter the button is held is told right, whoever the agent is", async (t) => {
  for (let person = 0; person < 8; person++)
    for (const factor of [0.5, 0.65, 1.4, 1.8, 2.5]) {
      const hand = handOf(200 + person);
      const scorer = farm.scorer(enrolled(actionsOf(hand, 300, 300 + person)));
      for (const action of actionsOf({ ...hand, hold: hand.hold * factor }, 40, 400 + person)) scorer.add(action);
      const text = scorer.explain(1)[0] ?? "";
      t.match(text, factor > 1 ? /^holds the button longer/ : /^holds the button for a shorter time/);
      t.match(text, factor > 1 ? / % more than usual/ : / % less than usual/);
      const share = Number(/(\d+) %/.exec(text)?.[1]) / 100;
      const off = Math.abs(share - Math.abs(factor - 1)) / factor;
      t.ok(off < 0.12, `${factor}: ${text}`);
    }
});

t.test("the same people and seed train the same model, and it survives being stored", async (t) => {
  const bytes = prior.encode();
  t.same(trainPointer(people(12), { seed: 1 }).encode(), bytes);
  const again = PointerModel.decode(bytes);
  t.same(again.encode(), bytes);
  t.equal(scoreOf(again, actionsOf(agent, 40, 55)), scoreOf(prior, actionsOf(agent, 40, 55)));
});

t.test("bytes that are no model or no profile are refused", async (t) => {
  const bytes = prior.encode();
  for (const bad of [new Uint8Array(3), bytes.subarray(0, -1), Buffer.concat([bytes, new Uint8Array(1)])]) {
    t.throws(() => PointerModel.decode(bad), { code: "background-unreadable" });
  }
  const profile = own.encode();
  for (const bad of [new Uint8Array(3), profile.subarray(0, -1), profile.subarray(1)]) {
    t.throws(() => prior.decode(bad), { code: "profile-unreadable" });
  }
  const code = own.encodePlain();
  code[30] = 200;
  t.throws(() => prior.decode(code), { code: "profile-unreadable" });
  for (let at = 20; at < profile.length; at += 97) {
    const damaged = profile.slice();
    damaged[at] ^= 0x55;
    try {
      t.ok(prior.decode(damaged).count > 0);
    } catch (error) {
      t.match(error, { code: "profile-unreadable" });
    }
  }
});

/** The form of profiles before features were told from one another: columns of codes, the kinds first, rows by kind. */
function codesForm(statistics: PointerStatistics): Uint8Array {
  const width = featureCount + 1;
  const rows = Array.from({ length: statistics.kept }, (_, row) =>
    statistics.rows.subarray(row * width, (row + 1) * width),
  );
  const sorted = rows.toSorted((one, other) => one[featureCount] - other[featureCount]);
  const columns = rows.map((row) => row[featureCount]);
  for (let feature = 0; feature < featureCount; feature++) columns.push(...sorted.map((row) => row[feature]));
  const header = Buffer.from(statistics.encode().subarray(0, 20));
  header.writeUInt32BE(0x50_54_52_32);
  return Buffer.concat([header, brotliCompressSync(Uint8Array.from(columns))]);
}

t.test("statistics survive being stored, and merging keeps the counts and the hand", async (t) => {
  const [a, b] = [enrolled(actionsOf(agent, 100, 1)), enrolled(actionsOf(agent, 200, 2))];
  t.same(PointerStatistics.decode(a.encode()).encode(), a.encode());
  t.same(PointerStatistics.decode(a.encode()).rows, a.rows.subarray(0, a.kept * (featureCount + 1)));
  t.same(PointerStatistics.decode(a.encodePlain()).encode(), a.encode(), "the first form is still read");
  t.same(PointerStatistics.decode(codesForm(a)).encode(), a.encode(), "and the second");
  const nothing = new PointerStatistics();
  t.same(PointerStatistics.decode(nothing.encode()).encode(), nothing.encode());
  a.merge(b);
  t.equal(a.count, 300);
  const scorer = farm.scorer(a);
  for (const action of actionsOf(agent, 60, 3)) scorer.add(action);
  t.ok(scorer.sessionLlr() > 0);
});

t.test("a profile is bounded however much is learned, and old and new actions are both kept", async (t) => {
  const statistics = enrolled(actionsOf({ ...agent, hold: 40 }, 3000, 1));
  for (const action of actionsOf({ ...agent, hold: 400 }, 3000, 2)) statistics.add(action);
  t.equal(statistics.count, 6000);
  t.equal(statistics.kept, mostKept);
  t.ok(statistics.encode().length < 80_000);
  t.ok(statistics.encode().length < 0.6 * statistics.encodePlain().length);
  const hold = featureIndex.get("hold") as number;
  let long = 0;
  for (let row = 0; row < statistics.kept; row++) if (statistics.rows[row * (featureCount + 1) + hold] > 35) long++;
  t.ok(Math.abs(long / statistics.kept - 0.5) < 0.05);
});

t.test("too few actions grow no trees, and a farm without actions changes nothing", async (t) => {
  t.equal(farm.grow(enrolled(actionsOf(agent, 20, 1)), { seed: 1 }).length, 0);
  t.equal(prior.adaptToFarm([new PointerStatistics()]), prior);
  const nobody = new PointerModel([], untrainedFusions());
  t.equal(nobody.grow(own, { seed: 1 }).length, 0);
  t.ok(Number.isFinite(scoreOf(nobody, actionsOf(agent, 10, 1), new Uint8Array(0))));
});

t.test("a session that fits another agent's trees better is doubted more", async (t) => {
  const others = Array.from({ length: 8 }, (_, i) => enrolled(actionsOf(handOf(60 + i), 300, 60 + i)));
  const colleagues = others.map((each) =>
    farm.adaptToFarm([own, ...others.filter((other) => other !== each)]).grow(each, { seed: 1 }),
  );
  const knowing = prior.adaptToFarm(others, colleagues);
  const session = actionsOf(handOf(60), 40, 99);
  t.ok(scoreOf(knowing, session) < scoreOf(farm, session));
  t.ok(scoreOf(knowing, actionsOf(agent, 60, 100)) > 1);
});

t.test("with little enrolled, even a very different hand is worth little", async (t) => {
  const scorer = farm.scorer(enrolled(actionsOf(agent, 10, 1)));
  for (const action of actionsOf(handOf(80), 300, 2)) scorer.add(action);
  t.ok(Math.abs(scorer.sessionLlr()) < 1.5);
});
