/**
 * Reduces X11 keysyms to physical keys and classes of keys. The gateway sees keysyms, which depend on layout and
 * shift state; the hand knows keys. The reduction assumes a US layout for symbols, places the letters of other
 * Latin layouts where they lie most often, and Cyrillic letters by ЙЦУКЕН.
 *
 * Keysym values: X11's keysymdef.h. Guacamole sends Latin-1 as itself, other characters as 0x1000000 + code point; RFB
 * clients send X11's older keysyms of other alphabets.
 */

const letters = "abcdefghijklmnopqrstuvwxyz";
const digits = "0123456789";
const symbols = "`-=[]\\;',./";

/** Codes of keys: 0 is whatever is not known; letters, digits and symbols follow in the order above. */
export const keyCount = 64;
const firstLetter = 1;
const firstDigit = 27;
const firstSymbol = 37;
const named = {
  space: 48,
  enter: 49,
  backspace: 50,
  tab: 51,
  shift: 52,
  control: 53,
  alt: 54,
  meta: 55,
  capsLock: 56,
  escape: 57,
  delete: 58,
  arrow: 59,
  navigation: 60,
  function: 61,
  keypad: 62,
  foreignLetter: 63,
} as const;

/** Shifted symbols of the US layout, each above the key that it shares. */
const shifted: readonly (readonly [string, string])[] = [
  ['~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./"],
  // letters of other Latin layouts, where they lie on most of them (German, Nordic, French, Spanish)
  ["äöüßåæøñçéèàù", "';[-[;';;2790"],
  // ЙЦУКЕН
  ["йцукенгшщзхъфывапролджэячсмитьбюё", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"],
];

function plainKey(character: string): number {
  const letter = letters.indexOf(character);
  if (letter >= 0) return firstLetter + letter;
  const digit = digits.indexOf(character);
  if (digit >= 0) return firstDigit + digit;
  const symbol = symbols.indexOf(character);
  return symbol >= 0 ? firstSymbol + symbol : -1;
}

const byCharacter = new Map<string, number>();
for (const character of letters + digits + symbols) byCharacter.set(character, plainKey(character));
for (const [from, to] of shifted) {
  for (let index = 0; index < from.length; index += 1) byCharacter.set(from.charAt(index), plainKey(to.charAt(index)));
}
byCharacter.set(" ", named.space);
byCharacter.set("\u00a0", named.space);

const byKeysym = new Map<number, number>([
  [0xff08, named.backspace],
  [0xff09, named.tab],
  [0xfe20, named.tab],
  [0xff0d, named.enter],
  [0xff8d, named.enter],
  [0xff1b, named.escape],
  [0xffff, named.delete],
  [0xffe1, named.shift],
  [0xffe2, named.shift],
  [0xffe3, named.control],
  [0xffe4, named.control],
  [0xffe5, named.capsLock],
  [0xffe6, named.capsLock],
  [0xffe7, named.meta],
  [0xffe8, named.meta],
  [0xffe9, named.alt],
  [0xffea, named.alt],
  [0xffeb, named.meta],
  [0xffec, named.meta],
  [0xfe03, named.alt],
  [0xff7e, named.alt],
  [0xff50, named.navigation],
  [0xff55, named.navigation],
  [0xff56, named.navigation],
  [0xff57, named.navigation],
  [0xff63, named.navigation],
]);
for (let arrow = 0xff51; arrow <= 0xff54; arrow += 1) byKeysym.set(arrow, named.arrow);
for (let pad = 0xff95; pad <= 0xffb9; pad += 1) byKeysym.set(pad, named.keypad);
for (let number = 0xffbe; number <= 0xffe0; number += 1) byKeysym.set(number, named.function);

/** X11's older Cyrillic keysyms follow KOI8-R: small letters from 0x6c0 on, capitals from 0x6e0. */
const cyrillic = "юабцдефгхийклмнопярстужвьызшэщчъ";
for (let index = 0; index < cyrillic.length; index += 1) {
  const key = byCharacter.get(cyrillic.charAt(index)) ?? named.foreignLetter;
  byKeysym.set(0x6c0 + index, key);
  byKeysym.set(0x6e0 + index, key);
}
for (const yo of [0x6a3, 0x6b3]) byKeysym.set(yo, byCharacter.get("ё") ?? named.foreignLetter);

/** First and last of X11's older keysyms of other alphabets: Latin 2 to 4 and kana, then Arabic, Cyrillic, Greek; Hebrew to Hangul. */
const olderLetters = [
  [0x1a1, 0x4df],
  [0x5c1, 0x7f9],
  [0xce0, 0xefa],
] as const;

/** Direct table for Latin-1, the keysyms that come most. */
const latin = new Uint8Array(256);
for (let code = 0x20; code < 0x100; code += 1) {
  const lower = String.fromCharCode(code).toLowerCase();
  latin[code] = byCharacter.get(lower) ?? (lower !== lower.toUpperCase() ? named.foreignLetter : 0);
}

const unicodePlane = 0x1000000;

/** The key of a keysym, 0 to `keyCount - 1`; 0 for what is not known. Total: never throws. */
export function keyOf(keysym: number): number {
  if (keysym >= 0x20 && keysym < 0x100) return latin[keysym] ?? 0;
  const special = byKeysym.get(keysym);
  if (special !== undefined) return special;
  if (olderLetters.some(([first, last]) => keysym >= first && keysym <= last)) return named.foreignLetter;
  if (!(keysym >= unicodePlane && keysym <= unicodePlane + 0x10ffff)) return 0;
  const character = String.fromCodePoint(keysym - unicodePlane).toLowerCase();
  return byCharacter.get(character) ?? (/^\p{L}/u.test(character) ? named.foreignLetter : 0);
}

/**
 * What tells one physical key from another where several share a code (both shift keys, the arrows): the code for
 * keys that print, so that `A` down and `a` up match; the keysym for all others.
 */
export function physicalOf(keysym: number, key: number): number {
  return key > 0 && key <= named.space ? key : keyCount + keysym;
}

/** Classes of keys, for digraphs too rare to have a context of their own. */
export const keyClassCount = 7;

function classOfKey(key: number): number {
  if (key >= firstLetter && key < firstDigit)
    return "qwertasdfgzxcvb".includes(letters[key - firstLetter] ?? "") ? 0 : 1;
  if (key === named.foreignLetter) return 1;
  if (key >= firstDigit && key < firstSymbol) return 3;
  if (key === named.keypad) return 3;
  if (key >= firstSymbol && key < named.space) return 4;
  if (key === named.space) return 2;
  const editing: readonly number[] = [
    named.enter,
    named.backspace,
    named.delete,
    named.arrow,
    named.navigation,
    named.tab,
  ];
  return editing.includes(key) ? 5 : 6;
}

/** The class of each key. */
export const keyClass: Uint8Array = Uint8Array.from({ length: keyCount }, (_, key) => classOfKey(key));

/** True for keys that hold no timing of typing: modifiers are held for as long as they are needed. */
export const isModifier = (key: number): boolean => key >= named.shift && key <= named.meta;
