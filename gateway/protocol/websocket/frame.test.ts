import * as fc from "fast-check";
import t from "tap";
import { frame, frameOpcode, textsOf } from "./frame.ts";

t.test("the texts of frames come back as they were", (t) => {
  const sizes = [0, 1, 125, 126, 65535, 65536, 70_000];
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...sizes), fc.boolean()), { maxLength: 6 }), (wanted) => {
      const frames = wanted.map(([size, text]) =>
        frame(Buffer.alloc(size, 97), text ? frameOpcode.text : frameOpcode.ping),
      );
      const sizesBack = [...textsOf(Buffer.concat(frames))].map((each) => each.length);
      return JSON.stringify(sizesBack) === JSON.stringify(wanted.filter(([, text]) => text).map(([size]) => size));
    }),
  );
  t.end();
});
