import * as fc from "fast-check";
import t from "tap";
import { InstructionReader } from "./instruction-reader.ts";
import { instruction } from "./instructions.ts";

const element = fc.oneof(fc.string({ unit: "binary", maxLength: 20 }), fc.integer({ min: -99999, max: 99999 }));
const elements = fc.array(element, { minLength: 1, maxLength: 8 });

t.test("whatever was written is read again, and a cut is found wherever it is", (t) => {
  fc.assert(
    fc.property(fc.array(elements, { maxLength: 6 }), fc.nat(), (all, cut) => {
      const texts = all.map((each) => instruction(...each));
      const bytes = Buffer.from(texts.join(""));
      const end = bytes.length === 0 ? 0 : cut % (bytes.length + 1);
      const reader = new InstructionReader(bytes, 0, end);
      const read: string[] = [];
      while (reader.next()) {
        read.push(reader.copy().toString());
        const source = all[read.length - 1];
        t.equal(reader.count, source.length);
        for (const [n, value] of source.entries())
          if (reader.text(n) !== Buffer.from(String(value)).toString()) throw new Error("text");
      }
      let whole = 0;
      let length = 0;
      for (const text of texts) {
        length += Buffer.byteLength(text);
        if (length <= end) whole++;
      }
      if (read.join("") !== texts.slice(0, whole).join("")) throw new Error("other instructions");
      if (reader.start !== Buffer.byteLength(texts.slice(0, whole).join("")))
        throw new Error("the rest begins elsewhere");
    }),
  );
  t.end();
});

t.test("elements are read as text and as numbers", (t) => {
  const bytes = Buffer.from(instruction("nop") + instruction("img", 3, 14, 0, "image/png", 0, 0));
  const reader = new InstructionReader(bytes);
  reader.next();
  t.equal(reader.copyAfter(0).toString(), ";");
  reader.next();
  t.equal(reader.opcode, "img");
  t.equal(reader.number(1), 3);
  t.ok(Number.isNaN(reader.number(4)));
  t.equal(reader.text(99), "");
  t.equal(reader.copyAfter(1).toString(), ",2.14,1.0,9.image/png,1.0,1.0;");
  t.notOk(reader.next());
  t.end();
});

t.test("what is no instruction is refused", (t) => {
  for (const bad of ["x.y;", "1.ab;", ".;", "123456.a;", "AAAA;", `${"1.a,".repeat(128)}1.a;`])
    t.throws(() => new InstructionReader(Buffer.from(bad)).next(), { code: "upstream-malformed" }, bad);
  t.end();
});
