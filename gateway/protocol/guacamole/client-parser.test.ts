import * as fc from "fast-check";
import t from "tap";
import { SamehandError } from "../../core/errors.ts";
import { accepted, refused } from "../../../test/fixtures/differentials.ts";
import { atoi, guacdRead } from "../../../test/fixtures/guacd-parser.ts";
import { ClientParser } from "./client-parser.ts";
import { instruction } from "./instructions.ts";
import { kindOf, opcode, shapes } from "./opcodes.ts";

/** Parses a message and gives back what would be sent on. */
function rebuild(parser: ClientParser, message: Uint8Array): string {
  const out = Buffer.alloc(message.byteLength);
  let at = 0;
  parser.parse(message, 0, message.byteLength, (instruction) => {
    const next = instruction.writeTo(out, at);
    if (next - at > instruction.byteLength) throw new Error("longer than what came");
    at = next;
    return true;
  });
  return out.toString("utf8", 0, at);
}

function outcome(parser: ClientParser, message: Uint8Array): string {
  try {
    rebuild(parser, message);
    return "accepted";
  } catch (error) {
    if (!(error instanceof SamehandError)) throw error;
    return error.code;
  }
}

t.test("what readers read differently is refused", (t) => {
  for (const { name, messages } of refused) {
    const parser = new ClientParser();
    let last = "";
    for (const message of messages) {
      last = outcome(parser, message);
      if (last !== "accepted") break;
    }
    t.match(last, /^instruction-/, name);
  }
  t.end();
});

t.test("what honest clients send is rebuilt", (t) => {
  for (const { name, text, rebuilt = text } of accepted)
    t.equal(rebuild(new ClientParser(), Buffer.from(text)), rebuilt, name);
  t.end();
});

t.test("every cut of an honest message is refused as malformed", (t) => {
  for (const { name, text } of accepted) {
    const whole = Buffer.from(text);
    const found: number[] = [];
    for (let end = 0; end < whole.length; end++)
      if (outcome(new ClientParser(), whole.subarray(0, end)) !== "instruction-malformed") found.push(end);
    const boundaries = (guacdRead(whole) ?? []).length - 1;
    t.equal(found.length, boundaries, `${name}: accepted only where an instruction ends`);
    t.ok(found.every((end) => whole[end - 1] === 0x3b));
  }
  t.end();
});

t.test("bytes behind the end are not looked at", (t) => {
  const bytes = Buffer.from("3.nop;3.key,2.99,1.1;");
  const seen: number[] = [];
  new ClientParser().parse(bytes, 0, 6, (instruction) => {
    seen.push(instruction.opcode);
    return true;
  });
  t.same(seen, [opcode.nop]);
  t.throws(() => new ClientParser().parse(bytes, 6, 20, () => true), { code: "instruction-malformed" });
  t.end();
});

t.test("values, texts and kinds", (t) => {
  const parser = new ClientParser();
  const seen: unknown[] = [];
  const text = "3.key,5.65293,1.1;5.mouse,3.-10,2.20,1.8;4.file,1.3,9.image/png,1.ß;3.ack,1.7,2.OK,3.256;";
  parser.parse(Buffer.from(text), 0, Buffer.byteLength(text), (i) => {
    seen.push([i.opcode, i.argc, i.number(0), i.argc > 2 ? i.number(2) : i.number(1), i.text(1)]);
    return true;
  });
  t.same(seen, [
    [opcode.key, 2, 65293, 1, ""],
    [opcode.mouse, 3, -10, 8, ""],
    [opcode.file, 3, 3, NaN, "image/png"],
    [opcode.ack, 3, 7, 256, "OK"],
  ]);
  t.same(
    ["key", "mouse", "touch"].map((name) => kindOf(opcode[name as "key"])),
    ["input", "input", "input"],
  );
  t.equal(kindOf(opcode.blob), "data");
  t.equal(kindOf(opcode.size), "size");
  t.equal(kindOf(opcode.sync), "control");
  for (const [index, shape] of shapes.entries()) t.equal(shape.opcode, index, "the table is in the order of its codes");
  t.end();
});

t.test("a visitor that returns false ends the parse there", (t) => {
  const text = Buffer.from("3.nop;3.key,2.99,1.1;garbage");
  let visits = 0;
  t.equal(
    new ClientParser().parse(text, 0, text.length, () => ++visits < 2),
    false,
  );
  t.equal(visits, 2);
  t.end();
});

t.test("blobs and ends go only to streams that the client opened", (t) => {
  const parser = new ClientParser();
  t.equal(rebuild(parser, Buffer.from("4.blob,1.0,4.AAAA;3.end,1.0;3.nop;")), "3.nop;");
  t.equal(parser.strays, 2);
  t.equal(
    rebuild(parser, Buffer.from("3.put,1.9,1.4,0.,0.;4.blob,1.4,4.AAAA;")),
    "3.put,1.9,1.4,0.,0.;4.blob,1.4,4.AAAA;",
  );
  t.equal(rebuild(parser, Buffer.from("3.end,1.4;3.end,1.4;4.blob,1.4,4.AAAA;")), "3.end,1.4;");
  t.equal(parser.strays, 4);
  t.end();
});

t.test("any honest input comes out as it went in, and guacd reads the same numbers and texts", (t) => {
  const coordinate = fc.integer({ min: -32768, max: 32767 });
  const text = fc.string({ unit: "binary", maxLength: 300 }).filter((value) => !/[\0\ufeff]/.test(value));
  const honest = fc.oneof(
    fc.tuple(fc.constant("key"), fc.nat(0x1ffffff), fc.nat(1)),
    fc.tuple(fc.constant("mouse"), coordinate, coordinate, fc.nat(31)),
    fc.tuple(fc.constant("sync"), fc.maxSafeInteger()),
    fc.tuple(fc.constant("ack"), fc.nat(), text, fc.nat(0xffff)),
    fc.tuple(fc.constant("file"), fc.nat(1023), text, text),
  );
  fc.assert(
    fc.property(fc.array(honest, { minLength: 1, maxLength: 6 }), (instructions) => {
      const message = Buffer.from(instructions.map((elements) => instruction(...elements)).join(""));
      const heard: unknown[] = [];
      new ClientParser().parse(message, 0, message.length, (i) => {
        const name = shapes[i.opcode].name;
        const argv = Array.from({ length: i.argc }, (_, n) => (Number.isNaN(i.number(n)) ? i.text(n) : i.number(n)));
        heard.push([name, ...argv]);
        return true;
      });
      t.strictSame(heard, instructions);
      t.equal(rebuild(new ClientParser(), message), message.toString());
      for (const [index, { opcode, argv }] of (guacdRead(message) ?? []).entries())
        if (opcode === "key" || opcode === "mouse") t.strictSame([opcode, ...argv.map(atoi)], instructions[index]);
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test("a client cannot open streams without bound", (t) => {
  const parser = new ClientParser();
  for (let stream = 0; stream < 1024; stream++) rebuild(parser, Buffer.from(instruction("audio", stream, "audio/L8")));
  t.equal(outcome(parser, Buffer.from(instruction("audio", 1024, "audio/L8"))), "instruction-refused");
  t.end();
});

t.test("an error never says what was typed", (t) => {
  for (const text of ["3.key,5.65293,1.7;", "3.key,10.4294967395,1.1;", "9.clipboard,1.0,7.secret\0;"])
    try {
      rebuild(new ClientParser(), Buffer.from(text));
      t.fail(text);
    } catch (error) {
      t.notMatch((error as Error).message, /65293|4294967395|secret/);
    }
  t.end();
});
