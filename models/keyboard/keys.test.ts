import * as fc from "fast-check";
import t from "tap";
import { keyCount, keyOf, physicalOf } from "./keys.ts";

const unicode = (character: string): number => 0x1000000 + (character.codePointAt(0) ?? 0);
const latin = (character: string): number => character.charCodeAt(0);

t.test("a key is the same key whatever the shift state", async (t) => {
  for (const [plain, shifted] of ["aA", "zZ", "1!", ";:", "/?", "äÄ", "öÖ", "ñÑ"])
    t.equal(keyOf(latin(plain)), keyOf(latin(shifted)), `${plain} ${shifted}`);
  for (const [plain, shifted] of ["йЙ", "яЯ", "ёЁ", "λΛ", "şŞ"])
    t.equal(keyOf(unicode(plain)), keyOf(unicode(shifted)), `${plain} ${shifted}`);
});

t.test("Cyrillic letters lie on the keys of ЙЦУКЕН, in Guacamole's keysyms and in X11's older ones", async (t) => {
  const letters = "йцукенгшщзфывапролджячсмить";
  const keys = "qwertyuiopasdfghjkl;zxcvbnm";
  const koi8 = "юабцдефгхийклмнопярстужвьызшэщчъ";
  letters.split("").forEach((letter, index) => {
    t.equal(keyOf(unicode(letter)), keyOf(latin(keys[index] ?? "")), letter);
    t.equal(keyOf(0x6c0 + koi8.indexOf(letter)), keyOf(unicode(letter)), `${letter}, older`);
    t.equal(keyOf(0x6e0 + koi8.indexOf(letter)), keyOf(unicode(letter)), `${letter}, older, capital`);
  });
  t.equal(keyOf(0x6a3), keyOf(unicode("ё")));
});

t.test("letters of alphabets that are not placed are letters all the same", async (t) => {
  const letter = keyOf(unicode("ש"));
  t.ok(letter > 0);
  for (const keysym of [unicode("λ"), unicode("あ"), 0x7eb, 0xcf9, 0x1b6, 0x5c8]) t.equal(keyOf(keysym), letter);
});

t.test("every number has a key, and physical keys stay apart", async (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.integer(), fc.double(), fc.integer({ min: 0, max: 0x1010ffff })), (keysym) => {
      const key = keyOf(keysym);
      t.ok(Number.isInteger(key) && key >= 0 && key < keyCount);
    }),
  );
  t.not(physicalOf(0xffe1, keyOf(0xffe1)), physicalOf(0xffe2, keyOf(0xffe2)), "both shift keys");
  t.equal(physicalOf(0x41, keyOf(0x41)), physicalOf(0x61, keyOf(0x61)), "A down and a up are one key");
});
