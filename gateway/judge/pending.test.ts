import t from "tap";
import { strideKeystrokes, windowKeystrokes } from "../../models/keyboard/scorer.ts";
import { PendingActions, PendingKeystrokes } from "./pending.ts";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import type { PointerAction } from "../../models/pointer/action.ts";

const keystroke = (number: number): Keystroke => ({
  at: (100 * number) as Keystroke["at"],
  key: number % 60,
  before: (number + 59) % 60,
  hold: 80 + number,
  downDown: number % 7 === 0 ? Number.NaN : 120,
  upDown: 40,
});

/** Types, with a window of evidence as often as the scorer makes one. @param good whether the window up to it speaks for the agent */
function type(keystrokes: number, good: (upTo: number) => boolean): { believed: number[]; doubted: number[] } {
  const pending = new PendingKeystrokes();
  const told = { believed: [] as number[], doubted: [] as number[] };
  for (let number = 1; number <= keystrokes; number++) {
    pending.add(keystroke(number));
    if (number < windowKeystrokes || number % strideKeystrokes !== 0) continue;
    pending.judged(good(number), (each, believed) => {
      t.same(each, keystroke(each.at / 100), "as it was typed");
      (believed ? told.believed : told.doubted).push(each.at / 100);
    });
  }
  return told;
}

t.test("a keystroke is believed once every window that it was part of spoke for the agent", (t) => {
  const all = type(200, () => true);
  t.equal(all.believed.length, 200 - windowKeystrokes + strideKeystrokes, "what is in a window yet to come waits");
  t.same(all.doubted, []);
  const { believed, doubted } = type(200, (upTo) => upTo !== 100);
  t.notOk(
    believed.some((number) => number > 100 - windowKeystrokes && number <= 100),
    "one window against: none of its keystrokes is believed",
  );
  t.same([Math.min(...doubted), Math.max(...doubted), doubted.length], [76, 100, windowKeystrokes]);
  t.same(
    [...believed, ...doubted].sort((a, b) => a - b),
    all.believed,
    "and each is told once",
  );
  t.end();
});

t.test("a link that gives no evidence keeps no more than it must, and what was dropped is never told", (t) => {
  const pending = new PendingKeystrokes();
  for (let number = 1; number <= 1000; number++) pending.add(keystroke(number));
  const told: number[] = [];
  for (let window = 0; window < 5; window++) pending.judged(true, (each) => told.push(each.at / 100));
  t.same(
    told,
    Array.from({ length: 64 }, (_, index) => 937 + index),
  );
  t.end();
});

t.test("pointer actions likewise", (t) => {
  const pending = new PendingActions();
  const told: [number, boolean][] = [];
  for (let number = 1; number <= 40; number++) {
    pending.add({ at: number, kind: 0, features: new Float32Array(), jittered: new Float32Array() } as PointerAction);
    if (number >= 12 && number % 4 === 0)
      pending.judged(number !== 24, (action, believed) => told.push([action.at, believed]));
  }
  t.same(
    told.filter(([, believed]) => !believed).map(([at]) => at),
    Array.from({ length: 12 }, (_, index) => 13 + index),
  );
  t.equal(told.length, 32);
  t.end();
});
