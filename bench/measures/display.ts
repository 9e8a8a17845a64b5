/** What it costs to pass the display on, in CPU-seconds per GB that viewers read. */
import { setTimeout as wait } from "node:timers/promises";
import type { Contender } from "../contenders/contender.ts";
import { cpuSeconds } from "../meter.ts";
import type { Scene } from "../parts/display.ts";
import type { Rig } from "../rig.ts";

export interface DisplayResult {
  /** CPU-seconds of the contender's process tree per 10^9 bytes. */
  readonly cpuPerGigabyte: number;
  /** MB/s that all viewers together read. */
  readonly rate: number;
}

/** Draws `scene` on so many sessions for `seconds` after a warm-up of 0.7 s. */
export async function measureDisplay(
  rig: Rig,
  contender: Contender,
  scene: Scene,
  sessions: number,
  seconds: number,
): Promise<DisplayResult> {
  await rig.viewers.open(contender, 0, sessions);
  await rig.draw(scene, 0, sessions);
  await wait(700);
  const [began, bytesBefore, cpuBefore] = [performance.now(), await rig.viewers.bytes(), cpuSeconds(contender.pids)];
  await wait(seconds * 1000);
  const bytes = (await rig.viewers.bytes()) - bytesBefore;
  const cpu = cpuSeconds(contender.pids) - cpuBefore;
  const spent = (performance.now() - began) / 1000;
  await rig.clear();
  return { cpuPerGigabyte: contender.pids.length === 0 ? Number.NaN : (cpu / bytes) * 1e9, rate: bytes / 1e6 / spent };
}
