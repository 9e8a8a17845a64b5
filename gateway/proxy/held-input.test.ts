import * as fc from "fast-check";
import t from "tap";
import { type ButtonMask, buttonMask, type Keysym, keysym, type Millis, millis } from "../core/units.ts";
import { HeldInput } from "./held-input.ts";

const at = (ms: number): Millis => millis(ms);
const a = keysym(0x61);
const enter = keysym(0xff0d);

t.test("what is pressed is let go at the hold", (t) => {
  const held = new HeldInput();
  held.key(at(0), a, true);
  held.key(at(1), enter, true);
  held.key(at(2), enter, false);
  held.pointer(3, 4, buttonMask(5));
  t.equal(held.hold(), "3.key,2.97,1.0;5.mouse,1.3,1.4,1.0;");
  t.equal(new HeldInput().hold(), "");
  t.end();
});

t.test("at the end what was pressed and written is let go, and nothing that was not", (t) => {
  const held = new HeldInput();
  held.key(at(0), keysym(65), true);
  held.pointer(3, 4, buttonMask(1));
  held.written();
  held.key(at(10), keysym(65), false);
  held.key(at(10), keysym(66), true);
  held.pointer(9, 9, buttonMask(0));
  t.equal(held.releases, "3.key,2.65,1.0;5.mouse,1.3,1.4,1.0;", "as it was before the read that is thrown away");
  held.written();
  t.equal(held.releases, "3.key,2.66,1.0;");
  t.equal(held.hold(), "3.key,2.66,1.0;");
  held.written();
  t.equal(held.releases, "", "all was let go at the hold");
  t.end();
});

t.test("a key that is held across the release stays silent with its repeats until it really goes up", (t) => {
  const held = new HeldInput();
  held.hold();
  held.key(at(1000), enter, true);
  held.release(at(1400));
  for (let time = 1500; time < 2000; time += 50) {
    t.notOk(held.key(at(time), enter, false), "the repeat's up");
    t.notOk(held.key(at(time + 0.2), enter, true), "the repeat's down");
  }
  t.ok(held.key(at(2000), a, true), "other keys flow");
  t.notOk(held.key(at(2010), enter, false), "the real release");
  t.ok(held.key(at(2200), enter, true), "a new press");
  t.ok(held.key(at(2300), enter, false));
  t.end();
});

t.test("a release between the two halves of a repeat lets neither through", (t) => {
  const held = new HeldInput();
  held.hold();
  held.key(at(1000), enter, true);
  held.key(at(1500), enter, false);
  held.release(at(1500.1));
  t.notOk(held.key(at(1500.2), enter, true));
  t.notOk(held.key(at(1550), enter, false));
  t.end();
});

t.test("a button that is held across the release is masked off until it goes up", (t) => {
  const held = new HeldInput();
  held.hold();
  held.pointer(1, 1, buttonMask(1));
  held.release(at(0));
  t.equal(held.pointer(2, 2, buttonMask(1)), 0);
  t.equal(held.pointer(2, 2, buttonMask(5)), 4);
  t.equal(held.pointer(2, 2, buttonMask(4)), 4);
  t.equal(held.pointer(2, 2, buttonMask(5)), 5, "pressed anew");
  t.end();
});

t.test("whatever is pressed on the target is let go of at a hold, and never is too much remembered", (t) => {
  const event = fc.oneof(
    fc.record({ key: fc.integer({ min: 1, max: 200 }), pressed: fc.boolean() }),
    fc.record({ mask: fc.integer({ min: 0, max: 31 }) }),
    fc.constantFrom("hold" as const, "release" as const),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 400 }), (events) => {
      const held = new HeldInput();
      const target = new Set<Keysym>();
      let mask: ButtonMask = buttonMask(0);
      let holding = false;
      let time = 0;
      for (const each of events) {
        time += 20;
        if (each === "hold" && !holding) {
          const releases = held.hold();
          for (const [, , key] of releases.matchAll(/3\.key,(\d+)\.(\d+),1\.0;/g)) target.delete(keysym(Number(key)));
          if (releases.includes("5.mouse")) mask = buttonMask(0);
          if (target.size > 0 || mask !== 0) return false;
          holding = true;
        } else if (each === "release" && holding) {
          held.release(at(time));
          holding = false;
        } else if (typeof each !== "string" && "key" in each) {
          const key = keysym(each.key);
          const allowed = held.key(at(time), key, each.pressed);
          const overflow = held.overflow();
          if (!holding && allowed) {
            if (each.pressed) target.add(key);
            else target.delete(key);
            target.delete(overflow);
          }
        } else if (typeof each !== "string") {
          const allowed = held.pointer(1, 1, buttonMask("mask" in each ? each.mask : 0));
          if (!holding) mask = allowed;
        }
        if (target.size > 64) return false;
      }
      return true;
    }),
  );
  t.end();
});

t.test("a press that ended the hold stays silent with its repeats until it really goes up", (t) => {
  const held = new HeldInput();
  held.hold();
  t.ok(held.holding);
  held.release(at(1000));
  held.key(at(1000), a, true);
  held.ignore(a);
  t.notOk(held.key(at(1500), a, false), "the repeat's up");
  t.notOk(held.key(at(1500.2), a, true), "the repeat's down");
  t.ok(held.key(at(1600), enter, true), "other keys flow");
  t.notOk(held.key(at(1700), a, false), "the real release");
  t.ok(held.key(at(1900), a, true), "a new press");
  t.equal(held.hold(), "3.key,5.65293,1.0;3.key,2.97,1.0;", "it is let go of like any other");
  t.end();
});
