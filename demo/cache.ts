/** The private folder in which fetched parts live, and the lock that keeps two processes from filling it at once. */
import { mkdirSync, openSync, readFileSync, rmSync, writeSync, closeSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Tells the person at the terminal what is going on: one short line. */
export type Report = (line: string) => void;

/** `SAMEHAND_CACHE`, else `samehand` in the user's cache folder. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env["SAMEHAND_CACHE"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "samehand");
}

/** Runs `work` while holding `folder/lock`. A lock whose process is gone is taken over. */
export async function withLock<T>(folder: string, report: Report, work: () => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "lock");
  let waiting = false;
  while (!take(file)) {
    if (!waiting) report("another process is fetching the parts; waiting for it");
    waiting = true;
    await sleep(300);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  try {
    const fd = openSync(file, "wx");
    writeSync(fd, String(process.pid));
    closeSync(fd);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const holder = Number(readIfThere(file));
  if (holder > 0 && !alive(holder)) rmSync(file, { force: true });
  return false;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
