/** What is fuzzed: each target takes any bytes, and throws where a promise is broken. */
import { deepStrictEqual } from "node:assert";
import { gateway } from "./wire.ts";
import { SamehandError } from "../../gateway/core/errors.ts";
import { Handshake } from "../../gateway/protocol/guacamole/handshake.ts";
import { instruction } from "../../gateway/protocol/guacamole/instructions.ts";
import { RecordingReader } from "../../gateway/protocol/guacamole/recording.ts";
import { ServerScanner } from "../../gateway/protocol/guacamole/server-scanner.ts";
import { FrameDecoder } from "../../gateway/protocol/websocket/frame-decoder.ts";
import { accepted, refused } from "../fixtures/differentials.ts";
import { atoi, guacdRead, type GuacdInstruction } from "../fixtures/guacd-parser.ts";
import { cut } from "./mutate.ts";
import { fileTargets } from "./file-targets.ts";
import type { Target } from "./target.ts";

/** The code of a coded error; any other error is a finding. */
function codeOf(action: () => void): string {
  try {
    action();
    return "";
  } catch (error) {
    if (error instanceof SamehandError) return error.code;
    throw error;
  }
}

/** What guacd makes of an instruction's numbers; of everything else, the text. */
const meaning = ({ opcode, argv }: GuacdInstruction): unknown => {
  const numeric = opcode === "key" || opcode === "mouse" || opcode === "size";
  return [opcode, argv.length, numeric ? argv.map(atoi) : argv];
};

/** Whatever is accepted means to guacd, raw or rebuilt, what it meant to the gateway; rebuilding it again changes nothing. */
const client: Target = {
  name: "client-parser",
  seeds: [...refused.flatMap(({ messages }) => messages), ...accepted.map(({ text }) => Buffer.from(text))],
  run(bytes) {
    const first = gateway(bytes);
    if (first.error !== "") return false;
    const raw = guacdRead(bytes);
    deepStrictEqual(guacdRead(first.rebuilt)?.map(meaning), first.heard, "what guacd reads is what was scored");
    if (first.strays === 0) deepStrictEqual(raw?.map(meaning), first.heard, "what guacd would have read");
    if (first.rebuilt.length === 0) return true;
    const again = gateway(first.rebuilt);
    deepStrictEqual([again.error, again.rebuilt], ["", first.rebuilt]);
    return true;
  },
};

/** The end of the stream is found at the same place however it is cut, or refused in the same way. */
const scanner: Target = {
  name: "server-scanner",
  seeds: [
    Buffer.from(instruction("size", 0, 1024, 768) + instruction("sync", 5, 1) + instruction("nop")),
    Buffer.from(instruction("blob", 1, "A".repeat(600)) + instruction("name", "漢字 😀".repeat(200))),
    Buffer.from(instruction("error", "nein: ä", 771) + instruction("disconnect")),
  ],
  run(bytes, random) {
    const scan = (chunks: readonly Buffer[]): unknown => {
      const scanner = new ServerScanner(2000);
      let last = 0;
      let at = 0;
      const error = codeOf(() => {
        for (const chunk of chunks) {
          const found = scanner.scan(chunk, 0, chunk.length);
          if (found > 0) last = at + found;
          at += chunk.length;
        }
      });
      const { syncs, sizes, width, height, errorStatus, disconnected, syncTimestamp } = scanner;
      return error === "" ? { last, syncs, sizes, width, height, errorStatus, disconnected, syncTimestamp } : error;
    };
    const whole = scan([bytes]);
    deepStrictEqual(scan(cut(bytes, random)), whole);
    return typeof whole !== "string";
  },
};

const handshake: Target = {
  name: "handshake",
  seeds: [
    Buffer.from(`${instruction("args", "VERSION_1_5_0", "hostname", "port")}${instruction("ready", "$id")}4.sync,`),
    Buffer.from(`3.nop;${instruction("error", "nein", 519)}`),
  ],
  run(bytes, random) {
    const converse = (chunks: readonly Buffer[]): unknown => {
      const settings = { hostname: "h", port: "1" };
      const viewer = { width: 1, height: 2, dpi: 3, audio: [], video: [], image: [], timezone: "UTC", name: "n" };
      const handshake = new Handshake({ select: "vnc", settings, ...viewer });
      let sent = "";
      let rest = "";
      const error = codeOf(() => {
        for (const chunk of chunks) {
          const done = handshake.connectionId !== "";
          rest += chunk.toString(
            "latin1",
            done ? 0 : handshake.receive(chunk, 0, chunk.length, (text) => (sent += text)),
          );
        }
      });
      return { error, sent, rest: error === "" ? rest : "", id: handshake.connectionId };
    };
    const whole = converse([bytes]);
    deepStrictEqual(converse(cut(bytes, random)), whole);
    return (whole as { error: string }).error === "";
  },
};

const recording: Target = {
  name: "recording",
  seeds: [
    Buffer.from("3.key,2.99,1.1,4.1000;\n5.mouse,2.10,3.-10,1.1,4.1001;\r\n"),
    Buffer.from(`${instruction("name", "ä")}${instruction("img", 1, 14, 0, "image/png", 0, 0)}3.key,2.99,1.0,4.1002;`),
  ],
  run(bytes, random) {
    const read = (chunks: readonly Buffer[]): unknown => {
      const heard: unknown[] = [];
      const sink = { key: (...all: unknown[]) => heard.push(all), pointer: (...all: unknown[]) => heard.push(all) };
      const error = codeOf(() => {
        const reader = new RecordingReader("fuzz", sink);
        for (const chunk of chunks) reader.read(chunk);
        reader.end();
      });
      return { heard, error };
    };
    const whole = read([bytes]);
    deepStrictEqual(read(cut(bytes, random)), whole);
    return (whole as { error: string }).error === "";
  },
};

const frames: Target = {
  name: "frame-decoder",
  seeds: [
    Buffer.from([0x81, 0x83, 1, 2, 3, 4, 0x60, 0x60, 0x60, 0x89, 0x80, 0, 0, 0, 0]),
    Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x61, 0x8a, 0x80, 0, 0, 0, 0, 0x80, 0x81, 0, 0, 0, 0, 0x62]),
    Buffer.concat([Buffer.from([0x81, 0xfe, 0, 130, 9, 9, 9, 9]), Buffer.alloc(130, 0x61)]),
    Buffer.from([0x88, 0x82, 0, 0, 0, 0, 3, 232]),
  ],
  run(bytes, random) {
    const decode = (chunks: readonly Buffer[]): unknown => {
      const heard: unknown[] = [];
      const hear =
        (what: string) =>
        (buffer: Uint8Array, start: number, end: number): boolean =>
          heard.push([what, Buffer.from(buffer.subarray(start, end)).toString("latin1")]) > 0;
      const sink = {
        text: hear("text"),
        ping: hear("ping"),
        pong: hear("pong"),
        close: (code: number) => void heard.push(code),
      };
      const decoder = new FrameDecoder(sink, 1000);
      const error = codeOf(() => {
        for (const chunk of chunks) if (!decoder.decode(Buffer.from(chunk), 0, chunk.length)) break;
      });
      return { heard, error };
    };
    const whole = decode([bytes]);
    deepStrictEqual(decode(cut(bytes, random)), whole);
    return (whole as { error: string }).error === "";
  },
};

export const targets: readonly Target[] = [client, scanner, handshake, recording, frames, ...fileTargets];
