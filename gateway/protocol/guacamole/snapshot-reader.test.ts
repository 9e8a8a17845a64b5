import t from "tap";
import { instruction } from "./instructions.ts";
import { SnapshotReader } from "./snapshot-reader.ts";

const img = (stream: number): string => instruction("img", stream, 14, 0, "image/png", 0, 0);
const blob = (stream: number): string => instruction("blob", stream, "QUJD");
const end = (stream: number): string => instruction("end", stream);
const size = instruction("size", 0, 800, 600);
const ack = instruction("ack", 2046, "Invalid stream.", 0x0100);
const joined =
  instruction("name", "desk") + instruction("audio", 1, "audio/L16") + blob(1) + instruction("mouse", 1, 2);

const shown = (reader: SnapshotReader): string => {
  let stream = 1_001_000;
  return Buffer.concat([...reader.picture.instructions(() => stream++, "drop")]).toString();
};

t.test("before 1.5.0 the refusal ends it, and only drawing is taken, in streams of ours", (t) => {
  const text = joined + size + img(4) + blob(4) + blob(4) + end(4) + img(6) + blob(6) + ack;
  const whole = size + img(1_001_000) + blob(1_001_000) + blob(1_001_000) + end(1_001_000);
  for (let cut = 0; cut < text.length; cut++) {
    const reader = new SnapshotReader("VERSION_1_3_0", 1e6);
    t.notOk(reader.read(Buffer.from(text.slice(0, cut))));
    t.notOk(reader.read(Buffer.from(text.slice(cut))), "the next frame may still come");
    t.ok(reader.whole);
    t.equal(shown(reader), whole, "and no picture that has not ended");
    t.same([reader.timestamp, reader.nextFrame], [null, null]);
  }
  t.end();
});

t.test("before 1.5.0 the first frame that ends is the one after the picture, however it is cut", (t) => {
  const after = size + ack + size + "rest;" + instruction("sync", 1234, 1) + instruction("sync", 1300, 1);
  for (let cut = 0; cut < after.length; cut++) {
    const reader = new SnapshotReader("VERSION_1_3_0", 1e6);
    const whole = reader.read(Buffer.from(after.slice(0, cut))) || reader.read(Buffer.from(after.slice(cut)));
    t.same([whole, reader.nextFrame, reader.timestamp], [true, 1234, null]);
    t.equal(shown(reader), size);
  }
  const reader = new SnapshotReader("VERSION_1_3_0", 1e6);
  t.ok(reader.read(Buffer.from(size + instruction("sync", 5, 1) + size + ack)), "also before the refusal");
  t.equal(reader.nextFrame, 5);
  t.equal(shown(reader), size, "what follows it is not taken");
  t.end();
});

t.test("before 1.5.0 the rest of what was never begun ends it too", (t) => {
  const reader = new SnapshotReader("VERSION_1_3_0", 1e6);
  t.notOk(reader.read(Buffer.from(`${size}AAAA;${blob(1)}${ack}`)));
  t.ok(reader.whole);
  t.equal(shown(reader), size);
  t.throws(() => new SnapshotReader("VERSION_1_5_0", 1e6).read(Buffer.from(`${size}AAAA;`)), {
    code: "upstream-malformed",
  });
  t.end();
});

t.test("from 1.5.0 on a frame's end does, and says which frame it was", (t) => {
  const reader = new SnapshotReader("VERSION_1_5_0", 1e6);
  t.notOk(reader.read(Buffer.from(ack + size + img(1))));
  t.ok(reader.read(Buffer.from(blob(1) + end(1) + instruction("sync", 77, 1) + size)));
  t.equal(reader.timestamp, 77);
  t.equal(shown(reader), size + img(1_001_000) + blob(1_001_000) + end(1_001_000));
  t.end();
});

t.test("guacd's refusal, and a picture without end, are failures", (t) => {
  const refused = Buffer.from(instruction("error", "no", 0x0303));
  t.throws(() => new SnapshotReader("VERSION_1_3_0", 1e6).read(refused), { code: "upstream-refused" });
  const reader = new SnapshotReader("VERSION_1_5_0", 10_000);
  t.throws(() => reader.read(Buffer.from(size.repeat(100))), { code: "upstream-malformed" });
  t.end();
});
