/** How many sessions may type at once before input comes late. Load and gateway share the machine's cores. */
import type { Contender } from "../contenders/contender.ts";
import type { Rig } from "../rig.ts";
import { measureInput } from "./input.ts";

/** Input is late when its p99 passes this, in µs. */
const late = 20_000;
const steps = [100, 200, 300, 400, 500, 600, 700, 800, 1000, 1200, 1400, 1600];

export interface CapacityResult {
  /** The most sessions at which p99 stayed below 20 ms; 0 where none did. */
  readonly sessions: number;
  /** p99 there, in ms, and CPU a message in µs. */
  readonly p99: number;
  readonly cpuPerMessage: number;
}

/** Each session types and points at 60 messages a second for three seconds. */
export async function measureCapacity(rig: Rig, contender: Contender): Promise<CapacityResult> {
  let reached: CapacityResult = { sessions: 0, p99: Number.NaN, cpuPerMessage: Number.NaN };
  for (const sessions of steps) {
    const load = { sessions, display: false, tls: false };
    let { p99, cpuPerMessage } = await measureInput(rig, contender, load, 3);
    // Once more: a process that has just started, or something else on the machine, is no limit.
    if (p99 > late) ({ p99, cpuPerMessage } = await measureInput(rig, contender, load, 3));
    if (p99 > late) break;
    reached = { sessions, p99: p99 / 1000, cpuPerMessage };
  }
  return reached;
}
