/** What it costs to open a session: connection, upgrade, token, handshake with guacd. */
import { setTimeout as wait } from "node:timers/promises";
import type { Contender } from "../contenders/contender.ts";
import { atRest, cpuSeconds } from "../meter.ts";
import type { Rig } from "../rig.ts";

export interface SetupResult {
  /** CPU of the contender's process tree a session, in ms. */
  readonly cpu: number;
  /** Sessions a second, eight at a time. */
  readonly rate: number;
}

const warm = new WeakSet<Contender>();

export async function measureSetup(rig: Rig, contender: Contender, sessions: number): Promise<SetupResult> {
  // Once unmeasured: a gateway that has just started compiles its own code, which is no session's cost.
  if (!warm.has(contender)) {
    await rig.viewers.open(contender, 0, sessions, false, 8);
    await rig.clear();
    warm.add(contender);
  }
  await atRest(contender.pids);
  const [cpuBefore, began] = [cpuSeconds(contender.pids), performance.now()];
  await rig.viewers.open(contender, 0, sessions, false, 8);
  const spent = (performance.now() - began) / 1000;
  await wait(200);
  const cpu = cpuSeconds(contender.pids) - cpuBefore;
  await rig.clear();
  return { cpu: contender.pids.length === 0 ? Number.NaN : (cpu / sessions) * 1000, rate: sessions / spent };
}
