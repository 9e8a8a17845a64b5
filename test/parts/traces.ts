/**
 * Looks for what was typed in a process's memory, in every form in which a program could hold it: as text, as keysyms,
 * as the model's keys and pairs of keys; side by side or one in each object of an array, forwards or backwards.
 */
import { keyOf } from "../../models/keyboard/keys.ts";
import { pairOf } from "../../models/keyboard/times.ts";

/** The furthest apart that two neighbours of a row may lie, in words of 32 bits. */
const widest = 16;

/** Fields that an object may have before the key. */
const mostFields = 4;

/** What was found. */
export interface Traces {
  /** The whole text, as bytes or UTF-16. */
  readonly whole: readonly string[];
  /** The longest row of neighbours of the text, by form: how many keys. */
  readonly rows: ReadonlyMap<string, number>;
  /** How many neighbours are in objects of one shape, each a key and the key before; by shape. */
  readonly objects: ReadonlyMap<string, number>;
  /** Keys whose pressing is spelt in instructions, in the order of addresses: as they are, and masked as browsers send them. */
  readonly plain: string;
  readonly masked: string;
}

/** Which form has the model's keys. */
const keysForm = 1;

/** The words of 32 bits that stand for the text's keys in a form. */
type Form = readonly [name: string, words: readonly number[]];

const upperHalf = (value: number): number => new Int32Array(Float64Array.of(value).buffer)[1];

function formsOf(text: string): Form[] {
  const keysyms = Array.from(text, (char) => char.charCodeAt(0));
  const keys = keysyms.map((code) => keyOf(code));
  const pairs = keys.slice(1).map((key, index) => pairOf(keys[index], key));
  return [
    // V8's small integers are in the upper half of a word of 64 bits, so that these find them too
    ["keysyms", keysyms],
    ["keys", keys],
    ["pairs of keys", pairs],
    ["keysyms as doubles", keysyms.map(upperHalf)],
    ["keys as doubles", keys.map(upperHalf)],
  ];
}

/** A search for one text, over as many pieces of memory as there are. */
export class TraceSearch {
  readonly #whole: readonly (readonly [string, Buffer])[];
  readonly #forms: readonly Form[];
  readonly #rows: Rows;
  readonly #found = new Set<string>();
  #plain = "";
  #masked = "";

  constructor(text: string) {
    const keys = Array.from(text, (char) => keyOf(char.charCodeAt(0)));
    this.#whole = [
      ["text", Buffer.from(text)],
      ["UTF-16", Buffer.from(text, "utf16le")],
      ["keys as bytes", Buffer.from(keys)],
    ];
    this.#forms = formsOf(text);
    this.#rows = new Rows(this.#forms);
  }

  /** Takes in a piece of memory that begins at a multiple of 8. */
  search(bytes: Buffer): void {
    for (const [name, pattern] of this.#whole) if (bytes.includes(pattern)) this.#found.add(name);
    this.#rows.search(new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2));
    const { plain, masked } = pressedIn(bytes);
    this.#plain += plain;
    this.#masked += masked;
  }

  get traces(): Traces {
    return {
      whole: [...this.#found],
      rows: new Map(this.#forms.map(([name], form) => [name, this.#rows.longest[form]])),
      objects: new Map([...this.#rows.objects].map(([shape, { size }]) => [shape, size])),
      plain: this.#plain,
      masked: this.#masked,
    };
  }
}

/**
 * Finds, in one pass, the longest rows of neighbours of each form that lie equally far apart, in either direction, and
 * the objects that hold two neighbours.
 */
class Rows {
  readonly #forms: readonly Form[];
  /** Where each word stands in which form, by its hash: most words are none of a form's. */
  readonly #places: ({ readonly word: number; readonly form: number; readonly index: number }[] | null)[] = Array.from(
    { length: 1 << 16 },
    () => null,
  );
  readonly longest: number[];
  /** Which neighbours are in objects of a shape, by the shape's address and where the object names it. */
  readonly objects = new Map<string, Set<number>>();

  constructor(forms: readonly Form[]) {
    this.#forms = forms;
    this.longest = forms.map(() => 0);
    forms.forEach(([, words], form) =>
      words.forEach((word, index) => (this.#places[hashed(word)] ??= []).push({ word, form, index })),
    );
  }

  search(words: Int32Array): void {
    for (let at = 0; at < words.length; at++) {
      const places = this.#places[hashed(words[at])];
      if (places === null) continue;
      for (const { word, form, index } of places) {
        if (word !== words[at]) continue;
        const length = rowFrom(words, at, this.#forms[form][1], index);
        if (length > this.longest[form]) this.longest[form] = length;
        if (form === keysForm && index > 0 && isObject(words, at, this.#forms[form][1][index - 1]))
          this.#object(words, at, index);
      }
    }
  }

  /** An object begins with a reference to its shape; then come two words of V8's own, and the fields. */
  #object(words: Int32Array, at: number, index: number): void {
    for (let fields = 0; fields <= mostFields; fields++) {
      const shape = at - 1 - 2 * (3 + fields);
      if (shape < 0 || !isReference(words, shape)) continue;
      const name = `${fields} ${words[shape + 1]} ${words[shape]}`;
      this.objects.set(name, (this.objects.get(name) ?? new Set()).add(index));
    }
  }
}

/** A key at `at` and the key before it, as an object has them: small integers, between references to the times. */
function isObject(words: Int32Array, at: number, before: number): boolean {
  if ((at & 1) === 0 || words[at - 1] !== 0 || words[at + 1] !== 0 || words[at + 2] !== before) return false;
  return isReference(words, at - 3) && isReference(words, at + 3);
}

/** V8 marks a reference by its lowest bit; an address of a process has 47 bits. */
const isReference = (words: Int32Array, at: number): boolean =>
  (words[at] & 1) === 1 && words[at + 1] > 0 && words[at + 1] < 1 << 15;

const hashed = (word: number): number => (word ^ (word >>> 16)) & 0xffff;

function rowFrom(words: Int32Array, at: number, form: readonly number[], index: number): number {
  let longest = 1;
  for (let apart = -widest; apart <= widest; apart++) {
    if (apart === 0 || words[at + apart] !== form[index + 1]) continue;
    let length = 2;
    while (index + length < form.length && words[at + length * apart] === form[index + length]) length++;
    if (length > longest) longest = length;
  }
  return longest;
}

const press = /3\.key,[23]\.(\d{2,3}),1\.1;/g;

/** The keys that instructions press in these bytes, as they lie there or masked as a browser sends them. */
function pressedIn(bytes: Buffer): { plain: string; masked: string } {
  const plain = [...bytes.toString("latin1").matchAll(press)].map(([, code]) => String.fromCharCode(Number(code)));
  const masked: string[] = [];
  // A whole text message of 15 or 16 bytes: `3.key,2.99,1.1;`, `3.key,3.113,1.1;`
  for (const length of [15, 16])
    for (let at = bytes.indexOf(Buffer.of(0x81, 0x80 + length)); at >= 0;) {
      const mask = bytes.subarray(at + 2, at + 6);
      const message = bytes.subarray(at + 6, at + 6 + length).map((byte, index) => byte ^ mask[index % 4]);
      const code = /^3\.key,[23]\.(\d{2,3}),1\.1;/.exec(Buffer.from(message).toString("latin1"))?.[1];
      if (code !== undefined) masked.push(String.fromCharCode(Number(code)));
      at = bytes.indexOf(Buffer.of(0x81, 0x80 + length), at + 1);
    }
  return { plain: plain.join(""), masked: masked.join("") };
}

/**
 * How many neighbours objects of one shape hold of a text beyond what they hold of another that nobody typed: any two small
 * numbers may stand side by side, but objects that were made for the keys typed hold those alone.
 */
export const more = (typed: Traces["objects"], nobodys: Traces["objects"]): number =>
  Math.max(0, ...Array.from(typed, ([shape, count]) => count - (nobodys.get(shape) ?? 0)));

/** How many characters in a row of `text` are in `pressed`. */
export function longestRun(text: string, pressed: string): number {
  for (let length = text.length; length > 0; length--)
    for (let at = 0; at + length <= text.length; at++) if (pressed.includes(text.slice(at, at + length))) return length;
  return 0;
}
