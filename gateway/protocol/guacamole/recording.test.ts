import * as fc from "fast-check";
import t from "tap";
import { SamehandError } from "../../core/errors.ts";
import type { InputSink } from "../../core/input.ts";
import { buttonMask, keysym, millis } from "../../core/units.ts";
import { instruction } from "./instructions.ts";
import { RecordingReader, RecordingWriter } from "./recording.ts";

function hear(chunks: readonly Uint8Array[]): { heard: string[]; events: number } {
  const heard: string[] = [];
  const sink: InputSink = {
    key: (at, sym, pressed) => void heard.push(`key ${at} ${sym} ${pressed}`),
    pointer: (at, x, y, mask) => void heard.push(`pointer ${at} ${x} ${y} ${mask}`),
  };
  const reader = new RecordingReader("a.guac", sink);
  for (const chunk of chunks) reader.read(chunk);
  reader.end();
  return { heard, events: reader.events };
}

/** As guacd writes it: without line feeds, the whole output between the input. */
const real = Buffer.from(
  [
    instruction("size", 0, 1024, 768),
    instruction("name", "Grüße; 3.key,2.99,1.1,1.1;"),
    instruction("mouse", -3, 20, 0, 1700000000000),
    instruction("img", 1, 14, 0, "image/png", 0, 0),
    instruction("blob", 1, "QUJD".repeat(900)),
    instruction("end", 1),
    instruction("sync", 1700000000001, 1),
    instruction("key", 65505, 1, 1700000000002),
    instruction("mouse", 4, 21, 1, 1700000000003),
    instruction("key", 65505, 0, 1700000000004),
  ].join(""),
);
const said = [
  "pointer 1700000000000 -3 20 0",
  "key 1700000000002 65505 true",
  "pointer 1700000000003 4 21 1",
  "key 1700000000004 65505 false",
];

t.test("input is read out of guacd's own recording", (t) => {
  t.same(hear([real]), { heard: said, events: 4 });
  t.end();
});

t.test("a recording that is cut at any byte reads the same", (t) => {
  const lines = Buffer.from(real.toString().replaceAll(/;(?=\d+\.(key|mouse|sync),)(?! 3)/g, ";\r\n") + "\n\n");
  for (const recording of [real, lines])
    for (let cut = 0; cut <= recording.length; cut++) {
      const { heard } = hear([recording.subarray(0, cut), recording.subarray(cut)]);
      if (heard.join() !== said.join()) t.fail(`cut at ${cut}`);
    }
  t.same(hear(Array.from(lines, (_, i) => lines.subarray(i, i + 1))).heard, said, "byte by byte");
  t.end();
});

t.test("what is malformed is refused with its place", (t) => {
  const refuse = (recording: string, place: RegExp, chunk = recording.length): void => {
    const chunks: Buffer[] = [];
    for (let at = 0; at < recording.length; at += chunk) chunks.push(Buffer.from(recording).subarray(at, at + chunk));
    try {
      hear(chunks);
      t.fail(recording);
    } catch (error) {
      t.equal((error as SamehandError).code, "recording-malformed");
      t.match((error as SamehandError).detail, place);
    }
  };
  const good = "3.key,2.99,1.1,4.1000;\n";
  for (const chunk of [1000, 7, 1]) {
    refuse(`${good}${good}junk`, /a\.guac:3, byte 46: length/, chunk);
    refuse(`${good}3.key,2.99,1.1;`, /a\.guac:2, byte 38: input without a timestamp/, chunk);
    refuse(`${good}${good}3.key,2.99`, /a\.guac:3, byte 56: ends inside/, chunk);
  }
  refuse("3.key,2.99,1.2,4.1000;", /key$/);
  refuse("3.key,8.33554432,1.1,4.1000;", /key$/);
  refuse("3.key,3.9x9,1.1,4.1000;", /key$/);
  refuse("3.key,2.99,1.1,0.;", /timestamp$/);
  refuse("3.key,2.99,1.1,20.18446744073709551617;", /timestamp$/);
  refuse("5.mouse,5.40000,1.1,1.1,1.1;", /mouse$/);
  refuse("5.mouse,1.1,1.1,2.-1,1.1;", /mouse$/);
  refuse("5.mouse,1.1,1.1,1.1;", /without a timestamp$/);
  refuse("\u001f\u008b", /a\.guac:1, byte 0: length/);
  refuse(`4.blob,1.0,5.40000.${"a".repeat(40000)}`, /./);
  refuse(`4.blob,1.0,5.40000,5.40000.${"a".repeat(40000)};`, /./);
  t.end();
});

t.test("what is written is read again", (t) => {
  const event = fc.oneof(
    fc.record({ at: fc.nat(), sym: fc.nat(0x1ffffff), pressed: fc.boolean() }),
    fc.record({ at: fc.nat(), x: fc.integer({ min: -32768, max: 32767 }), y: fc.nat(32767), mask: fc.nat(31) }),
  );
  fc.assert(
    fc.property(fc.array(event), (events) => {
      let text = "";
      const writer = new RecordingWriter((line) => (text += line));
      const expected = events.map((e) => {
        if ("sym" in e) {
          writer.key(millis(e.at), keysym(e.sym), e.pressed);
          return `key ${e.at} ${e.sym} ${e.pressed}`;
        }
        writer.pointer(millis(e.at), e.x, e.y, buttonMask(e.mask));
        return `pointer ${e.at} ${e.x} ${e.y} ${e.mask}`;
      });
      t.strictSame(hear([Buffer.from(text)]).heard, expected);
    }),
    { numRuns: 100 },
  );
  t.end();
});

t.test("times are written as whole milliseconds", (t) => {
  let text = "";
  new RecordingWriter((line) => (text += line)).key(millis(12.6), keysym(99), true);
  t.equal(text, "3.key,2.99,1.1,2.13;\n");
  t.end();
});
