/** How much later input arrives, and what a message costs. */
import { setTimeout as wait } from "node:timers/promises";
import type { Contender } from "../contenders/contender.ts";
import { cpuSeconds } from "../meter.ts";
import type { Rig } from "../rig.ts";
import { quantile } from "../statistics.ts";

export interface InputLoad {
  readonly sessions: number;
  /** 50 sessions of 20 frames a second x 39 KB beside it: 40 MB/s. */
  readonly display: boolean;
  readonly tls: boolean;
}

export interface InputResult {
  /** From the viewer's write to the read of the synthetic guacd, in µs. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly messages: number;
  /** Messages sent that never arrived. */
  readonly lost: number;
  /** CPU of the contender's process tree a message, in µs; only without display. */
  readonly cpuPerMessage: number;
}

const besideFirst = 1_000_000;
const besideSessions = 50;

/** Contenders that have compiled what input takes. */
const warm = new WeakSet<Contender>();

/** Types and points at 60 messages a second on each session for `seconds`, after a warm-up of 1 s, the first time of more. */
export async function measureInput(
  rig: Rig,
  contender: Contender,
  load: InputLoad,
  seconds: number,
): Promise<InputResult> {
  await rig.viewers.open(contender, 0, load.sessions, load.tls);
  if (load.display) {
    await rig.beside.open(contender, besideFirst, besideSessions, load.tls);
    await rig.draw("paced", besideFirst, besideFirst + besideSessions);
  }
  await rig.forget();
  await rig.viewers.type(warm.has(contender) ? 1 : Math.max(1, seconds - 2));
  warm.add(contender);
  await arrived(rig);
  await rig.forget();
  const cpuBefore = cpuSeconds(contender.pids);
  await rig.viewers.type(seconds);
  await arrived(rig);
  const cpu = cpuSeconds(contender.pids) - cpuBefore;
  const [sent, received] = [await rig.viewers.sent(), await rig.received()];
  await rig.clear();
  const { delays, lost } = match(sent, received);
  return {
    p50: quantile(delays, 0.5) / 1000,
    p99: quantile(delays, 0.99) / 1000,
    p999: quantile(delays, 0.999) / 1000,
    messages: delays.length,
    lost,
    cpuPerMessage: contender.pids.length === 0 || load.display ? Number.NaN : (cpu / delays.length) * 1e6,
  };
}

/** Waits until guacd has all that was sent, five seconds at most: what is late must not count in the next run. */
async function arrived(rig: Rig): Promise<void> {
  const count = (times: readonly { at: Float64Array }[]): number => times.reduce((sum, { at }) => sum + at.length, 0);
  const sent = count(await rig.viewers.sent());
  for (let tries = 0; tries < 50; tries++) {
    await wait(100);
    if (count(await rig.received()) >= sent) return;
  }
}

/** Each session's messages keep their order, so the nth sent is the nth received. */
function match(
  sent: readonly { number: number; at: Float64Array }[],
  received: readonly { number: number; at: Float64Array }[],
): { delays: Float64Array; lost: number } {
  const arrivals = new Map(received.map(({ number, at }) => [number, at]));
  const delays: number[] = [];
  let lost = 0;
  for (const { number, at } of sent) {
    const arrived = arrivals.get(number) ?? new Float64Array(0);
    lost += Math.max(0, at.length - arrived.length);
    for (let index = 0; index < Math.min(at.length, arrived.length); index++) delays.push(arrived[index] - at[index]);
  }
  return { delays: Float64Array.from(delays).sort(), lost };
}
