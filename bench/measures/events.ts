/** What an input event costs in the judge, and what a farm's size does to it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Part } from "../parts/part.ts";

export interface EventResult {
  /** CPU an input event, all that the judge does included, in µs. */
  readonly cpu: number;
  /** Growth of the process per live session, in bytes; with few sessions mostly what they share. */
  readonly session: number;
  /** The whole process in bytes. */
  readonly process: number;
}

/** 100 sessions of so many enrolled agents hear a script of ten seconds `passes` times. */
export async function measureEvents(agents: number, passes: number): Promise<EventResult> {
  const folder = mkdtempSync(join(tmpdir(), "samehand-bench-"));
  const part = new Part(new URL("../parts/events.ts", import.meta.url));
  try {
    return await part.call<EventResult>("run", { folder, agents, sessions: 100, passes });
  } finally {
    await part.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
