/** What a second process behind the same port brings, on a machine whose cores also carry the load. */
import type { Start } from "../contenders/contender.ts";
import type { Rig } from "../rig.ts";
import { measureDisplay } from "./display.ts";
import { measureInput } from "./input.ts";
import { measureSetup } from "./setup.ts";

export interface WorkersResult {
  /** MB/s of display, as fast as it is taken, and CPU-seconds a GB. */
  readonly rate: number;
  readonly cpuPerGigabyte: number;
  /** Sessions opened a second. */
  readonly setups: number;
  /** Input of 200 sessions: p99 in ms, and CPU a message in µs. */
  readonly p99: number;
  readonly cpuPerMessage: number;
}

const typing = { sessions: 200, display: false, tls: false };

export async function measureWorkers(rig: Rig, start: Start): Promise<WorkersResult> {
  const contender = await start(rig.setting);
  try {
    const setup = await measureSetup(rig, contender, 300);
    const display = await measureDisplay(rig, contender, "heavy", 50, 2.5);
    const input = await measureInput(rig, contender, typing, 3);
    return {
      rate: display.rate,
      cpuPerGigabyte: display.cpuPerGigabyte,
      setups: setup.rate,
      p99: input.p99 / 1000,
      cpuPerMessage: input.cpuPerMessage,
    };
  } finally {
    await contender.stop();
  }
}
