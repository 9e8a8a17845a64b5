import t from "tap";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import { noKey } from "../../models/keyboard/keystroke.ts";
import { keyOf } from "../../models/keyboard/keys.ts";
import { keysym, millis } from "../core/units.ts";
import { copyOf } from "./keystroke-rows.ts";
import { Keystrokes } from "./keystrokes.ts";

type Event = readonly [at: number, keysym: number, pressed: boolean];
const a = 0x61;
const b = 0x62;

function strokes(...events: readonly Event[]): Keystroke[] {
  const told: Keystroke[] = [];
  const keystrokes = new Keystrokes((stroke) => told.push(copyOf(stroke)));
  for (const [at, symbol, pressed] of events) keystrokes.key(millis(at), keysym(symbol), pressed);
  keystrokes.flush();
  return told;
}

t.test("times hold, press to press and release to press", async (t) => {
  t.same(strokes([0, a, true], [90, a, false], [150, b, true], [230, b, false]), [
    { at: 0, key: keyOf(a), before: noKey, hold: 90, downDown: Number.NaN, upDown: Number.NaN },
    { at: 150, key: keyOf(b), before: keyOf(a), hold: 80, downDown: 150, upDown: 60 },
  ]);
});

t.test("overlapping keys have a negative flight, and are told in the order of presses", async (t) => {
  const told = strokes([0, a, true], [100, b, true], [130, b, false], [140, a, false]);
  t.same(
    told.map((stroke) => stroke.key),
    [keyOf(a), keyOf(b)],
  );
  t.equal(told[1]?.upDown, -40);
});

t.test("upper case is the same key, also where shift is released first", async (t) => {
  const told = strokes([0, 0xffe1, true], [80, 0x41, true], [120, 0xffe1, false], [170, a, false]);
  t.same(
    told.map((stroke) => stroke.hold),
    [120, 90],
  );
  t.equal(told[1]?.key, keyOf(a));
});

t.test("Guacamole's synthetic repeat is one keystroke without a hold", async (t) => {
  const events: Event[] = [[0, a, true]];
  for (let at = 500; at < 1_000; at += 50) events.push([at, a, false], [at, a, true]);
  events.push([1_010, a, false], [1_100, b, true], [1_180, b, false]);
  const told = strokes(...events);
  t.same(
    told.map((stroke) => stroke.key),
    [keyOf(a), keyOf(b)],
  );
  t.ok(Number.isNaN(told[0]?.hold));
  t.equal(told[1]?.upDown, 90);
});

t.test("repeated presses without releases are one keystroke without a hold", async (t) => {
  const told = strokes([0, a, true], [500, a, true], [530, a, true], [560, a, true], [570, a, false]);
  t.equal(told.length, 1);
  t.ok(Number.isNaN(told[0]?.hold));
});

t.test("a double letter is two keystrokes", async (t) => {
  t.equal(strokes([0, a, true], [70, a, false], [130, a, true], [200, a, false]).length, 2);
});

t.test("a lost release leaves hold and flight unknown and holds nothing up", async (t) => {
  const told = strokes([0, a, true], [150, b, true], [220, b, false], [5_000, b, true], [5_080, b, false]);
  t.same(
    told.map((stroke) => stroke.key),
    [keyOf(a), keyOf(b), keyOf(b)],
  );
  t.ok(Number.isNaN(told[0]?.hold) && Number.isNaN(told[1]?.upDown));
  t.equal(told[1]?.hold, 70);
});

t.test("a pause breaks the chain", async (t) => {
  const told = strokes([0, a, true], [80, a, false], [3_000, b, true], [3_080, b, false]);
  t.equal(told[1]?.before, noKey);
  t.ok(Number.isNaN(told[1]?.downDown) && Number.isNaN(told[1]?.upDown));
});

t.test("an interruption breaks the chain", async (t) => {
  const told: Keystroke[] = [];
  const keystrokes = new Keystrokes((stroke) => told.push(copyOf(stroke)));
  keystrokes.key(millis(0), keysym(a), true);
  keystrokes.interrupt();
  keystrokes.key(millis(100), keysym(b), true);
  keystrokes.key(millis(180), keysym(b), false);
  t.equal(told[1]?.before, noKey);
  t.ok(Number.isNaN(told[0]?.hold) && Number.isNaN(told[1]?.downDown));
});

t.test("keys that are never released do not pile up", async (t) => {
  let told = 0;
  const keystrokes = new Keystrokes(() => (told += 1));
  for (let index = 0; index < 1_000; index += 1) keystrokes.key(millis(index), keysym(0x1000400 + index), true);
  t.ok(told >= 980, `${told} told`);
});

t.test("symbols, other layouts and unknown keysyms are reduced to keys", async (t) => {
  t.equal(keyOf(0x21), keyOf(0x31));
  t.equal(keyOf(0xf6), keyOf(0x3b));
  t.equal(keyOf(0x1000439), keyOf(0x71));
  for (const symbol of [0, -1, 0xffffff, 0x1ffffff, Number.NaN]) t.equal(keyOf(symbol), 0);
});
