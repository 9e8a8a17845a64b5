import fs, { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { DatabaseSync } from "node:sqlite";
import { gunzipSync } from "node:zlib";
import t, { type Test } from "tap";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { agentName, epochMillis, millis, sessionId } from "../core/units.ts";
import { backUp, restore, verify } from "./backup.ts";
import { openStore } from "./open-store.ts";
import type { Store } from "./store.ts";

const keys = parseKeyRing(newKeyLine(new Date(0)), "test");
const [anna, bert, cleo] = ["anna", "bert", "cleo"].map(agentName);
const now = new Date(1_800_000_000_000);
const later = epochMillis(Date.now() + 3_600_000);
const decision = {
  at: millis(5),
  verdict: "alert",
  wouldBe: "alert",
  mode: "enforce",
  trust: 50,
  rule: "test",
  reasons: [],
  keystrokes: 0,
  actions: 0,
} as const;

function stage(t: Test): { folder: string; path: string; store: Store; save: (times: number) => void } {
  const folder = t.testdir();
  const path = `${folder}/store.db`;
  const store = openStore({ path, keys });
  const { id } = store.enrol(anna);
  const save = (times: number): void => {
    for (let n = 0; n < times; n++)
      store.updateProfile(id, (newest) => {
        const keystrokes = (newest?.keystrokes ?? 0) + 1;
        return { keystrokes, actions: 0, days: 1, body: Buffer.alloc(20_000, keystrokes % 251) };
      });
  };
  save(3);
  store.lock(bert, later, "severed");
  store.decided(sessionId("s"), anna, decision);
  store.audit.checkpoint();
  return { folder, path, store, save };
}

t.test("a snapshot of a store in use is whole, verified, and for nobody else to read", (t) => {
  const { folder, path, store, save } = stage(t);
  const file = `${folder}/backup.db`;
  const contents = backUp(path, file, keys);
  t.match(contents, { agents: 1, profiles: 1, locks: 1 });
  t.ok(contents.decisions >= 1);
  t.equal(statSync(file).mode & 0o077, 0);
  t.notOk(readFileSync(file).includes(Buffer.from(keys.newest.secret)), "the key is not in it");
  save(2);
  t.same(verify(file, keys), contents, "it stays what it was");
  t.throws(() => backUp(path, file, keys), { message: /exists already/ });
  store.close();
  t.same(
    readdirSync(folder).filter((name) => !/^(store\.db|backup\.db)/.test(name) || name.includes("verify")),
    [],
    "nothing is left behind",
  );
  t.end();
});

t.test("a restore puts it back, and lets nobody in whom the replaced store kept out", async (t) => {
  const { folder, path, store, save } = stage(t);
  const file = `${folder}/backup.db`;
  backUp(path, file, keys);
  save(4);
  store.lock(bert, null, "for good");
  store.lock(cleo, later, "severed");
  await store.spend("since", later);
  t.throws(() => restore(file, path, keys, now), { message: /stop the gateway/ }, "a store in use is not replaced");
  t.ok(store.lockOf(cleo));
  store.close();

  const restored = restore(file, path, keys, now);
  t.match(restored, { profiles: 1, takenOver: 3, replaced: `${path}.replaced-2027-01-15T08-00-00-000Z` });
  const again = openStore({ path, keys });
  const { id } = again.enrol(anna);
  t.equal(again.profile(id)?.keystrokes, 3, "the profile is the backup's");
  t.match(again.lockOf(bert), { until: null });
  t.match(again.lockOf(cleo), { reason: "severed" });
  t.equal(await again.spend("since", later), false, "a token that was spent stays spent");
  t.equal(again.installation, store.installation);
  t.equal(again.audit.verify().brokenAt, null);
  again.close();
  const replaced = openStore({ path: restored.replaced ?? "", keys });
  t.equal(replaced.profile(id)?.keystrokes, 7, "what was replaced is kept");
  replaced.close();
});

t.test("a restore says where the replaced chain ended, and the store has its name at every moment", (t) => {
  const { folder, path, store } = stage(t);
  const file = `${folder}/backup.db`;
  backUp(path, file, keys);
  store.decided(sessionId("since"), anna, decision);
  const [newest] = store.audit.newest(1);
  store.close();
  const there: boolean[] = [];
  const { renameSync } = fs;
  fs.renameSync = (from, to) => {
    renameSync(from, to);
    there.push(existsSync(path));
  };
  syncBuiltinESMExports();
  t.teardown(() => {
    fs.renameSync = renameSync;
    syncBuiltinESMExports();
  });
  const { end } = restore(file, path, keys, now);
  t.same(end, { seq: newest?.seq, hash: newest?.hash });
  t.ok(there.length > 0 && there.every((each) => each));
  t.end();
});

t.test("a restore lets in no operator, token, passkey or authenticator that was shut out since", (t) => {
  const { folder, path, store } = stage(t);
  const { operators, agentPasskeys, challenges } = store;
  const { id } = store.enrol(anna);
  const at = epochMillis(1_700_000_000_000);
  const token = (name: string) => ({ id: name, hash: name, name, roles: ["viewer"], createdBy: "olga" });
  const passkey = (key: string, operator: string) => ({ id: key, operator, name: key, publicKey: Buffer.from("k") });
  const add = (...names: readonly string[]): void => {
    for (const name of names) operators.addToken({ ...token(name), createdAt: at, expiresAt: null, usedAt: null });
  };
  const know = (key: string, operator: string): void =>
    operators.addPasskey({ ...passkey(key, operator), counter: 0, transports: [], createdAt: at, usedAt: null });
  const mine = { agent: id, publicKey: Buffer.from("k"), counter: 0, createdAt: at, usedAt: null };
  for (const name of ["olga", "fired", "demoted"]) operators.save(name, ["admin"], at);
  know("of-fired", "fired");
  know("lost", "olga");
  add("revoked", "kept");
  operators.addLink("link", "olga", later);
  const signIn = { operator: "olga", by: "link", csrf: "c", expiresAt: later, usedAt: at, roles: null };
  operators.addSignIn({ hash: "sign-in", ...signIn });
  agentPasskeys.add({ ...mine, id: "agents-lost" });
  agentPasskeys.keepLink("agents-link", id, later);
  challenges.keepCodeSecret(id, Buffer.from("the lost telephone's"));
  const file = `${folder}/backup.db`;
  backUp(path, file, keys);
  operators.remove("fired");
  operators.save("demoted", ["viewer"], at);
  operators.save("hired", ["admin"], at);
  operators.removePasskey("olga", "lost");
  know("new", "olga");
  operators.removeToken("revoked");
  add("since");
  agentPasskeys.drop(id);
  agentPasskeys.add({ ...mine, id: "agents-new" });
  challenges.dropCodeSecret(id);
  challenges.keepCodeSecret(id, Buffer.from("the new telephone's"));
  challenges.spendCode(id, 7);
  store.close();
  t.match(restore(file, path, keys, now), { takenOver: 0 });

  const again = openStore({ path, keys });
  t.same(
    again.operators.all().map(({ name, roles }) => [name, roles]),
    [
      ["demoted", ["viewer"]],
      ["hired", ["admin"]],
      ["olga", ["admin"]],
    ],
  );
  t.same([again.operators.passkey("of-fired"), again.operators.passkey("lost")], [null, null]);
  t.ok(again.operators.passkey("new"));
  t.same(
    again.operators
      .tokens()
      .map(({ name }) => name)
      .sort(),
    ["kept", "since"],
  );
  t.equal(again.operators.signIn("sign-in"), null, "everybody signs in again");
  t.equal(again.operators.spendLink("link", at), null);
  t.equal(again.agentPasskeys.linkOf("agents-link", at), null);
  t.same(
    again.agentPasskeys.of(id).map((each) => each.id),
    ["agents-new"],
  );
  t.equal(Buffer.from(again.challenges.codeSecret(id) ?? []).toString(), "the new telephone's");
  t.equal(again.challenges.spendCode(id, 7), false, "a code that was used stays used");
  again.close();

  // Another store, made where the first was lost, knows nothing of anybody.
  const elsewhere = `${folder}/elsewhere.db`;
  openStore({ path: elsewhere, keys }).close();
  restore(file, elsewhere, keys, now);
  const moved = openStore({ path: elsewhere, keys });
  t.equal(moved.operators.all().length, 3, "what a new store does not know is not taken away");
  t.equal(moved.operators.signIn("sign-in"), null);
  moved.close();
  t.end();
});

t.test("a backup that an earlier version made takes over as much", (t) => {
  const { folder, path, store } = stage(t);
  const earlier = parseKeyRing(`2026-01-01-aaaaaa:${Buffer.alloc(32, 7).toString("base64url")}`, "test");
  const file = `${folder}/earlier.db`;
  writeFileSync(file, gunzipSync(readFileSync(new URL("fixtures/version-3.db.gz", import.meta.url))));
  store.lock(cleo, later, "severed");
  store.close();
  t.match(restore(file, path, earlier, now), { takenOver: 1 }, "the lock that is not the backup's");
  const again = openStore({ path, keys: earlier });
  t.match(again.lockOf(cleo), { reason: "severed" });
  again.close();
  t.end();
});

t.test("what was shut out stays so where the entries since the backup were removed for their age", (t) => {
  const { folder, path, store } = stage(t);
  const file = `${folder}/backup.db`;
  store.operators.save("fired", ["admin"], epochMillis(0));
  backUp(path, file, keys);
  store.operators.remove("fired");
  store.decided(sessionId("s"), anna, decision);
  store.audit.truncate(later, "gateway", "age");
  store.close();
  restore(file, path, keys, now);
  const again = openStore({ path, keys });
  t.same(again.operators.all(), []);
  again.close();
  t.end();
});

t.test("a store of which not all can be taken over takes nothing away", (t) => {
  const { folder, path, store } = stage(t);
  const file = `${folder}/backup.db`;
  const token = { id: "kept", hash: "kept", name: "kept", roles: [], createdBy: "olga", createdAt: epochMillis(0) };
  store.operators.addToken({ ...token, expiresAt: null, usedAt: null });
  backUp(path, file, keys);
  store.close();
  const db = new DatabaseSync(path);
  db.exec("ALTER TABLE api_tokens RENAME COLUMN expires TO ends_at");
  db.close();
  t.match(restore(file, path, keys, now), { takenOver: null });
  const again = openStore({ path, keys });
  t.match(again.operators.tokens(), [{ id: "kept" }]);
  again.close();
  t.end();
});

t.test("of a newer version that is rolled back, which keeps more in a row, is taken over as much", (t) => {
  const { folder, path, store } = stage(t);
  const file = `${folder}/backup.db`;
  for (const name of ["olga", "fired"]) store.operators.save(name, ["admin"], epochMillis(0));
  backUp(path, file, keys);
  store.operators.remove("fired");
  store.lock(anna, null, "since");
  store.close();
  const db = new DatabaseSync(path);
  for (const table of ["operators", "locks"]) db.exec(`ALTER TABLE ${table} ADD COLUMN unknown TEXT`);
  db.close();
  t.not(restore(file, path, keys, now).takenOver, null);
  const again = openStore({ path, keys });
  t.match(again.operators.all(), [{ name: "olga" }]);
  t.equal(again.operators.all().length, 1);
  t.match(again.lockOf(anna), { reason: "since" });
  again.close();
  t.end();
});

t.test("a store that is damaged is replaced, and it is said that its locks are lost", (t) => {
  const { folder, path, store } = stage(t);
  const file = `${folder}/backup.db`;
  backUp(path, file, keys);
  store.close();
  writeFileSync(path, Buffer.alloc(statSync(path).size, 0x5a));
  t.match(restore(file, path, keys, now), { agents: 1, takenOver: null });
  const again = openStore({ path, keys });
  t.ok(again.lockOf(bert), "the backup's lock stands");
  again.close();
  t.end();
});

t.test("a restore where no store is yet makes one", (t) => {
  const { folder, path, store } = stage(t);
  backUp(path, `${folder}/backup.db`, keys);
  store.close();
  t.match(restore(`${folder}/backup.db`, `${folder}/new.db`, keys, now), { agents: 1, replaced: null, takenOver: 0 });
  t.equal(statSync(`${folder}/new.db`).mode & 0o077, 0);
  t.end();
});

t.test("what cannot be restored changes nothing: other keys, a changed profile or chain, no store of ours", (t) => {
  const { folder, path, store } = stage(t);
  const file = `${folder}/backup.db`;
  backUp(path, file, keys);
  store.close();
  const before = readFileSync(path);
  const bad = (name: string, change: string): string => {
    const changed = `${folder}/${name}.db`;
    writeFileSync(changed, readFileSync(file));
    writeFileSync(`${changed}.keys`, readFileSync(`${file}.keys`));
    const db = new DatabaseSync(changed);
    db.exec(change);
    db.close();
    return changed;
  };
  const others = parseKeyRing(newKeyLine(new Date(0)), "test");
  t.throws(() => restore(file, path, others, now), { code: "profile-unreadable" });
  t.throws(() => restore(bad("profile", "UPDATE profiles SET keystrokes = 9"), path, keys, now), {
    code: "profile-unreadable",
  });
  const chain = "DROP TRIGGER audit_is_not_changed; UPDATE audit SET why = 'x'";
  t.throws(() => restore(bad("chain", chain), path, keys, now), { code: "store-corrupt" });
  t.throws(() => restore(bad("other", "PRAGMA application_id = 7"), path, keys, now), { message: /no store/ });
  writeFileSync(`${folder}/text.db`, "not a database ".repeat(500));
  t.throws(() => restore(`${folder}/text.db`, path, keys, now), { code: "store-corrupt" });
  t.throws(() => restore(`${folder}/none.db`, path, keys, now), { code: "store-unavailable" });
  t.throws(() => backUp(`${folder}/none.db`, `${folder}/x.db`, keys), { code: "store-unavailable" });
  t.notOk(existsSync(`${folder}/x.db`));
  t.ok(before.equals(readFileSync(path)), "not a byte of the store changed");
  t.end();
});
