/** The store when the disk is full: for real, in a child. (A killed process: `test/reliability/crash.test.ts`.) */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import t from "tap";
import { newKeyLine } from "../core/key-ring.ts";

const keyLine = newKeyLine(new Date(0));

const prologue = `
  import { openStore } from ${JSON.stringify(new URL("open-store.ts", import.meta.url).href)};
  import { parseKeyRing } from ${JSON.stringify(new URL("../core/key-ring.ts", import.meta.url).href)};
  const [path, keyLine] = process.argv.slice(1);
  const store = openStore({ path, keys: parseKeyRing(keyLine, "test"), pollMillis: 20 });
`;

const start = (script: string, path: string, wrap: readonly string[] = []): ChildProcess => {
  const node = [process.execPath, "--input-type=module", "-e", script, path, keyLine];
  const [command = "", ...args] = [...wrap, ...node];
  return spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
};

/** Fills its file up to the limit, then waits until the write that could not be made was made. */
const filler = `${prologue}
  const { id } = store.enrol("anna");
  let size = 1000;
  let fault = null;
  while (fault === null && size < 1e8)
    try {
      store.updateProfile(id, () => ({ keystrokes: size, actions: 0, days: 1, body: Buffer.alloc(size) }));
      size *= 2;
    } catch (error) {
      fault = error;
    }
  const whole = store.profile(id).keystrokes * 2 === size;
  store.lock("anna", null, "severed");
  store.learn(id, (newest) => ({ keystrokes: newest.keystrokes + 1, actions: 0, days: 1, body: Buffer.alloc(size) }));
  let refused = null;
  try { await store.spend("token", Date.now()); } catch (error) { refused = error; }
  console.log(JSON.stringify({
    code: fault?.code, whole, locked: store.lockOf("anna") !== null, waiting: store.waiting, problem: store.problem?.code,
  }));
  const look = setInterval(() => {
    if (store.waiting > 0 || store.problem !== null) return;
    clearInterval(look);
    console.log(JSON.stringify({ saved: store.profile(id).keystrokes === size / 2 + 1 }));
    store.close();
  }, 20);
`;

t.test("a full disk is told, loses nothing, and what waits is saved when there is room", async (t) => {
  const path = `${t.testdir()}/store.db`;
  // A limit on the size of files fails a write as a full disk does, and can be lifted for a running process.
  // Without the test runner's own hooks, which would let the child die of the limit's signal; node ignores it.
  const child = start(filler, path, ["sh", "-c", 'ulimit -S -f 2000; export NODE_OPTIONS=; exec "$@"', "sh"]);
  const exit = once(child, "exit");
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const [full] = (await once(lines, "line")) as [string];
  const told = JSON.parse(full) as Record<string, unknown>;
  t.match(told, { code: "store-unavailable", whole: true, locked: true, problem: "store-unavailable" });
  t.ok(Number(told["waiting"]) >= 1);
  const saved = once(lines, "line");
  await promisify(execFile)("prlimit", ["--pid", String(child.pid), "--fsize=unlimited:"]);
  t.same(JSON.parse(String(await saved)), { saved: true });
  t.same(await exit, [0, null]);
});
