/**
 * What the wire formats cost: parsing and rebuilding a client's message, and cutting guacd's stream, beside a copy of
 * the same bytes. All in one process and one run, contenders in turn, medians: only the ratios mean something.
 *
 * `node bench/protocol.ts`
 */
import * as ws from "ws";
import { ClientParser, type Visit } from "../gateway/protocol/guacamole/client-parser.ts";
import { instruction } from "../gateway/protocol/guacamole/instructions.ts";
import { ServerScanner } from "../gateway/protocol/guacamole/server-scanner.ts";
import { FrameDecoder } from "../gateway/protocol/websocket/frame-decoder.ts";

/** Not in the package's types. */
const { Receiver } = ws as unknown as {
  Receiver: new (options: object) => { write(chunk: Buffer): void; on(event: string, listener: () => void): void };
};

const repetitions = 15;

interface Contender {
  readonly name: string;
  /** How many units (messages, KB) one `run` does. */
  readonly units: number;
  readonly run: () => void;
}

/** Median nanoseconds a unit, contenders taking turns. */
function measure(contenders: readonly Contender[]): Map<string, number> {
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let repetition = -3; repetition < repetitions; repetition++)
    for (const { name, units, run } of contenders) {
      const start = process.hrtime.bigint();
      run();
      const spent = Number(process.hrtime.bigint() - start) / units;
      if (repetition >= 0) samples.get(name)?.push(spent);
    }
  return new Map(Array.from(samples, ([name, spent]) => [name, spent.sort((a, b) => a - b)[repetitions >> 1]]));
}

const messages = 20_000;

/** Parses and rebuilds one message over and over, as the proxy does. */
function client(name: string, text: string): Contender {
  const parser = new ClientParser();
  const message = Buffer.from(text);
  const out = Buffer.alloc(16_384);
  let at = 0;
  const visit: Visit = (instruction) => {
    at = instruction.writeTo(out, at);
    return true;
  };
  return {
    name,
    units: messages,
    run() {
      for (let i = 0; i < messages; i++) {
        at = 0;
        parser.parse(message, 0, message.length, visit);
      }
      if (at !== message.length) throw new Error("not rebuilt");
    },
  };
}

/** Decodes one masked frame over and over. Masking changes the bytes in place: twice gives them back. */
function frame(name: string, text: string): Contender {
  const payload = Buffer.from(text);
  const bytes = Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 1, 2, 3, 4]), payload]);
  const decoder = new FrameDecoder({ text: () => true, ping() {}, pong() {}, close() {} });
  return {
    name,
    units: messages,
    run() {
      for (let i = 0; i < messages; i++) decoder.decode(bytes, 0, bytes.length);
    },
  };
}

const framesInRead = 50;

/** A read of many masked frames, decoded here and by the receiver of the `ws` package. */
function reads50(text: string): Contender[] {
  const payload = Buffer.from(text);
  const one = Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
  const bytes = Buffer.concat(Array.from({ length: framesInRead }, () => one));
  let heard = 0;
  const decoder = new FrameDecoder({ text: () => ++heard > 0, ping() {}, pong() {}, close() {} });
  const receiver = new Receiver({ isServer: true, maxPayload: 65_536, skipUTF8Validation: true });
  receiver.on("message", () => heard++);
  const rounds = messages / framesInRead;
  const contender = (name: string, decode: () => void): Contender => ({
    name,
    units: messages,
    run() {
      heard = 0;
      for (let i = 0; i < rounds; i++) decode();
      if (heard !== messages) throw new Error(`${name}: ${heard} of ${messages}`);
    },
  });
  return [
    contender("50 frames a read, ours", () => decoder.decode(bytes, 0, bytes.length)),
    contender("50 frames a read, ws", () => receiver.write(bytes)),
  ];
}

const readSize = 65_536;
const reads = 64;

/** A stream of the given instructions, cut into reads. */
function stream(make: (n: number) => string): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  for (let n = 0; length < readSize * reads; n++) {
    const part = Buffer.from(make(n));
    parts.push(part);
    length += part.length;
  }
  return Buffer.concat(parts).subarray(0, readSize * reads);
}

function scanner(name: string, bytes: Buffer): Contender {
  return {
    name,
    units: (readSize * reads) / 1024,
    run() {
      const scanner = new ServerScanner();
      for (let at = 0; at < bytes.length; at += readSize) scanner.scan(bytes, at, at + readSize);
    },
  };
}

function copy(bytes: Buffer): Contender {
  const out = Buffer.alloc(readSize);
  return {
    name: "memcpy",
    units: (readSize * reads) / 1024,
    run() {
      for (let at = 0; at < bytes.length; at += readSize) bytes.copy(out, 0, at, at + readSize);
    },
  };
}

const blob = instruction("blob", 1, "QUJDREVG".repeat(1008));
const tile = (n: number): string =>
  instruction("img", 1, 14, 0, "image/png", n % 1000, n % 700) +
  instruction("blob", 1, "QUJD".repeat(60)) +
  instruction("end", 1);
const images = stream(() => tile(1) + blob.repeat(5) + instruction("sync", 123456, 1));
const tiles = stream(tile);
/** One name that is not ASCII in each read: the usual case of a stream that is not. */
const mixed = stream(() => tile(1) + blob.repeat(7) + instruction("name", "Grüße aus Köln 😀"));
/** The worst case: nothing but long texts that are not ASCII. */
const foreign = stream(() => instruction("name", "漢字かな交じり文".repeat(900)));
const umlauts = stream(() => instruction("name", "Grüße aus Köln, ".repeat(500)));

const spent = measure([
  client("key", "3.key,5.65293,1.1;"),
  client("mouse", "5.mouse,3.812,3.407,1.0;"),
  client("sync", "4.sync,13.1700000000000;"),
  client("blob of 8064", `4.file,1.0,0.,0.;${blob.replace("1.1", "1.0")}`),
  frame("frame of a mouse message", "5.mouse,3.812,3.407,1.0;"),
  ...reads50("5.mouse,3.812,3.407,1.0;"),
  copy(images),
  scanner("images, ASCII", images),
  scanner("small tiles, ASCII", tiles),
  scanner("images, one name a read not ASCII", mixed),
  scanner("texts in German", umlauts),
  scanner("texts in Japanese", foreign),
]);

const per = (name: string): number => spent.get(name) ?? NaN;
for (const name of [
  "key",
  "mouse",
  "sync",
  "blob of 8064",
  "frame of a mouse message",
  "50 frames a read, ours",
  "50 frames a read, ws",
])
  console.log(`${name.padEnd(36)} ${per(name).toFixed(0).padStart(8)} ns a message`);
for (const name of spent.keys())
  if (name === "memcpy" || /ASCII|texts/.test(name))
    console.log(
      `${name.padEnd(36)} ${per(name).toFixed(1).padStart(8)} ns a KB ${(per(name) / per("memcpy")).toFixed(2).padStart(8)} x memcpy`,
    );
