/**
 * What an input event costs in the judge: inspected, scored, decided on, ticks and lessons included. A live judge on a
 * real store, in a process of its own, hears simulated time; no socket is in it.
 */
import { join } from "node:path";
import type { Clock } from "../../gateway/core/clock.ts";
import { newKeyLine, parseKeyRing } from "../../gateway/core/key-ring.ts";
import { silentLog } from "../../gateway/core/log.ts";
import type { SessionControl, Watch } from "../../gateway/core/session.ts";
import { Tally } from "../../gateway/core/tally.ts";
import { agentName, buttonMask, epochMillis, keysym, millis, sessionId } from "../../gateway/core/units.ts";
import { LiveJudge } from "../../gateway/judge/judge.ts";
import { defaultPolicyFile, loadPolicy } from "../../gateway/policy/policy-file.ts";
import { openStore } from "../../gateway/store/open-store.ts";
import { Background } from "../../models/background.ts";
import { agentAt, enrolAgents, type ScriptEvent, scriptEvents } from "../enrolled.ts";
import { cpuSeconds, memoryBytes } from "../meter.ts";
import { serveCalls } from "./part.ts";

const control: SessionControl = { quarantine() {}, show() {}, release() {}, sever() {} };
const enough = { keystrokes: 500, actions: 100, days: 1 };
const enrolment = { provisional: enough, mature: { keystrokes: 2000, actions: 500, days: 1 } };
const pass = 10_000;

function tell(watch: Watch, event: ScriptEvent, from: number): void {
  const at = millis(from + event.at);
  if (event.kind === "key") watch.key(at, keysym(event.a), event.b === 1);
  else watch.pointer(at, event.a, event.b, buttonMask(event.c));
}

/** Each session hears the script once, a second of it at a time and in turn, as a gateway does. */
function hear(watches: readonly Watch[], events: readonly ScriptEvent[], from: number): void {
  let next = 0;
  for (let second = 1; second <= pass / 1000; second++) {
    const first = next;
    while (next < events.length && events[next].at < second * 1000) next++;
    for (const watch of watches) {
      for (let index = first; index < next; index++) tell(watch, events[index], from);
      watch.tick(millis(from + second * 1000));
    }
  }
}

serveCalls({
  /** @returns CPU a event in µs, and memory a live session and of the whole process in bytes */
  async run({
    folder,
    agents,
    sessions,
    passes,
  }: {
    folder: string;
    agents: number;
    sessions: number;
    passes: number;
  }) {
    const keys = parseKeyRing(newKeyLine(new Date()), "bench");
    const path = join(folder, `events-${agents}.db`);
    enrolAgents(path, keys, agents);
    let now = 1000;
    const clock: Clock = { now: () => millis(now), wall: () => epochMillis(Date.now()) };
    const store = openStore({ path, keys, clock });
    const policy = loadPolicy(defaultPolicyFile);
    const settings = { mode: "report" as const, policy, enrolment, sessionsPerAgent: sessions };
    const judge = new LiveJudge({
      store,
      background: Background.load(),
      settings: () => settings,
      tally: new Tally(),
      log: silentLog,
      clock,
    });
    // Else the loop below, which lets nothing else run, would score against the shipped background to its end.
    await judge.refresh();
    const events = scriptEvents(1, pass);
    const before = memoryBytes([process.pid]);
    const watches: Watch[] = [];
    const step = Math.max(1, Math.floor(agents / sessions));
    for (let index = 0; index < sessions; index++) {
      const agent = agentName(agentAt((index * step) % agents));
      const ticket = { agent, connection: "bench", target: { protocol: "vnc" }, settings: {} };
      const id = sessionId(`bench-${index}`);
      watches.push(
        await judge.open(
          ticket,
          { id, agent, connection: "bench", startedAt: clock.wall(), address: "127.0.0.1" },
          control,
        ),
      );
    }
    // The first pass builds the verifiers.
    hear(watches, events, now);
    now += pass;
    const cpu = cpuSeconds([process.pid]);
    for (let round = 0; round < passes; round++) {
      hear(watches, events, now);
      now += pass;
    }
    const spent = cpuSeconds([process.pid]) - cpu;
    globalThis.gc?.();
    const memory = memoryBytes([process.pid]);
    store.close();
    return {
      cpu: (spent / (events.length * sessions * passes)) * 1e6,
      session: (memory - before) / sessions,
      process: memory,
    };
  },
});
