import * as fc from "fast-check";
import t from "tap";
import { millis } from "../../gateway/core/units.ts";
import { Background } from "../background.ts";
import { seeded } from "../metrics.ts";
import type { Keystroke } from "./keystroke.ts";

const { keyboard } = Background.load();

interface Hand {
  readonly hold: number;
  readonly interval: number;
}

/** Typing with about a third of scatter around the hand's means, as people have. */
function typing({ hold, interval }: Hand, count: number, seed: number): Keystroke[] {
  const random = seeded(seed);
  const scatter = (): number => Math.exp(0.6 * (random() + random() + random() - 1.5));
  let at = 0;
  let before = -1;
  let released = Number.NaN;
  return Array.from({ length: count }, () => {
    const key = 1 + Math.floor(26 * random());
    const gap = interval * scatter();
    at += gap;
    const held = hold * scatter();
    const known = before >= 0;
    const stroke = {
      at: millis(at),
      key,
      before,
      hold: held,
      downDown: known ? gap : Number.NaN,
      upDown: known ? at - released : Number.NaN,
    };
    before = key;
    released = at + held;
    return stroke;
  });
}

function told(enrolled: Hand, shown: Hand, seed: number): readonly string[] {
  const statistics = keyboard.statistics();
  for (const stroke of typing(enrolled, 1500, seed)) statistics.add(stroke);
  const scorer = keyboard.scorer(statistics);
  for (const stroke of typing(shown, 150, seed + 1)) scorer.add(stroke);
  return scorer.explain(6);
}

const hands = fc.record({ hold: fc.integer({ min: 70, max: 120 }), interval: fc.integer({ min: 160, max: 260 }) });
const seeds = fc.nat(10_000);

/** The share in a text such as `holds letter keys 40 % longer than usual`. */
const shareIn = (text: string | undefined): number => Number(/ (\d+) %/.exec(text ?? "")?.[1]);

t.test("whoever holds keys longer or shorter is told so, and by how much", async (t) => {
  const factors = fc.constantFrom(0.6, 0.7, 1.4, 1.6, 2);
  fc.assert(
    fc.property(hands, factors, seeds, (hand, factor, seed) => {
      const texts = told(hand, { ...hand, hold: hand.hold * factor }, seed);
      const text = texts.find((each) => each.startsWith("holds letter keys"));
      t.match(text, factor > 1 ? /longer than usual$/ : /shorter than usual$/, texts.join());
      const off = Math.abs(shareIn(text) - 100 * Math.abs(factor - 1));
      t.ok(off <= 12, `${factor}: ${text}`);
    }),
    { numRuns: 30, seed: 1 },
  );
});

t.test("whoever types slower or faster is told so, and by how much", async (t) => {
  fc.assert(
    fc.property(hands, fc.constantFrom(0.65, 1.4, 1.7), seeds, (hand, factor, seed) => {
      const texts = told(hand, { hold: hand.hold, interval: hand.interval * factor }, seed);
      const text = texts.find((each) => each.startsWith("types") && each.endsWith("between hands"));
      t.match(text, factor > 1 ? /slower/ : /faster/, texts.join());
      const off = Math.abs(shareIn(text) - 100 * Math.abs(factor - 1));
      t.ok(off <= 12, `${factor}: ${text}`);
    }),
    { numRuns: 30, seed: 1 },
  );
});

t.test("the agent's own hand is said to differ in little", async (t) => {
  let most = 0;
  let wrong = 0;
  for (let seed = 0; seed < 40; seed++) {
    const texts = told({ hold: 95, interval: 200 }, { hold: 95, interval: 200 }, 20_000 + 2 * seed);
    wrong += texts.length;
    for (const text of texts) most = Math.max(most, shareIn(text) || 0);
  }
  t.ok(wrong < 40, `${wrong} differences told in 40 sessions of the agent's own`);
  t.ok(most <= 20, `${most} %`);
});
