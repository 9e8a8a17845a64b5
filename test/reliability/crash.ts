/** Kills a process that writes to a store, at random points, and looks at what is left: nothing that was told may be lost. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { newKeyLine, parseKeyRing } from "../../gateway/core/key-ring.ts";
import { agentName, epochMillis } from "../../gateway/core/units.ts";
import { openStore } from "../../gateway/store/open-store.ts";
import { Random } from "../fuzz/random.ts";

export const agents = ["anna", "bert", "cleo"] as const;
/** Of locks and tokens, ms: longer than any run. */
export const crashLife = 86_400_000;

const writer = join(import.meta.dirname, "crash-writer.ts");
const size = 60_000;

export interface CrashReport {
  readonly kills: number;
  /** Writes of each kind that the killed processes had told as done. */
  readonly told: Readonly<Record<string, number>>;
  /** Rows of the audit chain at the end. */
  readonly rows: number;
  readonly faults: readonly string[];
}

/** What the killed processes told: the newest version by agent, the newest token, the newest row of the audit. */
class Told {
  readonly counts: Record<string, number> = { profile: 0, lock: 0, token: 0, decision: 0 };
  readonly profile = new Map<string, number>();
  readonly lock = new Map<string, number>();
  token = "";
  row = 0;

  line(line: string): void {
    const [what = "", name = "", version = "0"] = line.split(" ");
    this.counts[what] += 1;
    if (what === "profile") this.profile.set(name, Number(version));
    else if (what === "lock") this.lock.set(name, Number(version));
    else if (what === "token") this.token = name;
    else this.row = Number(name);
  }
}

/** @param path of a store that is made and thrown away by the caller */
export async function crash(path: string, kills: number, seed: number): Promise<CrashReport> {
  const keyLine = newKeyLine(new Date(0));
  const random = new Random(seed);
  const told = new Told();
  const faults: string[] = [];
  let rows = 0;
  for (let kill = 0; kill < kills; kill++) {
    await killOnce(path, keyLine, random, told);
    rows = await look(path, keyLine, told, (fault) => faults.push(`after kill ${kill}: ${fault}`));
  }
  return { kills, told: told.counts, rows, faults };
}

async function killOnce(path: string, keyLine: string, random: Random, told: Told): Promise<void> {
  const child = spawn(process.execPath, [writer, path, keyLine], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const lines = createInterface({ input: child.stdout });
  // one in eight while it still opens the store; the others after any of the first hundred writes, and a moment
  const opening = random.below(8) === 0;
  let left = opening ? Infinity : 1 + random.below(100);
  const { promise: written, resolve } = Promise.withResolvers<void>();
  lines.on("line", (line) => {
    told.line(line);
    if (--left === 0) resolve();
  });
  const ended = Promise.all([once(child, "exit"), once(lines, "close")]);
  if (!opening) await Promise.race([written, ended]);
  await sleep(opening ? 50 + random.below(300) : random.below(5));
  child.kill("SIGKILL");
  await ended;
}

/** Opens what is left, which also checks every page of the file. @returns rows of the audit chain */
async function look(path: string, keyLine: string, told: Told, fault: (what: string) => void): Promise<number> {
  const store = openStore({ path, keys: parseKeyRing(keyLine, "crash") });
  try {
    for (const name of agents) {
      const agent = store.agent(agentName(name));
      const profile = agent === null ? null : store.profile(agent.id);
      const version = profile?.keystrokes ?? 0;
      if (profile !== null && (profile.body.length !== size || !profile.body.every((byte) => byte === version % 251)))
        fault(`${name}: a torn profile`);
      if (version < (told.profile.get(name) ?? 0))
        fault(`${name}: profile ${told.profile.get(name)} was told, ${version} is there`);
      const locked = Number(store.lockOf(agentName(name))?.reason.slice(6) ?? 0);
      if (locked < (told.lock.get(name) ?? 0)) fault(`${name}: lock ${told.lock.get(name)} was told, ${locked} stands`);
      // Every profile is written before its lock; a process that dies in between leaves the lock behind.
      if (locked > version) fault(`${name}: the lock of ${locked} beside profile ${version}`);
    }
    if (told.token !== "" && (await store.spend(told.token, epochMillis(Date.now() + crashLife))))
      fault(`${told.token} could be spent twice`);
    const { rows, brokenAt } = store.audit.verify();
    if (brokenAt !== null) fault(`the audit chain breaks at row ${brokenAt}`);
    if (rows < told.row) fault(`audit row ${told.row} was told, ${rows} are there`);
    return rows;
  } finally {
    store.close();
  }
}
