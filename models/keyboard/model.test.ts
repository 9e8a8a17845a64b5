import { brotliDecompressSync } from "node:zlib";
import t from "tap";
import { millis } from "../../gateway/core/units.ts";
import { keyOf } from "./keys.ts";
import { type Keystroke, noKey } from "./keystroke.ts";
import { KeyboardModel } from "./model.ts";
import { hidden } from "./network.ts";
import { Random } from "./random.ts";
import { KeyboardStatistics } from "./statistics.ts";
import { trainKeyboard } from "./train.ts";

/** A made-up typist: each has a pace, a hold and a habit of their own for each key. */
function typist(seed: number): (presses: number, random: Random) => Keystroke[] {
  const own = new Random(seed);
  const pace = 140 * Math.exp(0.25 * own.normal());
  const hold = 95 * Math.exp(0.2 * own.normal());
  const habit = Array.from({ length: 128 }, () => 0.15 * own.normal());
  const text = "the quick brown fox jumps over the lazy dog and then some more of it ";
  return (presses, random) => {
    const strokes: Keystroke[] = [];
    let at = 0;
    let before = noKey;
    let release = Number.NaN;
    const offset = random.integer(text.length);
    for (let index = 0; index < presses; index += 1) {
      const key = keyOf(text.charCodeAt((offset + index) % text.length));
      const downDown = pace * Math.exp((habit[64 + key] ?? 0) + 0.3 * random.normal());
      const held = hold * Math.exp((habit[key] ?? 0) + 0.2 * random.normal());
      const first = before === noKey;
      at += first ? 1_000 : downDown;
      strokes.push({
        at: millis(at),
        key,
        before,
        hold: held,
        downDown: first ? Number.NaN : downDown,
        upDown: first ? Number.NaN : at - release,
      });
      before = key;
      release = at + held;
    }
    return strokes;
  };
}

const random = new Random(5);
const background = Array.from({ length: 40 }, (_, index) => {
  const type = typist(index + 1);
  return { id: `b${index}`, set: "made-up", sittings: [type(400, random), type(400, random)] };
});
const model = trainKeyboard(background, { seed: 1 });
const alice = typist(1_001);
const bob = typist(1_002);

function enrolled(strokes: readonly Keystroke[]): KeyboardStatistics {
  const statistics = model.statistics();
  for (const stroke of strokes) statistics.add(stroke);
  return statistics;
}

t.test("tells two typists apart", async (t) => {
  const profile = enrolled(alice(600, random));
  for (const [who, sign] of [
    [alice, 1],
    [bob, -1],
  ] as const) {
    const scorer = model.scorer(profile);
    let evidence = 0;
    for (const stroke of who(100, random)) evidence += scorer.add(stroke)?.llr ?? 0;
    t.ok(sign * scorer.sessionLlr() > 2, `session ${scorer.sessionLlr()}`);
    t.ok(sign * evidence > 2, `windows ${evidence}`);
  }
});

t.test("says nothing where nothing was typed, or nothing is known", async (t) => {
  t.equal(model.scorer(enrolled(alice(300, random))).sessionLlr(), 0);
  t.same(model.scorer(enrolled(alice(300, random))).explain(3), []);
  const stranger = model.scorer(model.statistics());
  for (const stroke of alice(100, random)) stranger.add(stroke);
  t.ok(Math.abs(stranger.sessionLlr()) < 5);
});

t.test("gives evidence every five keystrokes once twenty-five are there", async (t) => {
  const scorer = model.scorer(enrolled(alice(300, random)));
  const at = alice(60, random).flatMap((stroke, index) => (scorer.add(stroke) === null ? [] : [index + 1]));
  t.same(at, [25, 30, 35, 40, 45, 50, 55, 60]);
});

t.test("a window's evidence does not depend on what came before the window", async (t) => {
  const profile = enrolled(alice(300, random));
  const strokes = bob(125, random);
  const long = model.scorer(profile);
  const short = model.scorer(profile);
  const last = strokes.map((stroke) => long.add(stroke)).at(-1);
  const alone = strokes.slice(100).map((stroke) => short.add(stroke));
  t.ok(Math.abs((last?.llr ?? Number.NaN) - (alone.at(-1)?.llr ?? Number.NaN)) < 1e-6);
});

t.test("keeps its meaning through encoding", async (t) => {
  const profile = enrolled(alice(500, random));
  const bytes = profile.encode();
  t.same(model.decode(bytes).encode(), bytes);
  const header = 16 + 4 * hidden;
  const before = Buffer.concat([bytes.subarray(0, header), brotliDecompressSync(bytes.subarray(header))]);
  before.writeUInt16LE(2);
  t.same(model.decode(before).encode(), bytes, "the form of before is still read");
  t.ok(bytes.length < 16_384, `${bytes.length} bytes`);
  const again = KeyboardModel.decode(model.encode());
  t.same(again.encode(), model.encode());
  const scorers = [model.scorer(profile), again.scorer(again.decode(bytes))];
  for (const stroke of alice(80, random)) for (const scorer of scorers) scorer.add(stroke);
  const [here, there] = scorers.map((scorer) => scorer.sessionLlr());
  t.ok(Math.abs((here ?? 0) - (there ?? 9)) < 1e-2);
});

t.test("the same people and seed give the same model", async (t) => {
  const few = background.slice(0, 12);
  t.same(trainKeyboard(few, { seed: 3 }).encode(), trainKeyboard(few.toReversed(), { seed: 3 }).encode());
});

t.test("bytes that are no profile or model are refused", async (t) => {
  t.throws(() => model.decode(new Uint8Array(3)), { code: "profile-unreadable" });
  t.throws(() => model.decode(enrolled(alice(50, random)).encode().subarray(0, 40)), { code: "profile-unreadable" });
  t.throws(() => KeyboardModel.decode(new Uint8Array(3)), { code: "background-unreadable" });
  t.throws(() => KeyboardModel.decode(model.encode().subarray(0, 1_000)), { code: "background-unreadable" });
});

t.test("explains in words and without naming a key", async (t) => {
  const scorer = model.scorer(enrolled(alice(600, random)));
  const slow = alice(100, random).map((stroke) => ({ ...stroke, hold: stroke.hold * 1.6 }));
  for (const stroke of slow) scorer.add(stroke);
  t.match(scorer.explain(1)[0], /^holds (letter|other) keys \d+ % longer than usual$/u);
});
