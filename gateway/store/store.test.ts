import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import t from "tap";
import { type Clock, systemClock } from "../core/clock.ts";
import { type KeyRing, newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { agentName, epochMillis, millis, sessionId } from "../core/units.ts";
import { wrongHand } from "../../test/fixtures/decision.ts";
import { openStore } from "./open-store.ts";
import { applicationId, migrations } from "./schema.ts";
import type { Learned, Profile, Store, StoreChange } from "./store.ts";

const newRing = (): KeyRing => parseKeyRing(newKeyLine(new Date(0)), "test");
const ring = newRing();
const anna = agentName("anna");
const day = 86_400_000;
const body = (text: string): Uint8Array => Buffer.from(text);
const learn = (keystrokes: number, text = "statistics"): Learned => ({
  keystrokes,
  actions: 7,
  days: 1,
  body: body(text),
});
const session = (id: string) => ({
  id: sessionId(id),
  agent: anna,
  connection: "desk",
  startedAt: epochMillis(1000),
  address: "127.0.0.1",
});
const outcome = {
  end: "closed",
  lowestTrust: 3,
  lastTrust: 90,
  keyboard: 1.5,
  pointer: -0.5,
  keystrokes: 120,
  actions: 3,
};

/** A clock that stands until it is set, then with both its times. */
class Wall implements Clock {
  at = epochMillis(1_800_000_000_000);
  now = () => millis(systemClock.now() + this.at - 1_800_000_000_000);
  wall = () => this.at;
}

t.test("agents by the page are all agents, by name, and none twice where some come and go meanwhile", (t) => {
  const store = openStore({ path: `${t.testdir()}/store.db`, keys: ring });
  const names = Array.from({ length: 250 }, (_, index) => agentName(`agent ${String(index).padStart(3, "0")}`));
  for (const name of names) store.enrol(name);
  t.same(
    [...store.agentPages()].map(({ length }) => length),
    [100, 100, 50],
  );
  t.same(
    store.agents().map(({ name }) => name),
    names,
  );
  const seen: string[] = [];
  for (const page of store.agentPages()) {
    seen.push(...page.map(({ name }) => name));
    if (seen.length > 100) continue;
    store.forget(names[50]);
    store.enrol(agentName("agent 000 came late"));
    store.forget(names[150]);
    store.enrol(agentName("agent 199 came"));
  }
  t.same(seen, [...names.slice(0, 150), ...names.slice(151, 200), "agent 199 came", ...names.slice(200)]);
  store.close();
  t.end();
});

t.test("an agent's profile comes back as it was saved, through a restart", (t) => {
  const path = `${t.testdir()}/store.db`;
  const clock = new Wall();
  const store = openStore({ path, keys: ring, clock });
  const agent = store.enrol(anna);
  t.equal(store.enrol(anna).id, agent.id, "enrolling twice is one agent");
  t.equal(store.profile(agent.id), null);
  store.updateProfile(agent.id, (newest) => (t.equal(newest, null), learn(100)));
  clock.at = epochMillis(clock.at + 1000);
  store.updateProfile(agent.id, () => learn(200));
  clock.at = epochMillis(clock.at + day);
  const saved = store.updateProfile(agent.id, (newest) => ({
    ...learn((newest?.keystrokes ?? 0) + 50, "more"),
    days: 2,
  }));
  t.match(saved, { version: 3, keystrokes: 250, actions: 7, days: 2 });
  store.close();

  const again = openStore({ path, keys: ring, clock });
  t.equal(again.installation, store.installation);
  t.same(again.profile(agent.id), saved);
  t.match(again.agents(), [{ name: "anna", profileVersion: 3, keystrokes: 250, days: 2 }]);
  again.close();
  t.equal(statSync(path).mode & 0o077, 0, "nobody else may read the file");
  t.end();
});

t.test("only the newest five versions are kept", (t) => {
  const path = `${t.testdir()}/store.db`;
  const store = openStore({ path, keys: ring });
  const { id } = store.enrol(anna);
  for (let n = 0; n < 9; n++) store.updateProfile(id, () => learn(n));
  store.close();
  const rows = new DatabaseSync(path).prepare("SELECT version FROM profiles ORDER BY version").all();
  t.same(
    rows.map((row) => row["version"]),
    [5, 6, 7, 8, 9],
  );
  t.end();
});

t.test("where nothing was learned nothing is saved, and no day counts", (t) => {
  const store = openStore({ path: `${t.testdir()}/store.db`, keys: ring });
  const { id } = store.enrol(anna);
  t.equal(
    store.updateProfile(id, () => null),
    null,
  );
  const first = store.updateProfile(id, () => learn(9));
  t.same(
    store.updateProfile(id, () => null),
    first,
  );
  t.match(store.agent(anna), { profileVersion: 1, days: 1 });
  store.close();
  t.end();
});

t.test("what the learning session throws changes nothing", (t) => {
  const store = openStore({ path: `${t.testdir()}/store.db`, keys: ring });
  const { id } = store.enrol(anna);
  store.updateProfile(id, () => learn(1));
  t.throws(
    () =>
      store.updateProfile(id, () => {
        throw new RangeError("a fault of the model");
      }),
    RangeError,
  );
  t.equal(store.profile(id)?.version, 1);
  t.equal(store.problem, null, "the store is not blamed");
  store.close();
  t.end();
});

t.test("nothing of a profile or a key is in the file as plain text", (t) => {
  const path = `${t.testdir()}/store.db`;
  const store = openStore({ path, keys: ring });
  store.updateProfile(store.enrol(anna).id, () => learn(100, "hold times of anna"));
  store.close();
  const bytes = readFileSync(path);
  t.notOk(bytes.includes("hold times"));
  t.notOk(bytes.includes(Buffer.from(ring.newest.secret)));
  t.end();
});

t.test("a profile opens only with its key, for its agent, in its installation, unchanged", (t) => {
  const folder = t.testdir();
  const path = `${folder}/store.db`;
  const store = openStore({ path, keys: ring });
  const bert = agentName("bert");
  store.updateProfile(store.enrol(anna).id, () => learn(100, "of anna"));
  store.updateProfile(store.enrol(bert).id, () => learn(100, "of bert"));
  store.close();

  const refused = (name: string, change: string, keys = ring) => {
    const copy = `${folder}/${name}.db`;
    copyFileSync(path, copy);
    const db = new DatabaseSync(copy);
    if (change !== "") db.exec(change);
    db.close();
    const changed = openStore({ path: copy, keys });
    const id = changed.agent(anna)?.id ?? t.fail("no agent");
    t.throws(() => changed.profile(id as never), { code: "profile-unreadable" }, name);
    t.throws(() => changed.updateProfile(id as never, () => learn(1)), { code: "profile-unreadable" }, `${name}: save`);
    changed.close();
  };
  refused(
    "another key under the same id",
    "",
    parseKeyRing(newKeyLine(new Date(0)).replace(/^[^:]+/, ring.newest.id), "x"),
  );
  refused("another key ring", "", newRing());
  refused("another installation", "UPDATE meta SET value = 'other' WHERE key = 'installation'");
  refused(
    "a renamed agent",
    "UPDATE agents SET name = 'x' WHERE name = 'bert'; UPDATE agents SET name = CASE name WHEN 'anna' THEN 'bert2' ELSE 'anna' END",
  );
  refused("more keystrokes than learned", "UPDATE profiles SET keystrokes = 90000");
  refused("an older version passed off as the newest", "UPDATE profiles SET version = 7");
  refused("a changed byte", "UPDATE profiles SET body = CAST(x'00' || substr(body, 2) AS BLOB)");
  refused("a body cut short", "UPDATE profiles SET body = x'0011'");
  refused(
    "another agent's body",
    "UPDATE profiles SET body = (SELECT body FROM profiles p JOIN agents a ON a.id = p.agent WHERE a.name = 'bert')",
  );
  refused(
    "another agent's data key and body",
    `UPDATE agents SET data_key = (SELECT data_key FROM agents WHERE name = 'bert');
     UPDATE profiles SET body = (SELECT body FROM profiles p JOIN agents a ON a.id = p.agent WHERE a.name = 'bert')`,
  );
  t.end();
});

t.test("after a rotation the next save moves to the new key, and the old one may go", (t) => {
  const path = `${t.testdir()}/store.db`;
  const [old, fresh] = [newKeyLine(new Date(0)), newKeyLine(new Date(0))];
  const before = openStore({ path, keys: parseKeyRing(old, "test") });
  const { id } = before.enrol(anna);
  before.updateProfile(id, () => learn(1, "one"));
  before.updateProfile(id, () => learn(2, "two"));
  before.useKeys(parseKeyRing(`${old}\n${fresh}`, "test"));
  t.equal(Buffer.from(before.profile(id)?.body ?? []).toString(), "two", "the old key still reads");
  before.updateProfile(id, () => learn(3, "three"));
  before.close();

  const after = openStore({ path, keys: parseKeyRing(fresh, "test") });
  t.equal(Buffer.from(after.profile(id)?.body ?? []).toString(), "three");
  after.close();
  const db = new DatabaseSync(path);
  db.exec("DELETE FROM profiles WHERE version = 3");
  db.close();
  const back = openStore({ path, keys: parseKeyRing(fresh, "test") });
  t.equal(Buffer.from(back.profile(id)?.body ?? []).toString(), "two", "kept versions moved too");
  back.close();
  t.end();
});

t.test("forgetting leaves no trace of the agent but ids that lead to nobody", (t) => {
  const path = `${t.testdir()}/store.db`;
  const store = openStore({ path, keys: ring });
  const changes: StoreChange[] = [];
  store.onChange((change) => changes.push(change));
  const name = agentName("anna.example-name");
  const { id } = store.enrol(name);
  store.updateProfile(id, () => learn(1));
  store.sessionStarted({ ...session("s1"), agent: name });
  store.decided(sessionId("s1"), name, wrongHand("alert"));

  store.lock(name, null, "severed");
  t.throws(() => store.forget(name), { code: "agent-locked" }, "forgetting must not unlock");
  store.unlock(name);
  t.equal(store.forget(name), true);
  t.equal(store.forget(name), false);
  t.match(changes.at(-1), { kind: "forgotten", agent: name });
  t.equal(store.agent(name), null);
  t.equal(store.profile(id), null);
  t.equal(
    store.updateProfile(id, () => learn(5)),
    null,
    "a session that still lives saves nothing",
  );
  t.same(store.sessions(10), []);
  t.match(store.decisions(10), [{ agent: id, name: null }], "the audit chain stays whole");
  t.same(store.audit.verify(), { rows: 2, brokenAt: null });
  const files = [path, `${path}-wal`].map((file) => readFileSync(file).toString("latin1")).join("");
  t.notMatch(files, "anna.example-name");
  store.close();
  t.end();
});

t.test("a lock stands at once, through restarts, and until its time", (t) => {
  const path = `${t.testdir()}/store.db`;
  const clock = new Wall();
  const store = openStore({ path, keys: ring, clock });
  const until = epochMillis(clock.at + 60_000.5);
  store.lock(anna, until, "severed");
  t.match(store.lockOf(anna), { reason: "severed", until: Math.ceil(until) });
  store.lock(anna, epochMillis(clock.at + 1), "shorter");
  t.match(store.lockOf(anna), { reason: "severed" }, "the longer lock stands");
  store.close();

  const again = openStore({ path, keys: ring, clock });
  t.match(again.locks(), [{ agent: "anna", reason: "severed" }]);
  clock.at = epochMillis(clock.at + 60_001);
  t.equal(again.lockOf(anna), null);
  t.same(again.locks(), []);
  again.lock(anna, null, "by hand");
  clock.at = epochMillis(clock.at + 1000 * day);
  t.match(again.lockOf(anna), { until: null });
  t.equal(again.unlock(anna), true);
  t.equal(again.unlock(anna), false);
  t.equal(again.lockOf(anna), null);
  again.close();
  t.end();
});

/** The next change that a store tells. */
const nextChange = (store: Store): Promise<StoreChange> =>
  new Promise((resolve) => {
    const stop = store.onChange((change) => {
      stop();
      resolve(change);
    });
  });

t.test("a lock that was heard before the disk had it ends with the disk's", async (t) => {
  const path = `${t.testdir()}/store.db`;
  const gateway = openStore({ path, keys: ring });
  const command = openStore({ path, keys: ring });
  t.teardown(() => {
    gateway.close();
    command.close();
  });
  const lock = { agent: anna, since: epochMillis(1000), until: null, reason: "severed" };
  gateway.heard({ kind: "locked", lock });
  t.ok(gateway.lockOf(anna), "it stands in memory");
  // Any other change makes the gateway look at the disk.
  const look = (): void => gateway.heard({ kind: "unlocked", agent: agentName("bert") });
  look();
  t.ok(gateway.lockOf(anna), "also where the disk knows nothing of it");
  command.lock(anna, null, "severed");
  look();
  command.unlock(anna);
  look();
  t.equal(gateway.lockOf(anna), null, "whoever unlocks on the command line unlocks here too");
});

t.test("what another process writes is heard", async (t) => {
  const path = `${t.testdir()}/store.db`;
  const gateway = openStore({ path, keys: ring, pollMillis: 20 });
  const command = openStore({ path, keys: ring });
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => {
    clearInterval(alive);
    gateway.close();
    command.close();
  });
  gateway.sessionStarted(session("s1"));

  let heard = nextChange(gateway);
  command.lock(anna, null, "by hand");
  t.match(await heard, { kind: "locked", lock: { agent: "anna", reason: "by hand" } });
  t.match(gateway.lockOf(anna), { reason: "by hand" });

  heard = nextChange(gateway);
  command.unlock(anna);
  t.match(await heard, { kind: "unlocked", agent: "anna" });
  t.equal(gateway.lockOf(anna), null);

  heard = nextChange(gateway);
  command.forget(anna);
  t.match(await heard, { kind: "forgotten", agent: "anna" });
});

t.test("a token is spent once, by all processes together", async (t) => {
  const path = `${t.testdir()}/store.db`;
  const one = openStore({ path, keys: ring });
  const two = openStore({ path, keys: ring });
  const expires = epochMillis(Date.now() + 60_000);
  t.equal(await one.spend("a", expires), true);
  t.equal(await one.spend("a", expires), false);
  t.equal(await two.spend("a", expires), false);
  t.equal(await two.spend("b", expires), true);
  one.close();
  two.close();
  const again = openStore({ path, keys: ring });
  t.equal(await again.spend("b", expires), false);
  again.close();
});

t.test("a session and its decisions are kept, the strictest verdict with it", (t) => {
  const store = openStore({ path: `${t.testdir()}/store.db`, keys: ring });
  store.sessionStarted(session("s1"));
  store.decided(sessionId("s1"), anna, wrongHand("alert"));
  store.decided(sessionId("s1"), anna, wrongHand("quarantine"));
  store.decided(sessionId("s1"), anna, wrongHand("allow"));
  store.sessionEnded(sessionId("s1"), outcome);
  t.match(store.sessions(10), [{ id: "s1", agent: "anna", connection: "desk", verdict: "quarantine", outcome }]);
  t.ok(store.sessions(10)[0]?.endedAt);
  const rows = store.decisions(10);
  t.same(
    rows.map((row) => row.verdict),
    ["allow", "quarantine", "alert"],
  );
  t.match(rows[0], { name: "anna", trust: 12.5, rule: "wrong-hand", seq: 3 });
  t.same(rows[0]?.reasons, ["keyboard-mismatch: holds keys 40 % longer than usual"]);
  t.same(store.audit.verify(), { rows: 3, brokenAt: null });
  store.close();
  t.end();
});

t.test("the audit chain refuses changes, and a change forced upon it is found", (t) => {
  const path = `${t.testdir()}/store.db`;
  const store = openStore({ path, keys: ring });
  for (let n = 0; n < 5; n++) store.decided(sessionId("s1"), anna, wrongHand("alert"));
  const db = new DatabaseSync(path);
  t.throws(() => db.exec("UPDATE audit SET why = 'other'"), /append-only/);
  t.throws(() => db.exec("DELETE FROM audit"), /append-only/);
  db.exec("DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_truncated_by_a_mark");
  db.exec("UPDATE audit SET why = 'other' WHERE seq = 3");
  t.same(store.audit.verify(), { rows: 2, brokenAt: 3 });
  db.exec("UPDATE audit SET why = 'rule wrong-hand' WHERE seq = 3");
  t.same(store.audit.verify(), { rows: 5, brokenAt: null });
  db.exec("DELETE FROM audit WHERE seq = 2");
  t.same(store.audit.verify(), { rows: 1, brokenAt: 2 });
  db.close();
  store.close();
  t.end();
});

t.test("a file of version 1 is brought forward with what is in it", (t) => {
  const path = `${t.testdir()}/store.db`;
  const db = new DatabaseSync(path);
  db.exec(`${String(migrations[0])}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1;
    INSERT INTO meta VALUES ('installation', 'known'); INSERT INTO locks VALUES ('anna', 1, NULL, 'kept');`);
  db.close();
  const store = openStore({ path, keys: ring });
  t.equal(store.installation, "known");
  t.match(store.lockOf(anna), { reason: "kept" });
  store.decided(sessionId("s1"), anna, wrongHand("alert"));
  t.equal(store.decisions(1).length, 1);
  store.close();
  t.end();
});

t.test("published migrations are never changed", (t) => {
  const digest = createHash("sha256").update(String(migrations[0])).digest("hex").slice(0, 16);
  t.equal(digest, "dbb13fa94e1b14b9");
  t.end();
});

t.test("what is no store of ours is refused and left as it is", (t) => {
  const folder = t.testdir({ "text.db": "not a database, but a text that is long enough ".repeat(90) });
  t.throws(() => openStore({ path: `${folder}/text.db`, keys: ring }), { code: "store-corrupt" });

  const other = new DatabaseSync(`${folder}/other.db`);
  other.exec("CREATE TABLE theirs (a)");
  other.close();
  const before = readFileSync(`${folder}/other.db`);
  t.throws(() => openStore({ path: `${folder}/other.db`, keys: ring }), { message: /another program/ });
  t.ok(before.equals(readFileSync(`${folder}/other.db`)), "not a byte changed");

  openStore({ path: `${folder}/newer.db`, keys: ring }).close();
  const newer = new DatabaseSync(`${folder}/newer.db`);
  newer.exec("PRAGMA user_version = 99");
  newer.close();
  t.throws(() => openStore({ path: `${folder}/newer.db`, keys: ring }), { message: /newer Samehand/ });
  t.throws(() => openStore({ path: `${folder}/no/such/folder.db`, keys: ring }), { code: "store-unavailable" });
  t.end();
});

t.test("a damaged file is found at the start", (t) => {
  const path = `${t.testdir()}/store.db`;
  const store = openStore({ path, keys: ring });
  for (let n = 0; n < 50; n++)
    store.updateProfile(store.enrol(agentName(`a${n}`)).id, () => learn(n, "x".repeat(9000)));
  store.close();
  const bytes = readFileSync(path);
  bytes.fill(0xa5, 4096 * 3, 4096 * 12);
  writeFileSync(path, bytes);
  t.throws(() => openStore({ path, keys: ring }), { code: "store-corrupt" });
  t.end();
});

t.test("while another process holds the file, writes wait and reads go on", async (t) => {
  const path = `${t.testdir()}/store.db`;
  const store = openStore({ path, keys: ring, busyMillis: 10, pollMillis: 20 });
  const { id } = store.enrol(anna);
  const holder = new DatabaseSync(path);
  holder.exec("BEGIN IMMEDIATE");
  t.throws(() => store.updateProfile(id, () => learn(1)), { code: "store-unavailable" });
  await t.rejects(store.spend("a", epochMillis(Date.now() + 1000)), { code: "store-unavailable" });
  store.lock(anna, null, "severed");
  store.learn(id, () => learn(2));
  store.decided(sessionId("s1"), anna, wrongHand("sever"));
  t.match(store.lockOf(anna), { reason: "severed" }, "locked although the disk does not know");
  t.equal(store.waiting, 3);
  t.match(store.problem, { code: "store-unavailable" });
  t.equal(store.agents().length, 1, "reads go on");

  holder.exec("COMMIT");
  while (store.waiting > 0 || store.problem !== null) await new Promise((resolve) => setTimeout(resolve, 5));
  t.match(store.profile(id), { keystrokes: 2 });
  t.equal(store.decisions(1).length, 1);
  store.close();
  const again = openStore({ path, keys: ring });
  t.match(again.lockOf(anna), { reason: "severed" });
  again.close();
  holder.close();
});

t.test("a profile of another shape is the merge's to judge, and comes as it is", (t) => {
  const store = openStore({ path: `${t.testdir()}/store.db`, keys: ring });
  const { id } = store.enrol(anna);
  store.updateProfile(id, () => learn(1, ""));
  let seen: Profile | null = null;
  store.updateProfile(id, (newest) => ((seen = newest), learn(2)));
  t.match(seen, { body: new Uint8Array(0) });
  store.close();
  t.end();
});
