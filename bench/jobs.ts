/** What can be measured, as one list: each job measures one load through one contender. */
import type { Contender, Start } from "./contenders/contender.ts";
import { samehand } from "./contenders/samehand.ts";
import type { Bare } from "./contenders/peers.ts";
import { lite, ours, uninspected } from "./goals.ts";
import { measureCapacity } from "./measures/capacity.ts";
import { measureDesktop } from "./measures/desktop.ts";
import { measureDisplay } from "./measures/display.ts";
import { measureEvents } from "./measures/events.ts";
import { type InputLoad, measureInput } from "./measures/input.ts";
import { measureMemory, measureStall } from "./measures/memory.ts";
import { measureSetup } from "./measures/setup.ts";
import { measureWorkers } from "./measures/workers.ts";
import { measureVerdict } from "./measures/verdict.ts";
import type { Scene } from "./parts/display.ts";
import type { Rig } from "./rig.ts";

/** What a job is given: the contender as it runs, and how to start another one of it. */
export interface Subject {
  readonly rig: Rig;
  readonly start: Start;
  /** The running one; started at the first call. */
  readonly live: () => Promise<Contender>;
}

export interface Reading {
  readonly quantity: string;
  readonly unit: string;
  readonly value: number;
}

export interface Job {
  readonly family: string;
  readonly load: string;
  /** Part of the two-minute run. */
  readonly quick: boolean;
  /** The only contenders of that run, where not all that fit are. */
  readonly quickFor?: readonly string[];
  fits(contender: string): boolean;
  run(subject: Subject, quick: boolean): Promise<Reading[]>;
}

const notDirect = (name: string): boolean => name !== "direct";
const speaksTls = (name: string): boolean => !["Node raw splice", "haproxy TCP"].includes(name);

const display = (scene: Scene, sessions: number, quick: boolean): Job => ({
  family: "display",
  load: `${scene}, ${sessions} session${sessions === 1 ? "" : "s"}`,
  quick,
  fits: notDirect,
  async run({ rig, live }, quick) {
    const result = await measureDisplay(rig, await live(), scene, sessions, quick ? 1 : 2.5);
    return [
      { quantity: "CPU", unit: "s/GB", value: result.cpuPerGigabyte },
      { quantity: "rate", unit: "MB/s", value: result.rate },
    ];
  },
});

function inputLoad({ sessions, display, tls }: InputLoad): string {
  return `${sessions} session${sessions === 1 ? "" : "s"}${display ? ", display beside" : ""}${tls ? ", TLS" : ""}`;
}

const input = (sessions: number, display: boolean, tls: boolean, quick: boolean): Job => ({
  family: "input",
  quickFor: [ours, uninspected, lite, "haproxy WebSocket", "direct"],
  load: inputLoad({ sessions, display, tls }),
  quick,
  fits: (name) => !tls || speaksTls(name),
  async run({ rig, live }, quick) {
    const load = { sessions, display, tls };
    const result = await measureInput(rig, await live(), load, quick ? 2 : sessions === 1 ? 8 : 4);
    return [
      { quantity: "p50", unit: "µs", value: result.p50 },
      { quantity: "p99", unit: "µs", value: result.p99 },
      { quantity: "p99.9", unit: "µs", value: result.p999 },
      { quantity: "CPU", unit: "µs/message", value: result.cpuPerMessage },
      { quantity: "lost", unit: "messages", value: result.lost },
    ];
  },
});

const setup: Job = {
  family: "set-up",
  load: "8 at a time",
  quick: true,
  fits: notDirect,
  async run({ rig, live }, quick) {
    const { cpu, rate } = await measureSetup(rig, await live(), quick ? 100 : 300);
    return [
      { quantity: "CPU", unit: "ms/session", value: cpu },
      { quantity: "rate", unit: "sessions/s", value: rate },
    ];
  },
};

const stall: Job = {
  family: "memory",
  load: "one stalled viewer, 4 s",
  quickFor: [ours],
  quick: true,
  fits: notDirect,
  async run({ rig, start }) {
    return [{ quantity: "growth", unit: "MB", value: (await measureStall(rig, start)) / 1e6 }];
  },
};

const memory: Job = {
  family: "memory",
  load: "idle sessions",
  quickFor: [ours],
  quick: true,
  fits: notDirect,
  async run({ rig, start }, quick) {
    const { fresh, burst } = await measureMemory(rig, start, quick ? 500 : 4900, quick ? 5 : 12);
    return [
      { quantity: "fresh", unit: "KB/session", value: fresh / 1000 },
      { quantity: "after a burst", unit: "KB/session", value: burst / 1000 },
    ];
  },
};

const verdict: Job = {
  family: "verdict",
  load: "sever",
  quick: true,
  fits: (name) => name === uninspected,
  async run({ rig, live }, quick) {
    const result = await measureVerdict(rig, (await live()) as Bare, quick ? 50 : 200);
    return [
      { quantity: "sessions", unit: "severed", value: result.severed },
      { quantity: "input after it", unit: "instructions", value: result.after },
      { quantity: "error instruction p50", unit: "ms", value: result.p50 },
      { quantity: "error instruction p99", unit: "ms", value: result.p99 },
    ];
  },
};

/** `direct` is a relay that only lets the browser speak to guacd: the same desktop without a gateway. */
const desktop: Job = {
  family: "desktop",
  load: "Chromium on X",
  quick: false,
  fits: (name) => [ours, lite, "direct"].includes(name),
  async run({ rig, start }, quick) {
    const result = await measureDesktop(rig, start, quick ? 40 : 100, quick ? 2 : 5);
    return [
      { quantity: "key to pixel p50", unit: "ms", value: result.p50 },
      { quantity: "key to pixel p95", unit: "ms", value: result.p95 },
      { quantity: "moving screen", unit: "frames/s", value: result.frames },
    ];
  },
};

const capacity: Job = {
  family: "capacity",
  load: "60 messages a second each, p99 below 20 ms",
  quick: false,
  fits: notDirect,
  async run({ rig, live }) {
    const result = await measureCapacity(rig, await live());
    return [
      { quantity: "sessions", unit: "at once", value: result.sessions },
      { quantity: "p99", unit: "ms", value: result.p99 },
      { quantity: "CPU", unit: "µs/message", value: result.cpuPerMessage },
    ];
  },
};

const workers = (count: number): Job => ({
  family: "workers",
  load: `workers: ${count}`,
  quick: false,
  fits: (name) => name === ours,
  async run({ rig }) {
    const result = await measureWorkers(rig, samehand({ agents: 100, workers: count }));
    return [
      { quantity: "display heavy", unit: "MB/s", value: result.rate },
      { quantity: "display CPU", unit: "s/GB", value: result.cpuPerGigabyte },
      { quantity: "set-up", unit: "sessions/s", value: result.setups },
      { quantity: "input p99, 200 sessions", unit: "ms", value: result.p99 },
      { quantity: "input CPU", unit: "µs/message", value: result.cpuPerMessage },
    ];
  },
});

const events = (agents: number, quick: boolean): Job => ({
  family: "event",
  load: `${agents} enrolled, 100 live`,
  quick,
  fits: (name) => name === ours,
  async run(_subject, quick) {
    const { cpu, session, process } = await measureEvents(agents, quick ? 3 : 6);
    return [
      { quantity: "CPU", unit: "µs/event", value: cpu },
      { quantity: "memory", unit: "KB/session", value: session / 1000 },
      { quantity: "process", unit: "MB", value: process / 1e6 },
    ];
  },
});

export const jobs: readonly Job[] = [
  display("heavy", 50, true),
  display("paced", 50, true),
  display("tiles", 50, true),
  display("text", 50, false),
  display("heavy", 1, false),
  display("paced", 1, false),
  display("tiles", 1, false),
  display("text", 1, false),
  input(100, false, false, true),
  input(100, true, false, true),
  input(100, false, true, false),
  input(100, true, true, false),
  ...[1, 500].flatMap((sessions) =>
    [false, true].flatMap((tls) => [input(sessions, false, tls, false), input(sessions, true, tls, false)]),
  ),
  setup,
  stall,
  memory,
  verdict,
  desktop,
  workers(1),
  workers(2),
  capacity,
  events(1, false),
  events(100, true),
  events(5000, false),
  events(50_000, false),
];

/** In the two-minute run only those that the goals compare with. */
export const quickContenders = [
  ours,
  uninspected,
  lite,
  "Node raw splice",
  "haproxy TCP",
  "haproxy WebSocket",
  "direct",
];
