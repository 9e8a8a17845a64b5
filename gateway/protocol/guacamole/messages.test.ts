import * as fc from "fast-check";
import t from "tap";
import { instruction } from "./instructions.ts";
import { messageEnd } from "./messages.ts";

t.test("messages are whole instructions, as many as fit, and lose nothing", async (t) => {
  const element = fc.string({ unit: "grapheme", maxLength: 40 });
  fc.assert(
    fc.property(
      fc.array(fc.array(element, { minLength: 1, maxLength: 4 }), { minLength: 1 }),
      fc.integer({ min: 1, max: 300 }),
      (list, limit) => {
        const each = list.map(([opcode, ...args]) => Buffer.from(instruction(opcode, ...args)));
        const bytes = Buffer.concat(each);
        const ends = each.map((_, n) => Buffer.concat(each.slice(0, n + 1)).length);
        for (let at = 0; at < bytes.length;) {
          const end = messageEnd(bytes, at, limit);
          const fits = ends.filter((it) => it > at && it - at <= limit);
          if (end !== (fits.at(-1) ?? ends.find((it) => it > at))) return false;
          at = end;
        }
        return true;
      },
    ),
  );
  t.pass("every cut is the last one that fits");
});
