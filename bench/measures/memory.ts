/** Memory: a stalled viewer's growth, and what a session takes. Each contender is started anew for these. */
import { setTimeout as wait } from "node:timers/promises";
import type { Start } from "../contenders/contender.ts";
import { atRest, memoryBytes } from "../meter.ts";
import type { Rig } from "../rig.ts";

/** Growth in bytes over 4 s while guacd draws as fast as it can and the viewer does not read. */
export async function measureStall(rig: Rig, start: Start): Promise<number> {
  const contender = await start(rig.setting);
  try {
    await rig.viewers.open(contender, 0, 1);
    await atRest(contender.pids);
    const before = memoryBytes(contender.pids);
    await rig.viewers.stall();
    await rig.draw("heavy", 0, 1);
    await wait(4000);
    return memoryBytes(contender.pids) - before;
  } finally {
    await rig.clear();
    await contender.stop();
  }
}

export interface MemoryResult {
  /** PSS a session that has just opened, in bytes. */
  readonly fresh: number;
  /** The same after each drew four frames of 39 KB and was then idle for `idle` seconds. */
  readonly burst: number;
}

/** Frames of 39 KB. */
const burst = 4;

export async function measureMemory(rig: Rig, start: Start, sessions: number, idle: number): Promise<MemoryResult> {
  const contender = await start(rig.setting);
  try {
    await rig.viewers.open(contender, 0, 20);
    await rig.clear();
    await atRest(contender.pids);
    const before = memoryBytes(contender.pids);
    await rig.viewers.open(contender, 0, sessions);
    await wait(1500);
    const fresh = (memoryBytes(contender.pids) - before) / sessions;
    for (let first = 0; first < sessions; first += 25) {
      await rig.burst(burst, first, first + 25);
      await wait(50);
    }
    await wait(idle * 1000);
    return { fresh, burst: (memoryBytes(contender.pids) - before) / sessions };
  } finally {
    await rig.clear();
    await contender.stop();
  }
}
