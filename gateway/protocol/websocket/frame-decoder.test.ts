import * as fc from "fast-check";
import t from "tap";
import { SamehandError } from "../../core/errors.ts";
import { closeFrame, frame, frameOpcode, headerRoom, writeHeader } from "./frame.ts";
import { FrameDecoder } from "./frame-decoder.ts";

interface FrameParts {
  readonly opcode?: number;
  readonly payload?: string | Buffer;
  readonly final?: boolean;
  readonly reserved?: number;
  readonly masked?: boolean;
  /** How the length is written: 7, 16 or 64 bits. */
  readonly width?: 7 | 16 | 64;
}

/** A frame as a client writes it, right or wrong. */
function clientFrame(parts: FrameParts): Buffer {
  const payload = Buffer.from(parts.payload ?? "");
  const width = parts.width ?? (payload.length < 126 ? 7 : payload.length < 65536 ? 16 : 64);
  const masked = parts.masked ?? true;
  const length = Buffer.alloc(width === 7 ? 1 : width === 16 ? 3 : 9);
  if (width === 7) length[0] = payload.length;
  else if (width === 16) {
    length[0] = 126;
    length.writeUInt16BE(payload.length, 1);
  } else {
    length[0] = 127;
    length.writeBigUInt64BE(BigInt(payload.length), 1);
  }
  if (masked) length[0] |= 0x80;
  const mask = Buffer.from([0x12, 0xfe, 0x00, 0x9a]);
  const first = ((parts.final ?? true) ? 0x80 : 0) | (parts.reserved ?? 0) | (parts.opcode ?? frameOpcode.text);
  const body = masked ? payload.map((byte, i) => byte ^ mask[i % 4]) : payload;
  return Buffer.concat([Buffer.from([first]), length, masked ? mask : Buffer.alloc(0), body]);
}

/** What a decoder says to bytes that come in the given chunks. */
function hear(chunks: readonly Buffer[], limit?: number): string[] {
  const heard: string[] = [];
  const text = (b: Uint8Array, s: number, e: number): string => Buffer.from(b.subarray(s, e)).toString("latin1");
  const decoder = new FrameDecoder(
    {
      text: (b, s, e) => heard.push(`text ${text(b, s, e)}`) > 0,
      ping: (b, s, e) => void heard.push(`ping ${text(b, s, e)}`),
      pong: (b, s, e) => void heard.push(`pong ${text(b, s, e)}`),
      close: (code) => void heard.push(`close ${code}`),
    },
    limit,
  );
  try {
    for (const chunk of chunks) {
      // a copy with a margin: decoding changes the bytes, and must change no others
      const copy = Buffer.concat([Buffer.from("<<"), chunk, Buffer.from(">>")]);
      const more = decoder.decode(copy, 2, 2 + chunk.length);
      if (copy.toString("latin1", 0, 2) + copy.toString("latin1", copy.length - 2) !== "<<>>") heard.push("overrun");
      if (!more) break;
    }
  } catch (error) {
    if (!(error instanceof SamehandError)) throw error;
    heard.push(error.code);
  }
  return heard;
}

const stream = Buffer.concat([
  clientFrame({ payload: "3.nop;" }),
  clientFrame({ payload: "" }),
  clientFrame({ payload: "3.key,", final: false }),
  clientFrame({ opcode: frameOpcode.ping, payload: "are you there" }),
  clientFrame({ opcode: frameOpcode.continuation, payload: "", final: false }),
  clientFrame({ opcode: frameOpcode.pong }),
  clientFrame({ opcode: frameOpcode.continuation, payload: "2.99,1.1;" }),
  clientFrame({ payload: "x".repeat(126) }),
  clientFrame({ payload: "y".repeat(300), final: false }),
  clientFrame({ opcode: frameOpcode.continuation, payload: "z".repeat(7) }),
  clientFrame({ opcode: frameOpcode.close, payload: Buffer.from([0x03, 0xe8, 0x62, 0x79, 0x65]) }),
  Buffer.from("whatever comes after a close"),
]);
const said = [
  "text 3.nop;",
  "text ",
  "ping are you there",
  "pong ",
  "text 3.key,2.99,1.1;",
  `text ${"x".repeat(126)}`,
  `text ${"y".repeat(300)}${"z".repeat(7)}`,
  "close 1000",
];

t.test("messages, fragments and control frames between them", (t) => {
  t.same(hear([stream]), said);
  t.end();
});

t.test("a stream that is cut at any byte says the same", (t) => {
  for (let cut = 1; cut < stream.length; cut++)
    t.same(hear([stream.subarray(0, cut), stream.subarray(cut)]), said, `cut at ${cut}`);
  t.same(hear(Array.from(stream, (_, i) => stream.subarray(i, i + 1))), said, "byte by byte");
  t.end();
});

const breaches: readonly (readonly [string, FrameParts | Buffer, string])[] = [
  ["not masked", { payload: "a", masked: false }, "frame-malformed"],
  ["first reserved bit, as a compressed frame has it", { payload: "a", reserved: 0x40 }, "frame-malformed"],
  ["second reserved bit", { payload: "a", reserved: 0x20 }, "frame-malformed"],
  ["third reserved bit", { payload: "a", reserved: 0x10 }, "frame-malformed"],
  ["reserved opcode 3", { opcode: 3 }, "frame-malformed"],
  ["reserved opcode 11", { opcode: 11 }, "frame-malformed"],
  ["binary", { opcode: frameOpcode.binary, payload: "3.nop;" }, "frame-binary"],
  ["continuation of nothing", { opcode: frameOpcode.continuation, payload: "a" }, "frame-malformed"],
  ["ping in fragments", { opcode: frameOpcode.ping, final: false }, "frame-malformed"],
  ["ping of 126 bytes", { opcode: frameOpcode.ping, payload: "a".repeat(126) }, "frame-malformed"],
  ["short length in 16 bits", { payload: "a", width: 16 }, "frame-malformed"],
  ["short length in 64 bits", { payload: "a".repeat(126), width: 64 }, "frame-malformed"],
  ["negative length", Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), "frame-malformed"],
  ["length of 2^62", Buffer.from([0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), "frame-too-large"],
  ["one byte too large", { payload: "a".repeat(1001) }, "frame-too-large"],
  ["half a close code", { opcode: frameOpcode.close, payload: "a" }, "frame-malformed"],
  [
    "close reason that is not UTF-8",
    { opcode: frameOpcode.close, payload: Buffer.from([3, 232, 255]) },
    "frame-malformed",
  ],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000].map(
    (code) => [`close code ${code}`, { opcode: frameOpcode.close, payload: u16(code) }, "frame-malformed"] as const,
  ),
];

function u16(value: number): Buffer {
  const out = Buffer.alloc(2);
  out.writeUInt16BE(value);
  return out;
}

t.test("what breaks the protocol is refused, wherever it is cut", (t) => {
  for (const [name, parts, code] of breaches) {
    const bytes = Buffer.isBuffer(parts) ? parts : clientFrame(parts);
    t.same(hear([bytes], 1000), [code], name);
    t.same(
      hear(
        Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)),
        1000,
      ),
      [code],
      `${name}, byte by byte`,
    );
  }
  t.end();
});

t.test("a message inside of a fragmented one is refused", (t) => {
  const bytes = Buffer.concat([clientFrame({ payload: "a", final: false }), clientFrame({ payload: "b" })]);
  t.same(hear([bytes]), ["frame-malformed"]);
  t.end();
});

t.test("fragments count together towards the limit", (t) => {
  const fragments = [clientFrame({ payload: "a".repeat(600), final: false })];
  fragments.push(clientFrame({ opcode: frameOpcode.continuation, payload: "a".repeat(400) }));
  t.same(hear(fragments, 1000), [`text ${"a".repeat(1000)}`]);
  t.same(hear(fragments, 999), ["frame-too-large"]);
  t.end();
});

t.test("a close without a code is 1005, and valid codes pass", (t) => {
  t.same(hear([clientFrame({ opcode: frameOpcode.close })]), ["close 1005"]);
  for (const code of [1000, 1001, 1003, 1007, 1014, 3000, 4999])
    t.same(hear([clientFrame({ opcode: frameOpcode.close, payload: u16(code) })]), [`close ${code}`]);
  t.end();
});

t.test("nothing is decoded once the sink has said stop", (t) => {
  let texts = 0;
  const decoder = new FrameDecoder({ text: () => ++texts < 2, ping() {}, pong() {}, close() {} });
  const bytes = Buffer.concat(Array.from({ length: 5 }, () => clientFrame({ payload: "a" })));
  t.equal(decoder.decode(bytes, 0, bytes.length), false);
  t.equal(texts, 2);
  t.equal(decoder.decode(clientFrame({ payload: "a" }), 0, 7), false);
  t.equal(texts, 2);
  t.end();
});

t.test("nothing is decoded after an error", (t) => {
  const heard: string[] = [];
  const decoder = new FrameDecoder({ text: () => heard.push("text") > 0, ping() {}, pong() {}, close() {} });
  const bad = clientFrame({ payload: "a", masked: false });
  t.throws(() => decoder.decode(bad, 0, bad.length), { code: "frame-malformed" });
  const good = clientFrame({ payload: "a" });
  t.equal(decoder.decode(good, 0, good.length), false);
  t.same(heard, []);
  t.end();
});

t.test("any messages in any fragments and chunks come out as they went in", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 4 }), { maxLength: 6 }),
      fc.array(fc.nat(150), { maxLength: 40 }),
      (messages, cuts) => {
        const frames = messages.flatMap((fragments) =>
          fragments.map((payload, i) =>
            clientFrame({
              opcode: i === 0 ? frameOpcode.text : frameOpcode.continuation,
              payload: Buffer.from(payload),
              final: i === fragments.length - 1,
            }),
          ),
        );
        const whole = Buffer.concat(frames);
        const chunks: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) chunks.push(whole.subarray(at, (at += cut)));
        chunks.push(whole.subarray(at));
        const expected = messages.map((parts) => `text ${Buffer.concat(parts).toString("latin1")}`);
        t.strictSame(hear(chunks), expected);
      },
    ),
    { numRuns: 300 },
  );
  t.end();
});

t.test("any bytes whatever throw nothing but coded errors", (t) => {
  t.doesNotThrow(() => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        hear([Buffer.from(bytes)]);
      }),
      { numRuns: 2000 },
    );
  });
  t.end();
});

t.test("a header goes right in front of its payload, in the fewest bytes", (t) => {
  for (const length of [0, 1, 125, 126, 65535, 65536, 70000]) {
    const buffer = Buffer.alloc(headerRoom + length, 0x61);
    const start = writeHeader(buffer, headerRoom, length);
    t.equal(buffer[start], 0x81);
    const short = buffer[start + 1];
    if (length < 126) t.same([short, headerRoom - start], [length, 2]);
    else if (length < 65536) t.same([short, buffer.readUInt16BE(start + 2), headerRoom - start], [126, length, 4]);
    else t.same([short, Number(buffer.readBigUInt64BE(start + 2)), headerRoom - start], [127, length, 10]);
    t.equal(buffer[headerRoom] ?? 0x61, 0x61, "the payload is untouched");
  }
  t.end();
});

t.test("whole frames, and a close with the decimal status as its reason", (t) => {
  t.same(frame("3.nop;"), Buffer.from("\x81\x063.nop;", "latin1"));
  t.same(frame(Buffer.from("hi"), frameOpcode.pong), Buffer.from("\x8a\x02hi", "latin1"));
  t.same(closeFrame(1008, "771"), Buffer.from("\x88\x05\x03\xf0771", "latin1"));
  t.end();
});
