/** The store when its process is killed at any point, and when the disk is full: both for real, in a child. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import t from "tap";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { agentName, epochMillis } from "../core/units.ts";
import { openStore } from "./open-store.ts";

const keyLine = newKeyLine(new Date(0));
const keys = parseKeyRing(keyLine, "test");
const agents = ["anna", "bert", "cleo"].map(agentName);

const prologue = `
  import { openStore } from ${JSON.stringify(new URL("open-store.ts", import.meta.url).href)};
  import { parseKeyRing } from ${JSON.stringify(new URL("../core/key-ring.ts", import.meta.url).href)};
  const [path, keyLine] = process.argv.slice(1);
  const store = openStore({ path, keys: parseKeyRing(keyLine, "test"), pollMillis: 20 });
`;

/** Writes profiles whose every byte says which version they are, locks and tokens, for ever. */
const writer = `${prologue}
  for (let round = 0; ; round++)
    for (const name of ["anna", "bert", "cleo"]) {
      const { id } = store.enrol(name);
      const saved = store.updateProfile(id, (newest) => {
        const keystrokes = (newest?.keystrokes ?? 0) + 1;
        return { keystrokes, actions: keystrokes, body: Buffer.alloc(60_000, keystrokes % 251) };
      });
      store.lock(name, Date.now() + 1e6 + saved.keystrokes * 1e6, "round " + saved.keystrokes);
      store.spend(name + saved.keystrokes, Date.now() + 1e6);
      process.stdout.write(name + " " + saved.keystrokes + "\\n");
    }
`;

const start = (script: string, path: string, wrap: readonly string[] = []): ChildProcess => {
  const node = [process.execPath, "--input-type=module", "-e", script, path, keyLine];
  const [command = "", ...args] = [...wrap, ...node];
  return spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
};

t.test("a process killed at any point leaves every profile, lock and token whole", { timeout: 100_000 }, async (t) => {
  const path = `${t.testdir()}/store.db`;
  const told = new Map<string, number>();
  for (let kill = 0; kill < 20; kill++) {
    const child = start(writer, path);
    const exit = once(child, "exit");
    const lines = createInterface({ input: child.stdout ?? process.stdin });
    lines.on("line", (line) => {
      const [name = "", version = "0"] = line.split(" ");
      told.set(name, Number(version));
    });
    await once(lines, "line");
    // A point in time that differs from kill to kill: writes take well under a millisecond.
    await new Promise((resolve) => setTimeout(resolve, (kill * 37) % 50));
    child.kill("SIGKILL");
    await exit;

    const store = openStore({ path, keys });
    for (const name of agents) {
      const agent = store.agent(name);
      const profile = agent === null ? null : store.profile(agent.id);
      const count = profile?.keystrokes ?? 0;
      if (profile !== null && !profile.body.every((byte) => byte === count % 251)) t.fail("a torn profile");
      if (count < (told.get(name) ?? 0))
        t.fail(`${name}: version ${told.get(name)} was told as saved, ${count} is there`);
      const lock = store.lockOf(name);
      const locked = Number(lock?.reason.slice(6) ?? 0);
      if (locked !== count && locked !== count - 1) t.fail(`${name}: the lock of ${locked} beside profile ${count}`);
      if ((told.get(name) ?? 0) > 0 && store.spend(`${name}${told.get(name)}`, epochMillis(Date.now() + 1e6)))
        t.fail("a token could be spent twice");
    }
    store.close();
  }
  t.equal(told.size, 3, "every agent was written");
  t.pass("20 kills");
});

/** Fills its file up to the limit, then waits until the write that could not be made was made. */
const filler = `${prologue}
  const { id } = store.enrol("anna");
  let size = 1000;
  let fault = null;
  while (fault === null && size < 1e8)
    try {
      store.updateProfile(id, () => ({ keystrokes: size, actions: 0, body: Buffer.alloc(size) }));
      size *= 2;
    } catch (error) {
      fault = error;
    }
  const whole = store.profile(id).keystrokes * 2 === size;
  store.lock("anna", null, "severed");
  store.learn(id, (newest) => ({ keystrokes: newest.keystrokes + 1, actions: 0, body: Buffer.alloc(size) }));
  let refused = null;
  try { store.spend("token", Date.now()); } catch (error) { refused = error; }
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
