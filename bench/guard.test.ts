/**
 * A guard against slipping back: CPU a unit of our path beside a reference in the same run. The pure parts may take a
 * quarter more than was measured; each shows that the same work made two fifths slower is told apart. The relay as a
 * process is held to a splice beside it, more loosely, as the kernel has a large share in it.
 */
import { isAscii } from "node:buffer";
import { setTimeout as wait } from "node:timers/promises";
import t, { type Test } from "tap";
import { Inspector } from "../gateway/inspect/inspector.ts";
import { Signals } from "../gateway/inspect/signals.ts";
import { ServerScanner } from "../gateway/protocol/guacamole/server-scanner.ts";
import { Background } from "../models/background.ts";
import { Verifier } from "../models/verifier.ts";
import { type Contender, type Start } from "./contenders/contender.ts";
import { bare, splice } from "./contenders/peers.ts";
import { enrolledProfile, play, scriptEvents } from "./enrolled.ts";
import { leastRatios, walk } from "./least.ts";
import { measureDisplay } from "./measures/display.ts";
import { cpuSeconds } from "./meter.ts";
import { makeStream } from "./parts/display.ts";
import { makeScript } from "./parts/hand.ts";
import { Listener } from "./parts/listener.ts";
import { openSession } from "./parts/session.ts";
import { Rig, type Viewers } from "./rig.ts";
import { figure } from "./statistics.ts";

/** The measure must tell work apart that is done twice for two of every five units. */
const [every, twice] = [5, 2];
const toldApart = 1.15;
/** What was compiled badly, or had a neighbour all the time, is so no more at another attempt; what became slow stays so. */
const attempts = 3;

/** @param work does a unit of work @param units a turn of some milliseconds: a multiple of five */
function guard(t: Test, what: string, bound: number, units: number, work: () => void, reference: () => void): void {
  const turn = (): void => {
    for (let unit = 0; unit < units; unit++) work();
  };
  const slower = (): void => {
    for (let unit = 0; unit < units; unit++) {
      work();
      if (unit % every < twice) work();
    }
  };
  let [reached, slow] = [Infinity, 0];
  for (let attempt = 0; attempt < attempts && !(reached < bound && slow > toldApart * reached); attempt++)
    [reached, slow] = leastRatios([turn, slower], reference);
  t.ok(reached < bound, `${what}: ${reached.toFixed(3)} times the reference, below ${bound}`);
  t.ok(slow > toldApart * reached, `${what}: two fifths slower it is ${slow.toFixed(3)} times the reference`);
}

const read = 65_536;

t.test("cutting guacd's stream, ASCII or not", (t) => {
  const native = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length; at += read) isAscii(bytes.subarray(at, at + read));
  };
  for (const [scene, bound, units, reference] of [
    ["heavy", 2.3, 20, native],
    ["tiles", 0.44, 5, walk],
    // 0.21 as it is compiled mostly, 0.35 as it is in one process of five on a busy machine.
    ["text", 0.42, 5, walk],
  ] as const) {
    const { raw } = makeStream(scene);
    const bytes = raw.subarray(0, raw.length - (raw.length % read));
    const scan = (): void => {
      const scanner = new ServerScanner();
      for (let at = 0; at < bytes.length; at += read) scanner.scan(bytes, at, at + read);
    };
    guard(t, scene, bound, units, scan, () => {
      for (let unit = 0; unit < units; unit++) reference(bytes);
    });
  }
  t.end();
});

t.test("a message's way through a session, sockets apart", async (t) => {
  const { frames } = makeScript();
  const { hear, target } = await openSession(new Listener());
  const copies = frames.map((frame) => Buffer.from(frame));
  const all = Buffer.concat(frames);
  const messages = (): void => {
    for (let index = 0; index < frames.length; index++) {
      const [frame, copy] = [frames[index], copies[index]];
      // Unmasking changes the bytes in place.
      for (let at = 0; at < frame.length; at++) copy[at] = frame[at];
      hear(copy);
    }
  };
  const before = target.writes;
  messages();
  t.equal(target.writes - before, frames.length, "one write a read");
  const units = 10;
  guard(t, "message", 1.15, units, messages, () => {
    for (let unit = 0; unit < 3 * units; unit++) walk(all);
  });
});

t.test("inspecting and scoring an input event", (t) => {
  const period = 10_000;
  const background = Background.load();
  const verifier = new Verifier(background, enrolledProfile(background));
  let windows = 0;
  const signals = new Signals(background.keyboard.parameters.contexts);
  const inspector = new Inspector({ verifier, enrolment: null, signals, onEvidence: () => (windows += 1) });
  const events = scriptEvents(1, period);
  const block = Buffer.alloc(4_000_000).map((_, index) => index * 7) as Buffer;
  let now = 0;
  const hear = (): void => {
    play(inspector, events, now);
    now += period;
  };
  guard(t, "event", 0.22, every, hear, () => {
    for (let unit = 0; unit < every; unit++) walk(block);
  });
  t.ok(windows > 0);
  t.end();
});

/** CPU of a message in µs, in slices of a third of a second that two contenders take in turns on open sessions. */
async function messageSlices(ours: Contender, floor: Contender, one: Viewers, other: Viewers): Promise<number[]> {
  const slice = async ({ pids }: Contender, viewers: Viewers): Promise<number> => {
    await viewers.forget();
    const before = cpuSeconds(pids);
    await viewers.type(0.3);
    await wait(30);
    const cpu = cpuSeconds(pids) - before;
    return cpu / (await viewers.sent()).reduce((sum, { at }) => sum + at.length, 0);
  };
  const ratios: number[] = [];
  for (let turn = -3; turn < 12; turn++) {
    const [message, passed] = [await slice(ours, one), await slice(floor, other)];
    if (turn >= 0) ratios.push(message / passed);
  }
  return ratios;
}

t.test("the relay's CPU beside a splice that understands nothing", async (t) => {
  const rig = await Rig.start();
  const [ours, floor] = await Promise.all([bare(rig.setting), (splice satisfies Start)(rig.setting)]);
  t.teardown(async () => {
    await Promise.all([ours.stop(), floor.stop()]);
    await rig.stop();
  });
  const sessions = 50;
  await rig.viewers.open(ours, 0, sessions);
  await rig.beside.open(floor, sessions, sessions);
  const message = figure(await messageSlices(ours, floor, rig.viewers, rig.beside)).median;
  await rig.clear();
  const display: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const one = await measureDisplay(rig, ours, "heavy", 10, 0.6);
    const other = await measureDisplay(rig, floor, "heavy", 10, 0.6);
    display.push(one.cpuPerGigabyte / other.cpuPerGigabyte);
  }
  const gigabyte = figure(display).median;
  t.ok(message < 1.6, `input: ${message.toFixed(2)} times a splice, below 1.6`);
  t.ok(gigabyte < 1.35, `display: ${gigabyte.toFixed(2)} times a splice, below 1.35`);
});
