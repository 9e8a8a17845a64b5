/**
 * A guard against slipping back: CPU a unit of our path beside a reference in the same run. Only clear regressions
 * fail: the bounds are about twice what was measured, because a shared machine is noisy.
 */
import t from "tap";
import { ClientParser } from "../gateway/protocol/guacamole/client-parser.ts";
import { ServerScanner } from "../gateway/protocol/guacamole/server-scanner.ts";
import { FrameDecoder } from "../gateway/protocol/websocket/frame-decoder.ts";
import type { Start } from "./contenders/contender.ts";
import { bare, splice } from "./contenders/peers.ts";
import { measureDisplay } from "./measures/display.ts";
import { measureInput } from "./measures/input.ts";
import { makeStream } from "./parts/display.ts";
import { makeScript } from "./parts/hand.ts";
import { Rig } from "./rig.ts";
import { figure } from "./statistics.ts";

/** CPU of this process for `run`, in µs. */
function cpuOf(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** The median of `subject` divided by `reference`, taken in turns after a warm-up. */
function ratio(subject: () => void, reference: () => void): number {
  const ratios: number[] = [];
  for (let turn = -3; turn < 7; turn++) {
    const of = cpuOf(subject) / cpuOf(reference);
    if (turn >= 0) ratios.push(of);
  }
  return figure(ratios).median;
}

const read = 65_536;

t.test("cutting guacd's stream costs a few copies of it at most, ASCII or not", (t) => {
  const bounds = { heavy: 3, tiles: 28, text: 18 } as const;
  for (const [scene, bound] of Object.entries(bounds)) {
    const { raw } = makeStream(scene as keyof typeof bounds);
    const bytes = raw.subarray(0, raw.length - (raw.length % read));
    const out = Buffer.alloc(read);
    const reached = ratio(
      () => {
        for (let round = 0; round < 20; round++) {
          const scanner = new ServerScanner();
          for (let at = 0; at < bytes.length; at += read) scanner.scan(bytes, at, at + read);
        }
      },
      () => {
        for (let round = 0; round < 20; round++)
          for (let at = 0; at < bytes.length; at += read) bytes.copy(out, 0, at, at + read);
      },
    );
    t.ok(reached < bound, `${scene}: ${reached.toFixed(2)} times a copy, at most ${bound}`);
  }
  t.end();
});

t.test("decoding, parsing and rebuilding a message costs at most four splits of its text", (t) => {
  const { frames } = makeScript();
  const out = Buffer.alloc(65_536);
  const parser = new ClientParser();
  let used = 0;
  const decoder = new FrameDecoder({
    text: (buffer, start, end) =>
      parser.parse(buffer, start, end, (instruction) => {
        used = instruction.writeTo(out, 0);
        return true;
      }),
    ping() {},
    pong() {},
    close() {},
  });
  const copies = frames.map((frame) => Buffer.from(frame));
  let elements = 0;
  const reached = ratio(
    () => {
      for (let round = 0; round < 60; round++)
        frames.forEach((frame, index) => {
          // Unmasking changes the bytes in place.
          frame.copy(copies[index]);
          decoder.decode(copies[index], 0, frame.length);
        });
    },
    () => {
      for (let round = 0; round < 60; round++)
        for (const frame of frames) elements += frame.toString("latin1", 6).split(",").length;
    },
  );
  t.ok(used > 0 && elements > 0);
  t.ok(reached < 4, `${reached.toFixed(2)} times a split of its text, at most 4`);
  t.end();
});

t.test("the relay's CPU beside a splice that understands nothing", async (t) => {
  const rig = await Rig.start();
  const [ours, floor] = await Promise.all([bare(rig.setting), (splice satisfies Start)(rig.setting)]);
  t.teardown(async () => {
    await Promise.all([ours.stop(), floor.stop()]);
    await rig.stop();
  });
  const display: number[] = [];
  const input: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const [one, other] = [
      await measureDisplay(rig, ours, "heavy", 10, 0.8),
      await measureDisplay(rig, floor, "heavy", 10, 0.8),
    ];
    display.push(one.cpuPerGigabyte / other.cpuPerGigabyte);
    const load = { sessions: 50, display: false, tls: false };
    const [message, passed] = [await measureInput(rig, ours, load, 1), await measureInput(rig, floor, load, 1)];
    t.equal(message.lost, 0, "nothing is lost");
    input.push(message.cpuPerMessage / passed.cpuPerMessage);
  }
  const [gigabyte, message] = [figure(display).median, figure(input).median];
  t.ok(gigabyte < 2, `display: ${gigabyte.toFixed(2)} times a splice, at most 2`);
  t.ok(message < 3.5, `input: ${message.toFixed(2)} times a splice, at most 3.5`);
});
