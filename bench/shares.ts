/**
 * `npm run shares -- LOAD`: where a gateway's time and garbage go under a load of the bench: `set-up`, `first` (sessions
 * begin to type), `input` or `display`. Time is V8's own profile of the main thread, as seen by a clock on the wall: run it
 * on a quiet machine, and take shares rather than microseconds.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { samehand } from "./contenders/samehand.ts";
import { atRest } from "./meter.ts";
import { Rig } from "./rig.ts";

/** Each brings so many units. */
interface Load {
  readonly unit: string;
  /** Until the gateway has compiled what the load takes. */
  before(rig: Rig): Promise<void>;
  run(rig: Rig): Promise<number>;
}

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface Node {
  readonly id: number;
  readonly callFrame: Frame;
  readonly children?: readonly number[];
}

interface CpuProfile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface HeapNode {
  readonly callFrame: Frame;
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

const sessions = 100;
const openings = 300;
const seconds = 5;
const told = 16;

async function typed(rig: Rig, time: number): Promise<number> {
  await rig.forget();
  await rig.viewers.type(time);
  return (await rig.viewers.sent()).reduce((sum, { at }) => sum + at.length, 0);
}

function loads(gateway: Awaited<ReturnType<ReturnType<typeof samehand>>>): Readonly<Record<string, Load>> {
  const open = async (rig: Rig, count: number): Promise<void> => rig.viewers.open(gateway, 0, count, false, 8);
  return {
    "set-up": {
      unit: "session",
      async before(rig) {
        for (let turn = 0; turn < 4; turn++) {
          await open(rig, openings);
          await rig.clear();
        }
      },
      async run(rig) {
        await open(rig, openings);
        return openings;
      },
    },
    first: {
      unit: "session",
      before: async () => {},
      async run(rig) {
        await open(rig, sessions);
        await typed(rig, 2);
        return sessions;
      },
    },
    input: {
      unit: "message",
      async before(rig) {
        await open(rig, sessions);
        await typed(rig, 10);
      },
      run: async (rig) => typed(rig, seconds),
    },
    display: {
      unit: "frame of 39 KB",
      async before(rig) {
        await open(rig, 50);
        await rig.draw("paced", 0, 50);
        await wait(3000);
      },
      async run(rig) {
        const bytes = await rig.viewers.bytes();
        await wait(seconds * 1000);
        return ((await rig.viewers.bytes()) - bytes) / 39_180;
      },
    },
  };
}

/** Where a frame belongs: a room of ours, a library, or Node with all that it calls. */
function roomOf({ functionName, url }: Frame): string {
  if (functionName === "(garbage collector)") return "collector";
  const ours = /\/(gateway\/[a-z]+|models|config)\//.exec(url.replace(/^.*\/node_modules\//, "library "));
  if (ours !== null) return ours[1];
  return url.includes("/node_modules/") ? "libraries" : "Node and the kernel";
}

const nameOf = ({ functionName, url, lineNumber }: Frame): string =>
  `${functionName || "(anonymous)"} ${url.split("/").slice(-3).join("/")}:${lineNumber + 1}`;

function print(title: string, amounts: ReadonlyMap<string, number>, units: number, unit: string): void {
  const all = [...amounts.values()].reduce((sum, amount) => sum + amount, 0);
  process.stdout.write(`\n${title}\n`);
  for (const [name, amount] of [...amounts].sort((one, other) => other[1] - one[1]).slice(0, told))
    process.stdout.write(
      `${(amount / units).toFixed(1).padStart(9)} ${unit} ${((100 * amount) / all).toFixed(1).padStart(5)} %  ${name}\n`,
    );
}

const count = (amounts: Map<string, number>, name: string, amount: number): void =>
  void amounts.set(name, (amounts.get(name) ?? 0) + amount);

/** µs by the room of the frame that was running, and by the function. */
function timeOf({ nodes, samples, timeDeltas }: CpuProfile): [Map<string, number>, Map<string, number>] {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const [rooms, functions] = [new Map<string, number>(), new Map<string, number>()];
  for (const [index, id] of samples.entries()) {
    const frame = byId.get(id);
    // The inspector's own start is in it too.
    if (frame === undefined || frame.functionName === "(idle)" || frame.url === "node:inspector") continue;
    count(rooms, roomOf(frame), timeDeltas[index]);
    count(functions, nameOf(frame), timeDeltas[index]);
  }
  return [rooms, functions];
}

function garbageOf(head: HeapNode): Map<string, number> {
  const made = new Map<string, number>();
  const walk = ({ callFrame, selfSize, children }: HeapNode): void => {
    if (selfSize > 0) count(made, nameOf(callFrame), selfSize);
    for (const child of children) walk(child);
  };
  walk(head);
  return made;
}

async function written<Out>(path: string): Promise<Out> {
  for (let tries = 0; tries < 300; tries++) {
    await wait(100);
    try {
      if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as Out;
    } catch {} // half written
  }
  throw new Error(`the gateway wrote no ${path}`);
}

const [name = ""] = process.argv.slice(2);
const rig = await Rig.start();
const { folder } = rig.setting;
process.env["PROBE_FOLDER"] = folder;
process.env["NODE_OPTIONS"] = `--import=${new URL("parts/probe.ts", import.meta.url).href}`;
const gateway = await samehand({ agents: 100 })(rig.setting);
delete process.env["NODE_OPTIONS"];
try {
  const load = loads(gateway)[name];
  if (load === undefined) {
    process.stderr.write("usage: npm run shares -- set-up|first|input|display\n");
    process.exitCode = 2;
  } else {
    await atRest(gateway.pids);
    await load.before(rig);
    for (const [file, unit] of [
      ["cpu.json", "µs"],
      ["garbage.json", "bytes"],
    ]) {
      process.kill(gateway.pids[0], "SIGUSR2");
      await wait(300);
      const units = await load.run(rig);
      process.kill(gateway.pids[0], "SIGUSR2");
      const path = join(folder, file);
      if (unit === "µs") {
        const [rooms, functions] = timeOf(await written<CpuProfile>(path));
        print(`time by room, a ${load.unit}`, rooms, units, unit);
        print("time by function", functions, units, unit);
      } else print("garbage by function", garbageOf((await written<{ head: HeapNode }>(path)).head), units, unit);
      if (name !== "input" && name !== "display") await rig.clear();
    }
  }
} finally {
  await rig.clear();
  await gateway.stop();
  await rig.stop();
  rmSync(folder, { recursive: true, force: true });
}
