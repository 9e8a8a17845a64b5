import * as fc from "fast-check";
import t from "tap";
import { SamehandError } from "../../core/errors.ts";
import { countCharacters, wordsOf } from "./code-points.ts";
import { instruction } from "./instructions.ts";
import { ServerScanner } from "./server-scanner.ts";

const display = [
  instruction("size", 0, 1024, 768),
  instruction("img", 1, 14, 0, "image/png", 3, 4),
  instruction("blob", 1, "A".repeat(8064)),
  instruction("end", 1),
  instruction("size", -1, 64, 64),
  instruction("name", "grüße, 😀; 3.key,2.99,1.1;"),
  instruction("file", 2, "text/plain", "漢字".repeat(40)),
  instruction("", "ping", 1),
  instruction("sync", 123456789, 1),
  instruction("nop"),
  instruction("size", 0, 640, 480),
  instruction("sync", -2, 0),
].join("");
const bytes = Buffer.from(display);

/** All offsets just after an instruction, found the slow way. */
function boundaries(text: string): number[] {
  const found: number[] = [];
  const characters = Array.from(text);
  let at = 0;
  while (at < characters.length) {
    let length = "";
    while (characters[at] !== ".") length += characters[at++];
    at += 1 + Number(length);
    if (characters[at++] === ";") found.push(Buffer.byteLength(characters.slice(0, at).join("")));
  }
  return found;
}
const ends = boundaries(display);

t.test("a whole stream ends at its last instruction, and what matters in it is noted", (t) => {
  const scanner = new ServerScanner();
  t.equal(scanner.scan(bytes, 0, bytes.length), bytes.length);
  t.ok(scanner.complete);
  t.same([scanner.syncs, scanner.syncTimestamp], [2, -2]);
  t.same([scanner.sizes, scanner.width, scanner.height], [2, 640, 480]);
  t.same([scanner.errorStatus, scanner.disconnected], [0, false]);
  t.end();
});

t.test("a stream that is cut at any byte has the same boundaries", (t) => {
  for (let cut = 0; cut <= bytes.length; cut++) {
    const scanner = new ServerScanner();
    const before = ends.filter((end) => end <= cut).at(-1) ?? 0;
    if (scanner.scan(bytes, 0, cut) !== before) t.fail(`first part, cut at ${cut}`);
    if (scanner.complete !== (before === cut)) t.fail(`complete, cut at ${cut}`);
    if (cut < bytes.length && scanner.scan(bytes, cut, bytes.length) !== bytes.length) t.fail(`cut at ${cut}`);
    if (scanner.syncs !== 2 || scanner.width !== 640) t.fail(`notes, cut at ${cut}`);
  }
  const scanner = new ServerScanner();
  const found: number[] = [];
  for (let at = 0; at < bytes.length; at++) if (scanner.scan(bytes, at, at + 1) === at + 1) found.push(at + 1);
  t.same(found, ends, "byte by byte");
  t.end();
});

t.test("offsets within a larger buffer", (t) => {
  const buffer = Buffer.concat([Buffer.from("garbage\xff"), bytes, Buffer.from("garbage")]);
  const start = 9;
  t.equal(new ServerScanner().scan(buffer, start, start + bytes.length), start + bytes.length);
  t.equal(new ServerScanner().scan(buffer, start, start + ends[2] + 3), start + ends[2]);
  t.end();
});

t.test("guacd's error and disconnect are noted", (t) => {
  const scanner = new ServerScanner();
  const text = Buffer.from(instruction("error", "Zugriff verweigert: ä", 771) + instruction("disconnect"));
  scanner.scan(text, 0, text.length);
  t.equal(scanner.errorStatus, 771);
  t.ok(scanner.disconnected);
  const others = Buffer.from(
    ["errol", "disconcert", "sync2", "siz", "sizes"].map((name) => instruction(name, 0, 1, 2)).join(""),
  );
  const fresh = new ServerScanner();
  fresh.scan(others, 0, others.length);
  t.same([fresh.syncs, fresh.sizes, fresh.errorStatus, fresh.disconnected], [0, 0, 0, false]);
  t.end();
});

t.test("what is malformed or too long is refused", (t) => {
  const refuse = (text: string | Buffer, limit?: number): void => {
    const buffer = Buffer.from(text);
    t.throws(
      () => new ServerScanner(limit).scan(buffer, 0, buffer.length),
      { code: "upstream-malformed" },
      String(text).slice(0, 40),
    );
    t.throws(
      () => {
        const scanner = new ServerScanner(limit);
        for (let at = 0; at < buffer.length; at++) scanner.scan(buffer, at, at + 1);
      },
      { code: "upstream-malformed" },
      "byte by byte",
    );
  };
  for (const text of [
    "HTTP/1.1 400",
    ".;",
    "03.nop;",
    "3.nop ",
    "3.nopp;",
    "-1.a;",
    "3.nop;\n",
    "3.nop,;",
    "999999.a",
    "1.ä.",
    "4.sync,1.x;",
    "4.size,1.0,1.1,3.0-5;",
    "4.sync,1.-;",
    "4.sync,20.18446744073709551617;",
  ])
    refuse(text);
  refuse(instruction("blob", 1, "a".repeat(1000)), 1000);
  refuse(instruction("blob", 1, "a".repeat(1000)).slice(0, 1002), 1000);
  refuse(Buffer.concat([Buffer.from("2.a"), Buffer.alloc(2000, 0x80)]), 1000);
  t.equal(
    new ServerScanner(1000).scan(Buffer.from("3.nop;".repeat(500)), 0, 3000),
    3000,
    "many short ones are not long",
  );
  t.end();
});

t.test("any instructions in any chunks are cut where they end", (t) => {
  const element = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.string({ maxLength: 40 }),
    fc.stringMatching(/^[A-Z]{600,900}$/),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(element, { minLength: 1, maxLength: 5 }), { maxLength: 8 }),
      fc.array(fc.nat(400), { maxLength: 20 }),
      (instructions, cuts) => {
        const texts = instructions.map((elements) => Buffer.from(instruction(...elements)));
        const whole = Buffer.concat(texts);
        const expected = texts.map((_, i) => Buffer.concat(texts.slice(0, i + 1)).length);
        const scanner = new ServerScanner();
        let at = 0;
        for (const cut of [...cuts, whole.length]) {
          const end = Math.min(at + cut, whole.length);
          const last = expected.filter((offset) => offset > at && offset <= end).at(-1) ?? at;
          t.equal(scanner.scan(whole, at, end), last);
          at = end;
        }
        t.ok(scanner.complete);
      },
    ),
    { numRuns: 200 },
  );
  t.end();
});

t.test("any bytes whatever throw nothing but coded errors", (t) => {
  const digits = fc
    .uint8Array({ maxLength: 200 })
    .map((bytes) => bytes.map((b) => (b < 200 ? [0x31, 0x2e, 0x2c, 0x3b][b & 3] : b)));
  t.doesNotThrow(() => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), digits), (bytes) => {
        try {
          const end = new ServerScanner().scan(bytes, 0, bytes.length);
          if (end > bytes.length) throw new Error("beyond the end");
        } catch (error) {
          if (!(error instanceof SamehandError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
  t.end();
});

t.test("characters are counted at any alignment as a decoder counts them", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 3000 }), fc.nat(7), (text, shift) => {
      const encoded = Buffer.from(text);
      const buffer = new Uint8Array(Buffer.concat([Buffer.alloc(shift), encoded, Buffer.alloc(3, 0x80)])).subarray(
        shift & 3,
      );
      const start = shift - (shift & 3);
      t.equal(countCharacters(buffer, wordsOf(buffer), start, start + encoded.length), Array.from(text).length);
    }),
    { numRuns: 300 },
  );
  t.equal(countCharacters(Buffer.alloc(5000, 0x80), wordsOf(Buffer.alloc(5000, 0x80)), 0, 0), 0);
  const continuations = new Uint8Array(8192).fill(0x80);
  t.equal(countCharacters(continuations, wordsOf(continuations), 1, 8191), 0, "no lane overflows");
  t.end();
});

t.test("the layers that were drawn on, and open streams that are no pictures, are known however it is cut", (t) => {
  const text =
    instruction("size", 2, 800, 600) +
    instruction("img", 1, 14, -3, "image/png", 0, 0) +
    instruction("copy", -3, 0, 0, 1, 1, 14, -4, 0, 0) +
    instruction("rect", 1, 0, 0, 5, 5) +
    instruction("cfill", 14, 5, 0, 0, 0, 255) +
    instruction("audio", 3, "audio/L16") +
    instruction("clipboard", 4, "text/plain") +
    instruction("end", 4) +
    instruction("file", 5, "text/plain", "a") +
    instruction("body", 0, 6, "text/plain", "b") +
    instruction("body", 1, 7, "text/plain", "c") +
    instruction("end", 7) +
    instruction("end", 1) +
    instruction("img", 9, 14, -99_999, "image/png", 0, 0) +
    instruction("sync", 1);
  const bytes = Buffer.from(text);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const scanner = new ServerScanner();
    scanner.scan(bytes, 0, cut);
    scanner.scan(bytes, cut, bytes.length);
    t.same([scanner.lowestLayer, scanner.highestLayer], [-4096, 5]);
    t.same(
      [...scanner.streams],
      [
        [3, "audio"],
        [5, "file"],
        [6, "body"],
      ],
    );
  }
  const all = new ServerScanner();
  all.scan(bytes, 0, text.indexOf("3.img,1.9"));
  t.equal(all.lowestLayer, -4);
  t.end();
});
