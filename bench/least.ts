/**
 * CPU of a piece of work as a ratio that holds on a busy machine: the least of many short turns, of the work and of a
 * reference in turns. What neighbours do only ever adds; among some dozens of turns of a few milliseconds some are left
 * alone. At a load of 17 on two cores such a ratio stayed within 7 % over eight runs, where medians of long turns doubled.
 */
import process from "node:process";

/** Compilers work beside it, and late on a busy machine. */
const warmUp = { turns: 15, millis: 2000 };
const turns = 35;

/** CPU of this process for `run`, in µs. */
function cpuOf(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/**
 * The least CPU of each subject divided by that of `reference`, all taken in turns; each turn should take a few
 * milliseconds.
 */
export function leastRatios(subjects: readonly (() => void)[], reference: () => void): number[] {
  const works = [reference, ...subjects];
  const least = works.map(() => Infinity);
  const began = performance.now();
  for (let turn = 0; turn < warmUp.turns || performance.now() - began < warmUp.millis; turn++)
    for (const work of works) work();
  for (let turn = 0; turn < turns; turn++)
    for (const [index, work] of works.entries()) least[index] = Math.min(least[index], cpuOf(work));
  return least.slice(1).map((cpu) => cpu / least[0]);
}

let sum = 0;

/** The reference for work that looks at each byte: a loop that does the least with one. One type, or it is compiled anew. */
export function walk(bytes: Buffer): void {
  let hash = 0;
  for (let at = 0; at < bytes.length; at++) hash = (Math.imul(hash, 131) + bytes[at]) | 0;
  sum = (sum + hash) | 0;
}
