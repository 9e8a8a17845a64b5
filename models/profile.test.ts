import * as fc from "fast-check";
import t from "tap";
import { millis } from "../gateway/core/units.ts";
import { Background } from "./background.ts";
import { pack, unpack } from "./container.ts";
import { fuse, trainFusion } from "./fusion.ts";
import { Profile } from "./profile.ts";

const background = Background.load();

function typed(count: number): Profile {
  const profile = Profile.empty(background);
  const keyboard = background.keyboard.statistics();
  for (let index = 0; index < count; index++)
    keyboard.add({ at: millis(index * 150), key: index % 20, before: index % 7, hold: 90, downDown: 150, upDown: 60 });
  profile.learn({ keyboard, pointer: background.pointer.statistics() }, 20_000);
  return profile;
}

t.test("a profile comes back as it was, to the byte", (t) => {
  const profile = typed(300);
  profile.peaked(-3.25);
  profile.client = { medianMs: 16 };
  const bytes = profile.encode();
  const back = Profile.decode(bytes, background);
  t.same(Buffer.from(back.encode()), Buffer.from(bytes));
  t.equal(back.keystrokes, 300);
  t.same(back.days, [20_000]);
  t.same(back.peaks, [-3.25]);
  t.end();
});

t.test("trees are kept with how many they were grown against; those grown against nobody of the farm are not", (t) => {
  const profile = typed(100);
  const trees = Uint8Array.of(1, 2, 3);
  profile.grown(trees, 2);
  t.same(Profile.factsOf(profile.encode()).grownAmong, 2);
  t.same(Buffer.from(Profile.decode(profile.encode(), background).trees), Buffer.from(trees));
  profile.grown(trees, 0);
  t.equal(Profile.decode(profile.encode(), background).trees.length, 0);
  t.equal(Profile.pointerOf(profile.encode()).trees.length, 0);
  t.end();
});

t.test("a sealed anchor does not change any more", (t) => {
  const profile = typed(100);
  const before = Buffer.from(profile.anchor.keyboard.encode());
  profile.sealed = true;
  const more = typed(50);
  profile.learn(more.anchor, 20_001);
  t.same(Buffer.from(profile.anchor.keyboard.encode()), before);
  t.equal(profile.keystrokes, 150);
  t.same(profile.amount, { keystrokes: 150, actions: 0, days: 2 });
  t.end();
});

t.test("damaged and hostile profiles are refused with their own error, never a crash", (t) => {
  const bytes = typed(200).encode();
  const refuses = (damaged: Uint8Array): boolean => {
    try {
      Profile.decode(damaged, background);
      return false;
    } catch (error) {
      return (error as { code?: string }).code === "profile-unreadable";
    }
  };
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
      const damaged = bytes.slice();
      damaged[place] ^= change;
      return refuses(damaged);
    }),
  );
  fc.assert(fc.property(fc.nat(bytes.length - 1), (length) => refuses(bytes.slice(0, length))));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), refuses));
  t.end();
});

t.test("sections that lie about their contents are refused behind a good checksum, too", (t) => {
  const form = { magic: "SHPR", version: 1, error: "profile-unreadable" as const };
  const sections = unpack(form, typed(200).encode());
  const names = [...sections.keys()];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 64 }), (name, contents) => {
      const forged = pack(form, new Map([...sections, [name, contents]]));
      try {
        Profile.decode(forged, background);
        return name === "trees";
      } catch (error) {
        return (error as { code?: string }).code === "profile-unreadable";
      }
    }),
  );
  t.end();
});

t.test("the background comes back as it was, and anything else is refused", (t) => {
  const bytes = background.encode();
  t.same(Background.decode(bytes).facts, background.facts);
  for (const damaged of [
    bytes.slice(0, 100),
    new Uint8Array(0),
    bytes.map((byte, index) => (index === 200 ? byte ^ 1 : byte)),
  ])
    t.throws(() => Background.decode(damaged), { code: "background-unreadable" });
  t.throws(() => Background.load("/nowhere/background.bin"), { code: "background-unreadable" });
  t.end();
});

t.test("fusion trusts the modality that can be trusted", (t) => {
  const trials = Array.from({ length: 400 }, (_, index) => {
    const genuine = index % 2 === 0;
    const noise = Math.sin(index * 12.9898) * 6;
    return { keyboard: genuine ? 2 : -2, pointer: noise, genuine };
  });
  const weights = trainFusion(trials);
  t.ok(weights.keyboard > weights.pointer);
  t.equal(fuse(weights, 0, 0), 0);
  t.end();
});
