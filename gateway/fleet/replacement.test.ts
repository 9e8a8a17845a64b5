/** The first process where workers cannot be started: they are tried again, ever more slowly, until one can. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { loadConfig } from "../../config/load.ts";
import { until, writeFolder } from "../../test/reliability/rig.ts";
import type { Log } from "../core/log.ts";
import { Workers } from "./workers.ts";

const node = process.execPath;

/**
 * A worker that says it listens, and obeys; where a file `broken` is beside it, it ends at once, and where `slow-reload`
 * or `slow-drain` is, it does so once that is gone. How many seconds it was last told to drain is in a file of its name.
 */
const worker = `
import { existsSync, writeFileSync } from "node:fs";
const beside = (name) => new URL(name, import.meta.url);
if (existsSync(beside("broken"))) process.exit(1);
let name = "";
const told = ({ drainSeconds }) => writeFileSync(beside("told-" + name), String(drainSeconds));
const done = (what) => {
  if (existsSync(beside("slow-" + what))) setTimeout(() => done(what), 5);
  else process.send({ done: what, refused: null });
};
process.on("message", (message) => {
  if ("start" in message) {
    name = message.start.name;
    told(message.start.config);
    process.send({ listening: { port: 9, url: "http://127.0.0.1:9" } });
  }
  if ("reload" in message) { told(message.reload); done("reload"); }
  if ("drain" in message) done("drain");
  if ("close" in message) process.exit(0);
});
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
  const { config } = loadConfig(join(folder, "samehand.yaml"), {});
  const workers = new Workers(config, { log });
  t.teardown(async () => {
    await workers.close();
    process.execPath = node;
    rmSync(folder, { recursive: true, force: true });
  });
  await workers.listen();
  const times = (message: string): number[] => told.filter((each) => each.message === message).map(({ at }) => at);
  return { workers, folder, program, config, times };
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

t.test("one that took a place during a reload has the new configuration too", async (t) => {
  const { workers, folder, config, times } = await stage(t);
  const slow = join(folder, "slow-reload");
  writeFileSync(slow, "");
  const reloading = workers.reload({ ...config, drainSeconds: 77 });
  process.kill(workers.pids[1], "SIGKILL");
  await until(() => times(took).length > 0, "another in its place");
  rmSync(slow);
  await reloading;
  t.same(
    ["1", "3"].map((name) => readFileSync(join(folder, `told-${name}`), "utf8")),
    ["77", "77"],
  );
});

t.test("a drain that was asked for during a reload is over when it is, and not with the reload", async (t) => {
  const { workers, folder, config } = await stage(t);
  const slow = ["slow-reload", "slow-drain"].map((name) => join(folder, name));
  for (const file of slow) writeFileSync(file, "");
  const order: string[] = [];
  const reloading = workers.reload(config).then(() => order.push("reload"));
  const draining = workers.drain().then(() => order.push("drain"));
  rmSync(slow[0]);
  await reloading;
  await new Promise((resolve) => setImmediate(resolve));
  t.same(order, ["reload"]);
  rmSync(slow[1]);
  await draining;
});
