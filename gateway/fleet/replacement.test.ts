/** The first process where workers cannot be started: they are tried again, ever more slowly, until one can. */
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { loadConfig } from "../../config/load.ts";
import { until, writeFolder } from "../../test/reliability/rig.ts";
import type { Log } from "../core/log.ts";
import { Workers } from "./workers.ts";

const node = process.execPath;

/** A worker that says it listens, and obeys; where a file `broken` is beside it, it ends at once. */
const worker = `
import { existsSync } from "node:fs";
if (existsSync(new URL("broken", import.meta.url))) process.exit(1);
process.on("message", (message) => { if ("close" in message) process.exit(0); });
process.send({ listening: { port: 9, url: "http://127.0.0.1:9" } });
`;

/** Workers that are no gateways, but cheap. */
async function stage(t: Test) {
  const folder = writeFolder(9, { workers: 2 });
  const program = join(folder, "node");
  writeFileSync(join(folder, "worker.mjs"), worker);
  writeFileSync(program, `#!/bin/sh\nexec '${node}' '${join(folder, "worker.mjs")}'\n`, { mode: 0o755 });
  const told: { readonly at: number; readonly message: string }[] = [];
  const note = (_: object, message: string): void => void told.push({ at: performance.now(), message });
  const log: Log = { debug: note, info: note, warn: note, error: note };
  process.execPath = program;
  const workers = new Workers(loadConfig(join(folder, "samehand.yaml"), {}).config, { log });
  t.teardown(async () => {
    await workers.close();
    process.execPath = node;
    rmSync(folder, { recursive: true, force: true });
  });
  await workers.listen();
  const times = (message: string): number[] => told.filter((each) => each.message === message).map(({ at }) => at);
  return { workers, folder, program, times };
}

const cannot = "a worker cannot start";
const took = "a worker took the place of another";

t.test("one that cannot start is tried again by one hand, ever more slowly", async (t) => {
  const { workers, folder, times } = await stage(t);
  const broken = join(folder, "broken");
  writeFileSync(broken, "");
  process.kill(workers.pids[0], "SIGKILL");
  await until(() => times(cannot).length >= 3, "three attempts");
  rmSync(broken);
  const [first, second, third] = times(cannot);
  t.ok(second - first > 450, `half a second before the second attempt (${Math.round(second - first)} ms)`);
  t.ok(third - second > 900, `and twice as long before the third (${Math.round(third - second)} ms)`);
  await until(() => times(took).length > 0, "another in its place");
  t.equal(workers.pids.length, 2, "and no more than there were");
});

t.test("where the system has no process to give, the gateway waits for one", async (t) => {
  const { workers, program, times } = await stage(t);
  renameSync(program, `${program}.away`);
  process.kill(workers.pids[0], "SIGKILL");
  await until(() => times(cannot).length > 0, "an attempt");
  t.notOk(existsSync(program));
  renameSync(`${program}.away`, program);
  await until(() => times(took).length > 0, "another in its place");
  t.equal(workers.pids.length, 2);
});
