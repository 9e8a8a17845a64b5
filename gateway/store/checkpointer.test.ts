import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import t, { type Test } from "tap";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { silentLog } from "../core/log.ts";
import { agentName, epochMillis, sessionId } from "../core/units.ts";
import { Checkpointer } from "./checkpointer.ts";
import { openStore } from "./open-store.ts";

const keys = parseKeyRing(newKeyLine(new Date(0)), "test");
const anna = agentName("anna");
const body = Buffer.alloc(80_000, 7);

/** Pages in the log, as another process sees them. */
function pagesIn(t: Test, path: string): () => number {
  const db = new DatabaseSync(path);
  t.teardown(() => db.close());
  return () => Number(db.prepare("PRAGMA wal_checkpoint(NOOP)").get()?.["log"]);
}

t.test("a thread moves the log into the file, and writes begin it anew", async (t) => {
  const path = `${t.testdir()}/store.db`;
  const store = openStore({ path, keys, checkpointBeside: true });
  const pages = pagesIn(t, path);
  const { id } = store.enrol(anna);
  let written = 0;
  for (; pages() < 2048 && written < 200; written++)
    store.updateProfile(id, () => ({ keystrokes: written, actions: 0, days: 1, body: Buffer.concat([body, body]) }));
  t.ok(pages() >= 2048, "no write moved them, as SQLite would have done after 1000");
  while (pages() >= 2048) await wait(20);
  t.equal(store.profile(id)?.keystrokes, written - 1);
  store.close();
});

t.test("what is erased is out of the log too, whatever the thread does", async (t) => {
  const path = `${t.testdir()}/store.db`;
  const store = openStore({ path, keys, checkpointBeside: true, pollMillis: 20 });
  const pages = pagesIn(t, path);
  store.updateProfile(store.enrol(anna).id, () => ({ keystrokes: 1, actions: 0, days: 1, body }));
  // A reader keeps the log from being emptied, as a checkpoint under way does.
  const reader = new DatabaseSync(path);
  reader.exec("BEGIN; SELECT count(*) FROM agents");
  t.ok(store.forget(anna));
  t.ok(pages() > 0, "not yet");
  reader.exec("COMMIT");
  reader.close();
  while (pages() > 0) await wait(10);
  store.close();
});

t.test("a thread that ends is told of", async (t) => {
  // The thread keeps no process alive.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  await new Promise<void>((lost) => new Checkpointer(`${t.testdir()}/nowhere/store.db`, silentLog, lost));
});

t.test("a session's row is written at the end of the turn, and before whatever is said of the session", async (t) => {
  const path = `${t.testdir()}/store.db`;
  const store = openStore({ path, keys });
  const other = openStore({ path, keys });
  const begin = (): ReturnType<typeof sessionId> => {
    const id = sessionId(randomUUID());
    store.sessionStarted({ id, agent: anna, connection: "desk", startedAt: epochMillis(Date.now()), address: "" });
    return id;
  };
  const first = begin();
  t.equal(other.session(first), null);
  await new Promise(setImmediate);
  t.match(other.session(first), { agent: "anna", endedAt: null });
  const second = begin();
  store.sessionEnded(second, {
    end: "closed",
    lowestTrust: 100,
    lastTrust: 100,
    keyboard: 0,
    pointer: 0,
    keystrokes: 0,
    actions: 0,
  });
  t.match(other.session(second)?.outcome, { end: "closed" });
  store.close();
  other.close();
});
