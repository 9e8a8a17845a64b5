import * as fc from "fast-check";
import t from "tap";
import { InstructionReader } from "./instruction-reader.ts";
import { instruction } from "./instructions.ts";
import { ServerScanner } from "./server-scanner.ts";
import { WithheldDisplay } from "./withheld-display.ts";

class Rig {
  passed = "";
  answered = "";
  readonly display: WithheldDisplay;
  #stream = 1_001_000;

  constructor(streams: ReadonlyMap<number, string> | null = new Map(), limit = 1e6) {
    const owner = {
      pass: (bytes: Uint8Array) => void (this.passed += Buffer.from(bytes).toString()),
      answer: (text: string) => void (this.answered += text),
    };
    this.display = new WithheldDisplay(owner, streams, limit);
  }

  take(text: string): void {
    const bytes = Buffer.from(text);
    this.display.take(bytes, 0, bytes.length);
  }

  gathered(after: number | null = null): string {
    return Buffer.concat([...this.display.gathered!.instructions(() => this.#stream++, "keep", after)]).toString();
  }

  get waiting(): string {
    return Buffer.concat(this.display.waiting).toString();
  }
}

const img = (stream: number, layer = 0): string => instruction("img", stream, 14, layer, "image/png", 0, 0);
const blob = (stream: number, data = "QUJD"): string => instruction("blob", stream, data);
const end = (stream: number): string => instruction("end", stream);
const rect = (x: number): string => instruction("rect", 0, x, 0, 5, 5);
const sync = (timestamp: number): string => instruction("sync", timestamp, 1);

t.test("drawing stays here, and each frame is answered as by a viewer that is quick", (t) => {
  const rig = new Rig();
  rig.take(img(1) + blob(1) + end(1) + rect(1) + sync(10) + instruction("nop") + rect(2) + sync(20));
  t.equal(rig.passed, "");
  t.equal(rig.answered, instruction("sync", 10) + instruction("sync", 20));
  t.end();
});

t.test("a picture that was begun before is sent to its end, and nothing of one that begins now", (t) => {
  const rig = new Rig();
  rig.take(blob(3) + img(4) + blob(4) + blob(3) + end(3) + end(4) + img(3) + blob(3) + end(3));
  t.equal(rig.passed, blob(3) + blob(3) + end(3));
  t.end();
});

t.test("whoever joins in the middle of a picture is sent nothing of it", (t) => {
  const rig = new Rig(null);
  rig.take(blob(1) + blob(1) + end(1) + img(1) + blob(1) + end(1) + instruction("audio", 3, "audio/L16") + end(3));
  t.equal(rig.passed, instruction("audio", 3, "audio/L16") + end(3));
  t.end();
});

t.test("sound is silent, downloads wait, and what is opened now is refused", (t) => {
  const rig = new Rig(
    new Map(Object.entries({ 5: "audio", 6: "file", 7: "clipboard" }).map(([n, kind]) => [Number(n), kind])),
  );
  rig.take(
    blob(5) + blob(6) + blob(7) + end(7) + instruction("clipboard", 7, "text/plain") + blob(7, "c2VjcmV0") + end(7),
  );
  rig.take(
    instruction("file", 8, "text/plain", "a") +
      blob(8) +
      end(8) +
      instruction("body", 0, 9, "text/plain", "b") +
      blob(9),
  );
  rig.take(instruction("audio", 10, "audio/L16") + blob(10) + end(10) + end(5) + instruction("filesystem", 1, "disk"));
  rig.take(
    instruction("name", "one") + instruction("name", "two") + instruction("msg", 1, "x") + instruction("mouse", 1, 2),
  );
  const audio = instruction("audio", 10, "audio/L16") + end(10) + end(5);
  t.equal(rig.passed, audio + instruction("filesystem", 1, "disk"));
  t.equal(rig.answered, [7, 8, 9].map((stream) => instruction("ack", stream, "Held", 0x0303)).join(""));
  t.equal(rig.waiting, instruction("name", "two") + blob(6) + blob(7) + end(7));
  t.equal(rig.gathered(), "");
  t.end();
});

t.test("kept is the frame that is not finished, and from `gather` on everything", (t) => {
  const rig = new Rig();
  rig.take(rect(1) + sync(10) + rect(2) + img(1) + blob(1));
  rig.display.gather();
  rig.take(end(1) + sync(20) + rect(3) + img(2) + blob(2) + sync(30) + rect(4) + img(4));
  const first = rect(2) + img(1_001_000) + blob(1_001_000) + end(1_001_000);
  const second = rect(3) + img(2) + blob(2);
  t.equal(
    rig.gathered(),
    first + second + rect(4) + img(4),
    "whole pictures in numbers that are ours, others in guacd's",
  );
  t.equal(rig.gathered(20), second + rect(4) + img(4));
  t.equal(rig.gathered(30), rect(4) + img(4));
  t.equal(rig.gathered(99).length, (first + second + rect(4) + img(4)).length, "no such frame: all of it");
  rig.display.rest();
  t.equal(rig.gathered(), rect(4) + img(4));
  rig.take(blob(2) + end(2) + end(4));
  t.equal(rig.gathered(), rect(4) + img(1_001_002) + end(1_001_002), "nothing without its beginning");
  t.equal(rig.passed, "");
  t.end();
});

t.test("a copy to where it is seen is noticed, one into a buffer is none", (t) => {
  const rig = new Rig();
  rig.display.gather();
  rig.take(instruction("copy", 0, 0, 0, 5, 5, 14, -2, 0, 0) + sync(1));
  t.notOk(rig.display.gathered!.copiesTwice({ timestamp: null, nextFrame: null }));
  rig.take(instruction("copy", -2, 0, 0, 5, 5, 14, 0, 0, 0) + sync(2));
  const twice = (timestamp: number | null, nextFrame: number | null): boolean =>
    rig.display.gathered!.copiesTwice({ timestamp, nextFrame });
  t.ok(twice(null, null));
  t.ok(twice(1, null), "what follows the picture's frame is not trusted");
  t.notOk(twice(2, null));
  t.notOk(twice(null, 1), "what follows the next frame cannot be in the picture");
  t.ok(twice(null, 2));
  t.ok(twice(null, 99));
  t.end();
});

t.test("more than the limit is not kept, and whoever gathers is told", (t) => {
  const rig = new Rig(new Map(), 10_000);
  rig.display.gather();
  for (let n = 0; n < 100; n++) rig.take(rect(n));
  t.equal(rig.display.gathered, null);
  rig.take(sync(1));
  t.equal(rig.display.gathered, null, "and not only until the next frame");
  rig.display.rest();
  rig.take(rect(1) + sync(2));
  rig.display.gather();
  rig.take(rect(7));
  t.equal(rig.gathered(), rect(7));
  t.end();
});

/** What a viewer has: pictures that were begun and did not end, which would block it. */
function unfinished(text: string): Set<string> {
  const open = new Set<string>();
  const bytes = Buffer.from(text);
  const reader = new InstructionReader(bytes);
  while (reader.next()) {
    if (reader.opcode === "img") open.add(reader.text(1));
    if (reader.opcode === "end") open.delete(reader.text(1));
  }
  if (reader.start !== bytes.length) throw new Error("not whole instructions");
  return open;
}

const anything = fc.oneof(
  ...[1, 2, 3].flatMap((stream) => [img(stream), blob(stream, "w6Q="), end(stream)]).map((text) => fc.constant(text)),
  fc.nat(99).map(rect),
  fc.constant(instruction("name", "é漢字🖥")),
  fc.nat(9).map(sync),
);

t.test("however guacd's bytes are cut: whole instructions only, and no picture without its end", (t) => {
  fc.assert(
    fc.property(
      fc.array(anything, { maxLength: 40 }),
      fc.array(fc.nat(400)),
      fc.nat(),
      fc.nat(),
      (texts, cuts, from, to) => {
        // What is malformed in itself is guacd's: pieces without a picture, pictures that begin in one another.
        const open = new Set<string>();
        const stream: string[] = [];
        for (const text of texts) {
          const [, kind, number] = /^\d\.(img|blob|end),1\.(\d)/.exec(text) ?? [];
          if (kind !== undefined && (kind === "img") === open.has(number)) continue;
          if (kind === "img") open.add(number);
          if (kind === "end") open.delete(number);
          stream.push(text);
        }
        for (const number of open) stream.push(end(Number(number)));
        const bytes = Buffer.from(stream.join(""));
        const scanner = new ServerScanner();
        const at = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
        const begins = from % at.length;
        const returns = begins + (to % (at.length - begins));
        let rig: Rig | null = null;
        let seen = "";
        let read = 0;
        let whole = 0;
        for (const [n, cut] of at.entries()) {
          if (n === begins) {
            rig = new Rig(scanner.streams);
            rig.display.gather();
          }
          const boundary = scanner.scan(bytes, read, cut);
          if (boundary > read) {
            if (rig === null) seen += bytes.subarray(whole, boundary).toString();
            else {
              rig.display.take(bytes, whole, boundary);
              seen += rig.passed;
              rig.passed = "";
            }
            whole = boundary;
          }
          read = cut;
          if (rig !== null && n === returns) {
            if (unfinished(seen + rig.gathered()).size > open.size + 3) throw new Error("too many");
            seen += rig.gathered();
            rig = null;
          }
        }
        // The rest after the return has gone out as it is.
        if (whole !== bytes.length) throw new Error("not all was read");
        const left = unfinished(seen);
        if (left.size > 0) throw new Error(`the viewer waits for ${[...left].join()}`);
      },
    ),
    { numRuns: 500 },
  );
  t.end();
});
