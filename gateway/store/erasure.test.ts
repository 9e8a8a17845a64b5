/** Erasing an agent, looked at as somebody would who wants the profile back: in the store, its log, and backups. */
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import t from "tap";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { silentLog } from "../core/log.ts";
import { agentName, epochMillis, millis, sessionId } from "../core/units.ts";
import { agentKeysOf, backUp, restore, verify } from "./backup.ts";
import { Calendar } from "./calendar.ts";
import { Database } from "./database.ts";
import { openStore } from "./open-store.ts";
import { unseal } from "./seal.ts";
import type { Store } from "./store.ts";

const keys = parseKeyRing(newKeyLine(new Date(0)), "test");
const anna = agentName("anna.example-name");
const bert = agentName("bert");
const learned = { keystrokes: 600, actions: 100, days: 2, body: Buffer.alloc(9000, "statistics of a hand. ") };

function filled(path: string): Store {
  const store = openStore({ path, keys });
  for (const name of [anna, bert]) {
    const { id } = store.enrol(name);
    store.updateProfile(id, () => learned);
    store.consents.give(id, "notice 3 of 2026-01");
    const session = { id: sessionId(`session of ${name}`), agent: name, connection: "desk", address: "127.0.0.1" };
    store.sessionStarted({ ...session, startedAt: epochMillis(Date.now()) });
    store.challenges.keepCodeSecret(id, Buffer.alloc(20, 7));
  }
  return store;
}

interface Kept {
  readonly dataKey: Buffer;
  readonly bodies: readonly Buffer[];
}

/** What the file holds of an agent, past the store. */
function keptOf(path: string, id: string): Kept {
  const db = new DatabaseSync(path, { readOnly: true });
  const key = db.prepare("SELECT data_key FROM agents WHERE id = ?").get(id)?.["data_key"];
  const bodies = db.prepare("SELECT body FROM profiles WHERE agent = ?").all(id);
  db.close();
  return {
    dataKey: Buffer.from((key ?? []) as Uint8Array),
    bodies: bodies.map(({ body }) => Buffer.from(body as Uint8Array)),
  };
}

const bytesOf = (path: string): Buffer =>
  Buffer.concat(
    ["", "-wal", "-shm"]
      .map((end) => path + end)
      .map((file) => (existsSync(file) ? readFileSync(file) : Buffer.alloc(0))),
  );

t.test("nothing of a forgotten agent can be read from the store's file or its log", (t) => {
  const path = `${t.testdir()}/store.db`;
  const store = filled(path);
  const { id } = store.enrol(anna);
  const { dataKey, bodies } = keptOf(path, id);
  t.ok(bytesOf(path).includes(dataKey) && bytesOf(path).includes(bodies[0].subarray(0, 64)), "it was there");
  store.forget(anna, { actor: "command-line:test", why: "asked for it" });
  const left = bytesOf(path);
  t.notOk(left.includes(anna), "no name");
  t.notOk(left.includes(dataKey), "no data key, so that whatever else is found stays closed");
  t.notOk(left.includes(bodies[0].subarray(0, 64)), "no profile either");
  t.equal(store.consents.of(id), null);
  t.equal(store.audit.verify().brokenAt, null);
  store.close();
  t.end();
});

t.test("a backup made before opens with the newest keys file, but for who was forgotten since", (t) => {
  const folder = t.testdir();
  const path = `${folder}/store.db`;
  const old = `${folder}/monday.db`;
  const store = filled(path);
  const { id } = store.enrol(anna);
  const { dataKey } = keptOf(path, id);
  t.match(backUp(path, old, keys), { agents: 2, profiles: 2, erased: 0 });
  const snapshot = readFileSync(old);
  t.notOk(snapshot.includes(dataKey), "the snapshot itself has no data key, not even in a free page");
  const { bodies } = keptOf(old, id);
  t.equal(bodies.length, 1);
  const ring = keys.newest;
  const opened = unseal(ring.secret, dataKey, ["data-key", store.installation, id, ring.id]);
  t.equal(opened.length, 32, "with the wrapped key, whoever has the ring would open it");

  store.forget(anna);
  backUp(path, `${folder}/tuesday.db`, keys);
  const newest = agentKeysOf(`${folder}/tuesday.db`);
  t.notOk(readFileSync(newest, "utf8").includes(id));
  t.match(verify(old, keys, newest), { agents: 1, profiles: 1, erased: 1 }, "monday's, with tuesday's keys");
  store.close();
  restore(old, `${folder}/elsewhere.db`, keys, new Date(), newest);
  const elsewhere = openStore({ path: `${folder}/elsewhere.db`, keys });
  t.same(
    elsewhere.agents().map(({ name }) => name),
    ["bert"],
  );
  t.equal(elsewhere.profile(elsewhere.enrol(bert).id)?.keystrokes, 600);
  elsewhere.close();
  t.notOk(bytesOf(`${folder}/elsewhere.db`).includes(anna));

  t.match(verify(old, keys), { agents: 2, erased: 0 }, "monday's own keys still open it: they must go");
  t.match(restore(old, path, keys, new Date()), { agents: 2 });
  const restored = openStore({ path, keys });
  t.equal(restored.agent(anna), null, "the replaced store says who was forgotten");
  restored.close();
  t.end();
});

t.test("a backup without its keys file is not restored as if its agents had been forgotten", (t) => {
  const folder = t.testdir({ "none.keys": "not a line of ours" });
  const path = `${folder}/store.db`;
  const store = filled(path);
  backUp(path, `${folder}/backup.db`, keys);
  store.close();
  copyFileSync(`${folder}/backup.db`, `${folder}/alone.db`);
  t.throws(() => verify(`${folder}/alone.db`, keys), { code: "store-unavailable", message: /alone\.db\.keys/ });
  t.throws(() => verify(`${folder}/alone.db`, keys, `${folder}/none.keys`), { code: "store-corrupt" });
  t.end();
});

t.test(
  "a clock that jumps ahead makes nothing old before a day has passed, and nothing where it is set right",
  async (t) => {
    const day = 86_400_000;
    const time = { at: Date.UTC(2026, 0, 1) };
    const clock = { now: () => millis(time.at), wall: () => epochMillis(time.at) };
    const told = Promise.withResolvers<object>();
    const log = { ...silentLog, warn: (fields: object) => told.resolve(fields) };
    const retention = { auditDays: 90, sessionDays: 30, profileDays: 90, scoreDays: 14, pollMillis: 5 };
    const store = openStore({ path: `${t.testdir()}/store.db`, keys, clock, log, ...retention });
    t.teardown(() => store.close());
    store.updateProfile(store.enrol(anna).id, () => learned);
    store.audit.note({ actor: "gateway", action: "agent.unlocked", why: "" });
    const alive = setInterval(() => {}, 1000);
    t.teardown(() => clearInterval(alive));
    time.at += 3650 * day;
    t.match(await told.promise, { days: 3650 });
    t.ok(store.agent(anna));
    t.equal(store.audit.verify().rows, 1);
  },
);

t.test("what the calendar believes: no jump, a jump once a day has passed, and a clock that is set back", (t) => {
  const db = new Database(`${t.testdir()}/store.db`, 50, () => {});
  t.teardown(() => db.close());
  const calendar = new Calendar(db, silentLog);
  const start = Date.UTC(2026, 0, 1);
  const at = (hours: number): boolean => calendar.believes(epochMillis(start + hours * 3_600_000), epochMillis(start));
  t.same([0, 1, 24.9, 40].map(at), [true, true, true, true], "as time goes, nights included");
  t.same([100, 110, 123, 124, 148].map(at), [false, false, false, true, true], "stopped over a weekend");
  t.same([90_000, 90_010].map(at), [false, false], "ten years ahead");
  t.same([149, 150].map(at), [true, true], "set right: what is old by it is old");
  t.end();
});

t.test("sessions and agents are kept as long as they may be, and those of today longer", (t) => {
  const path = `${t.testdir()}/store.db`;
  const day = 86_400_000;
  const time = { at: Date.UTC(2026, 0, 1) };
  const clock = { now: () => millis(time.at), wall: () => epochMillis(time.at) };
  const retention = { sessionDays: 30, profileDays: 90, pollMillis: 5 };
  const store = openStore({ path, keys, clock, ...retention });
  const begin = (id: string, agent: typeof anna): void =>
    store.sessionStarted({ id: sessionId(id), agent, connection: "desk", address: "", startedAt: clock.wall() });
  for (const name of [anna, bert, agentName("locked")]) {
    store.updateProfile(store.enrol(name).id, () => learned);
    begin(`first of ${name}`, name);
  }
  store.lock(agentName("locked"), null, "severed");
  time.at += 60 * day;
  begin("second of bert", bert);
  time.at += 40 * day;
  // Nothing is erased before a day has passed since the clock jumped; and the store's own timer keeps no process alive.
  const alive = setInterval(() => (time.at += day / 4), 10);
  t.teardown(() => clearInterval(alive));
  return new Promise<void>((resolve) => {
    store.onChange((change) => {
      if (change.kind !== "forgotten") return;
      setImmediate(() => {
        t.match(change, { agent: anna });
        t.same(
          store.agents().map(({ name }) => name),
          ["bert", "locked"],
          "a lock is not ended by time",
        );
        t.same(
          store.sessions(9).map(({ id }) => id),
          ["second of bert", "first of locked"],
          "of what is older than 30 days, only when each was there last",
        );
        t.match(store.audit.newest(1), [{ actor: "gateway", action: "agent.forgotten", why: /retention: .* 90 days/ }]);
        store.close();
        resolve();
      });
    });
  });
});
