/**
 * What a process tree costs: CPU from the scheduler's nanosecond counters (clock ticks of 10 ms are too coarse),
 * memory as PSS, so that pages shared between processes count once. Linux only.
 */
import { setTimeout as wait } from "node:timers/promises";
import { readdirSync, readFileSync } from "node:fs";

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function tasks(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** The process and all that it started, for as long as they live. */
export function tree(pid: number): number[] {
  const children = tasks(pid).flatMap((task) => read(`/proc/${pid}/task/${task}/children`).split(" ").filter(Boolean));
  return [pid, ...children.flatMap((child) => tree(Number(child)))];
}

/** CPU that process trees have used, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  let nanos = 0;
  for (const process of pids.flatMap(tree))
    for (const task of tasks(process)) nanos += Number(read(`/proc/${process}/task/${task}/schedstat`).split(" ")[0]);
  return nanos / 1e9;
}

const restStep = 500;
const restShare = 0.05;
const longestWait = 60_000;

/** Waits until process trees use less than a twentieth of a core: what they prepare at their start is no load's cost. */
export async function atRest(pids: readonly number[]): Promise<void> {
  for (let waited = 0; waited < longestWait; waited += restStep) {
    const before = cpuSeconds(pids);
    await wait(restStep);
    if (cpuSeconds(pids) - before < (restStep / 1000) * restShare) return;
  }
}

/** Proportional set size of process trees, in bytes. */
export function memoryBytes(pids: readonly number[]): number {
  let kilobytes = 0;
  for (const process of pids.flatMap(tree))
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${process}/smaps_rollup`))?.[1] ?? 0);
  return kilobytes * 1024;
}
