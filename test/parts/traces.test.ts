/** The search for what was typed finds it, in each form in which it could lie in memory. */
import t from "tap";
import { keyOf } from "../../models/keyboard/keys.ts";
import { pairOf } from "../../models/keyboard/times.ts";
import { longestRun, more, TraceSearch, type Traces } from "./traces.ts";

const text = "quuxwizard";
const keysyms = Array.from(text, (char) => char.charCodeAt(0));
const keys = keysyms.map((code) => keyOf(code));
const pairs = keys.slice(1).map((key, index) => pairOf(keys[index], key));

function search(...pieces: Buffer[]): Traces {
  const search = new TraceSearch(text);
  for (const piece of pieces) search.search(piece);
  return search.traces;
}

/** Words of 32 bits so many apart, as they would lie in an array of objects. */
function apart(values: readonly number[], words: number): Buffer {
  const memory = new Int32Array(values.length * words).fill(-1);
  values.forEach((value, index) => (memory[index * words] = value));
  return Buffer.from(memory.buffer);
}

t.test("memory without it", async (t) => {
  const { whole, rows, objects, plain, masked } = search(Buffer.alloc(4096), apart(keysyms.toReversed().slice(5), 5));
  t.same([whole, objects.size, plain, masked], [[], 0, "", ""]);
  t.ok([...rows.values()].every((length) => length <= 5));
});

t.test("text", async (t) => {
  t.same(search(Buffer.from(`..${text}.`)).whole, ["text"]);
  t.same(search(Buffer.from(text, "utf16le")).whole, ["UTF-16"]);
  t.same(search(Buffer.from(keys)).whole, ["keys as bytes"]);
});

t.test("rows of numbers, however far apart, in either direction", async (t) => {
  const all = (traces: Traces, form: string) => traces.rows.get(form);
  t.equal(all(search(apart(keysyms, 1)), "keysyms"), text.length);
  t.equal(all(search(apart(keys, 7)), "keys"), text.length);
  t.equal(all(search(apart(keys.toReversed(), 16)), "keys"), text.length);
  t.equal(all(search(apart(pairs, 6)), "pairs of keys"), pairs.length);
  t.equal(all(search(Buffer.from(Float64Array.from(keysyms).buffer)), "keysyms as doubles"), text.length);
  t.equal(all(search(Buffer.from(Float64Array.from(keys).buffer)), "keys as doubles"), text.length);
});

t.test("V8's own Map of pairs keeps their order", async (t) => {
  // key, value, next of the bucket: as an OrderedHashMap lies in the heap, in words of 64 bits
  t.equal(search(apart(pairs, 6)).rows.get("pairs of keys"), pairs.length);
});

t.test("objects of a key and the key before", async (t) => {
  // shape, two words of V8's own, a time, the keys, another time
  const memory = Buffer.alloc(7 * 8);
  for (const word of [0, 1, 2, 3, 6]) memory.writeBigInt64LE(0x1234_5678_9ab1n, word * 8);
  memory.writeInt32LE(keys[1], 4 * 8 + 4);
  memory.writeInt32LE(keys[0], 5 * 8 + 4);
  const none = search(Buffer.alloc(64)).objects;
  t.equal(more(search(memory).objects, none), 1);
  t.equal(more(search(memory).objects, search(memory).objects), 0, "objects that hold any two numbers");
  memory.writeBigInt64LE(5n, 6 * 8);
  t.equal(more(search(memory).objects, none), 0, "not between references: any two small numbers");
});

t.test("instructions, plain and masked", async (t) => {
  t.equal(search(Buffer.from("3.key,3.113,1.1;3.key,3.113,1.0;")).plain, "q");
  const message = Buffer.from("3.key,3.113,1.1;");
  const mask = Buffer.of(1, 2, 3, 4);
  const masked = Buffer.concat([
    Buffer.of(0x81, 0x80 + message.length),
    mask,
    message.map((byte, at) => byte ^ mask[at % 4]),
  ]);
  t.equal(search(masked).masked, "q");
  t.equal(longestRun(text, "xxuuxwzz"), 4);
});
