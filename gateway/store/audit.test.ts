import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync, renameSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import t, { type Test } from "tap";
import { SamehandError } from "../core/errors.ts";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { agentName, epochMillis, millis, sessionId } from "../core/units.ts";
import { wrongHand } from "../../test/fixtures/decision.ts";
import { originOf } from "./audit-entry.ts";
import { exportAudit, verifyExport, verifyMark } from "./audit-export.ts";
import { AuditVerifier } from "./audit-key.ts";
import { evidenceOf, verifyEvidence } from "./evidence-pack.ts";
import { openStore } from "./open-store.ts";
import { applicationId, migrations } from "./schema.ts";
import type { Store } from "./store.ts";

const keys = parseKeyRing(newKeyLine(new Date(0)), "test");
const anna = agentName("anna <b>");
const s1 = sessionId("s1");
const day = 86_400_000;

/** A store with a session that was severed and an operator's act, on a clock that the test sets. */
function filled(t: Test, path = `${t.testdir()}/store.db`): { store: Store; time: { at: number }; path: string } {
  const time = { at: Date.UTC(2026, 0, 1) };
  const clock = { now: () => millis(time.at), wall: () => epochMillis(time.at) };
  const store = openStore({ path, keys, clock });
  store.sessionStarted({ id: s1, agent: anna, connection: "desk", startedAt: clock.wall(), address: "127.0.0.1" });
  for (const verdict of ["alert", "quarantine", "sever"] as const) store.decided(s1, anna, wrongHand(verdict));
  store.audit.checkpoint();
  store.audit.note({ actor: "operator:olga", action: "agent.unlocked", agent: anna, session: s1, why: "was ill" });
  store.audit.note({ actor: "command-line:root", action: "audit.exported", why: "for the auditor" });
  t.teardown(() => store.close());
  return { store, time, path };
}

function exported(store: Store): string {
  let text = "";
  exportAudit(store.audit, store.installation, epochMillis(1), (part) => (text += part));
  return text;
}

const verifierOf = (store: Store): AuditVerifier => new AuditVerifier(store.audit.signer.publicKey, "test");

t.test("verdicts and acts are one chain, with who, why and on what grounds", (t) => {
  const { store } = filled(t);
  const [sever, unlock] = store.audit.entries(2, 2);
  t.match(sever, { actor: "gateway", action: "verdict.sever", session: "s1", why: "rule wrong-hand" });
  t.match(sever?.detail, { trust: 12.5, reasons: ["keyboard-mismatch: holds keys 40 % longer than usual"] });
  t.match(unlock, { actor: "operator:olga", action: "agent.unlocked", why: "was ill", previous: sever?.hash });
  t.equal(unlock?.agent, store.agent(anna)?.id);
  t.same(store.audit.verify(), { rows: 5, brokenAt: null });
  t.end();
});

t.test("an export is whole also where the gateway writes meanwhile", (t) => {
  const { store } = filled(t);
  let text = "";
  exportAudit(store.audit, store.installation, epochMillis(1), (part) => {
    if (text === "") store.audit.note({ actor: "operator:olga", action: "agent.unlocked", why: "meanwhile" });
    text += part;
  });
  const { last } = verifyExport(text, verifierOf(store));
  t.equal(last, 5, "it ends where it was signed");
  t.match(verifyExport(exported(store), verifierOf(store)), { last: 6 });
  t.end();
});

t.test("a checkpoint of another installation says nothing of an export, however much was removed from it", (t) => {
  const { store } = filled(t);
  const mark = store.audit.checkpoint()!;
  store.audit.truncate(epochMillis(Date.now() + day), "gateway", "retention");
  t.doesNotThrow(() => verifyExport(exported(store), verifierOf(store), mark));
  const other = { ...mark, seq: 1, installation: "another" };
  t.throws(() => verifyExport(exported(store), verifierOf(store), other), { code: "audit-broken" });
  t.end();
});

t.test("the key file is made once, for its owner alone, and its public half beside it", (t) => {
  const { store, path } = filled(t);
  t.equal(statSync(`${path}.audit-key`).mode & 0o077, 0);
  const again = openStore({ path, keys });
  t.equal(again.audit.signer.id, store.audit.signer.id);
  again.close();
  t.end();
});

t.test("an export holds by the public key alone; any changed, cut, left out or moved line is found", (t) => {
  const { store } = filled(t);
  const text = exported(store);
  const key = verifierOf(store);
  t.match(verifyExport(text, key), { entries: 5, first: 1, last: 5, truncated: false });
  const lines = text.trimEnd().split("\n");
  const rejoin = (list: readonly string[]): string => `${list.join("\n")}\n`;
  const index = fc.nat(lines.length - 1);
  const found = (changed: string): void => {
    if (changed === text) return;
    try {
      verifyExport(changed, key);
    } catch (error) {
      if (error instanceof SamehandError && error.code === "audit-broken") return;
      throw error;
    }
    throw new Error(`not found: ${changed.slice(0, 200)}`);
  };
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 126 }), (at, by) => {
      const code = (text.charCodeAt(at) + by) % 127;
      found(text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1));
    }),
    { numRuns: 500 },
  );
  fc.assert(fc.property(fc.nat(text.length - 1), (end) => found(text.slice(0, end))));
  fc.assert(fc.property(index, fc.integer({ min: 1, max: 3 }), (at, many) => found(rejoin(lines.toSpliced(at, many)))));
  fc.assert(
    fc.property(index, index, (from, to) => {
      const line = lines[from] ?? "";
      found(rejoin(lines.toSpliced(from, 1).toSpliced(to, 0, line)));
      found(rejoin(lines.toSpliced(to, 0, line)));
    }),
  );
  t.end();
});

t.test("whoever changes the file and hashes it anew, without the key, is found by the marks", (t) => {
  const { store, path } = filled(t);
  const copy = `${path}.copy`;
  store.close();
  copyFileSync(path, copy);
  copyFileSync(`${path}.audit-key`, `${copy}.audit-key`);
  const db = new DatabaseSync(copy);
  db.exec("DROP TRIGGER audit_is_truncated_by_a_mark; DELETE FROM audit WHERE seq > 2");
  db.close();
  const cut = openStore({ path: copy, keys });
  t.same(cut.audit.verify(), { rows: 2, brokenAt: 3 }, "the end is cut off: a mark says that there was more");
  t.throws(() => exported(cut), { code: "audit-broken" }, "what does not hold is not sealed");
  cut.close();
  t.end();
});

t.test("a checkpoint noted elsewhere finds a chain that was cut or begun anew", (t) => {
  const { store } = filled(t);
  const key = verifierOf(store);
  const short = exported(store);
  store.decided(s1, anna, wrongHand("alert"));
  const noted = store.audit.checkpoint();
  if (noted === null) throw new Error("nothing to note");
  verifyMark(noted, key);
  t.throws(() => verifyMark({ ...noted, seq: 5 }, key), { code: "audit-broken" });
  t.match(verifyExport(exported(store), key, noted), { last: 6 });
  t.throws(() => verifyExport(short, key, noted), /ends before the earlier checkpoint/);
  t.end();
});

t.test("what is removed for its age leaves a signed mark, and nothing else can be removed", (t) => {
  const { store, time, path } = filled(t);
  const noted = store.audit.checkpoint() ?? undefined;
  time.at += 400 * day;
  store.audit.note({ actor: "operator:olga", action: "agent.locked", why: "again" });
  const first = exported(store);
  t.equal(store.audit.truncate(epochMillis(time.at - day), "gateway", "retention"), 5);
  const text = exported(store);
  t.match(verifyExport(text, verifierOf(store)), { entries: 2, first: 6, last: 7, truncated: true });
  t.match(verifyExport(text, verifierOf(store), noted), { truncated: true }, "an earlier checkpoint may be past");
  t.match(text, /"audit.truncated".*"removed":5/);
  t.same(store.audit.verify(), { rows: 2, brokenAt: null });
  const db = new DatabaseSync(path);
  t.throws(() => db.exec("DELETE FROM audit WHERE seq = 6"), /append-only/);
  db.close();
  const spliced = text.split("\n").filter((line) => !line.includes('"truncation"'));
  t.throws(() => verifyExport(spliced.join("\n"), verifierOf(store)), { code: "audit-broken" });
  t.match(verifyExport(first, verifierOf(store)), { entries: 6 }, "an older export holds as before");
  t.end();
});

t.test("an emptied chain goes on from its mark", (t) => {
  const { store, time } = filled(t);
  time.at += day;
  store.audit.truncate(epochMillis(time.at), "gateway", "retention");
  t.match(store.audit.newest(1), [{ seq: 6, action: "audit.truncated" }]);
  t.match(verifyExport(exported(store), verifierOf(store)), { entries: 1, first: 6 });
  t.end();
});

t.test("evidence on a session is signed, in two forms, and says nothing typed", (t) => {
  const { store } = filled(t);
  const { json, html } = evidenceOf(store, s1, epochMillis(5));
  const key = verifierOf(store);
  for (const text of [json, html])
    t.match(verifyEvidence(text, key), { session: { id: "s1" }, entries: { length: 4 } });
  t.notMatch(html, /<b>/, "what others wrote is escaped");
  t.match(html, /was ill/);
  fc.assert(
    fc.property(fc.constantFrom(json, html), fc.nat(), fc.integer({ min: 1, max: 90 }), (text, place, by) => {
      const at = place % text.length;
      const other = String.fromCharCode(((text.charCodeAt(at) + by) % 95) + 32);
      if (other === text[at]) return;
      t.throws(() => verifyEvidence(text.slice(0, at) + other + text.slice(at + 1), key), { code: "audit-broken" });
    }),
    { numRuns: 300 },
  );
  const stranger = new AuditVerifier(filled(t, `${t.testdirName}-other.db`).store.audit.signer.publicKey, "other");
  t.throws(() => verifyEvidence(json, stranger), { code: "audit-broken" });
  t.throws(() => evidenceOf(store, sessionId("none"), epochMillis(5)), { code: "record-unknown" });
  t.end();
});

t.test("who is forgotten stays in the chain as an id that leads to nobody", (t) => {
  const { store } = filled(t);
  store.forget(anna, { actor: "operator:olga", why: "left the company" });
  t.match(store.audit.newest(1), [{ actor: "operator:olga", action: "agent.forgotten", why: "left the company" }]);
  t.notMatch(exported(store), /anna/);
  t.same(store.audit.verify().brokenAt, null);
  t.end();
});

t.test("the chain of an older file comes along, and each verdict keeps its old hash", (t) => {
  const path = `${t.testdir()}/store.db`;
  const db = new DatabaseSync(path);
  db.exec(`${String(migrations[0])}; ${String(migrations[1])}
    PRAGMA application_id = ${applicationId}; PRAGMA user_version = 2;
    INSERT INTO meta VALUES ('installation', 'known');
    INSERT INTO decisions VALUES (1, 5, 's1', 'id', 'enforce', 'alert', 'alert', 50.5, 'r', '["a"]', 'p', 'old1');
    INSERT INTO decisions VALUES (2, 6, 's1', 'id', 'enforce', 'sever', 'sever', 1.5, 'r', '["b"]', 'old1', 'old2');`);
  db.close();
  const store = openStore({ path, keys });
  t.same(store.audit.verify(), { rows: 2, brokenAt: null });
  t.match(store.audit.entries(0, 5), [{ previous: originOf("known"), detail: { hashBefore: "old1" } }, { seq: 2 }]);
  t.match(store.decisions(1), [{ verdict: "sever", trust: 1.5, reasons: ["b"] }]);
  store.close();
  t.end();
});

t.test("whoever writes another chain with marks of a key of their own is found, in the store and in an export", (t) => {
  const { store, path } = filled(t);
  const { id, publicKey } = store.audit.signer;
  const mine = new AuditVerifier(publicKey, "test");
  store.close();
  const forged = `${path}.forged`;
  copyFileSync(path, forged);
  copyFileSync(`${path}.audit-key.pub`, `${forged}.audit-key.pub`);
  const own = openStore({ path: forged, keys });
  own.audit.note({ actor: "operator:olga", action: "agent.unlocked", why: "never happened" });
  own.audit.checkpoint();
  const text = exported(own);
  t.throws(() => verifyExport(text, mine), { code: "audit-broken" });
  own.close();
  copyFileSync(`${path}.audit-key`, `${forged}.audit-key`);
  copyFileSync(`${path}.audit-key.pub`, `${forged}.audit-key.pub`);
  const back = openStore({ path: forged, keys });
  t.same(back.audit.unknownKeys(), [own.audit.signer.id], "the mark's key is not the installation's");
  t.throws(() => verifyExport(exported(back), mine), { code: "audit-broken" });
  back.close();
  const signed = new DatabaseSync(forged);
  signed.exec(`UPDATE audit_marks SET key_id = '${id}' WHERE key_id = '${own.audit.signer.id}'`);
  signed.close();
  const claimed = openStore({ path: forged, keys });
  t.match(claimed.audit.verify(), { brokenAt: 6 }, "nor is it, where it says so");
  t.throws(() => exported(claimed), { code: "audit-broken" });
  claimed.close();
  t.end();
});

t.test("another audit key goes on with the chain, and both keys' marks are checked", (t) => {
  const { store, path } = filled(t);
  const before = store.audit.checkpoint();
  const old = store.audit.signer.publicKey;
  store.close();
  renameSync(`${path}.audit-key`, `${path}.audit-key.old`);
  const next = openStore({ path, keys });
  t.teardown(() => next.close());
  t.not(next.audit.signer.id, before?.key);
  next.audit.note({ actor: "operator:olga", action: "agent.locked", why: "with the new key" });
  const after = next.audit.checkpoint();
  t.equal(after?.key, next.audit.signer.id);
  t.same(next.audit.verify(), { rows: 6, brokenAt: null });
  const text = exported(next);
  const both = new AuditVerifier(next.audit.signer.publicKeys, "test");
  t.match(verifyExport(text, both, before ?? undefined), { entries: 6 });
  for (const one of [old, next.audit.signer.publicKey])
    t.throws(
      () => verifyExport(text, new AuditVerifier(one, "test")),
      { code: "audit-broken" },
      "each alone is not enough",
    );
  t.equal(
    readFileSync(`${path}.audit-key.pub`, "utf8"),
    next.audit.signer.publicKeys,
    "the earlier key stays beside it",
  );
  t.end();
});

t.test("a file taken back to an earlier state, marks and all, is found by what was noted elsewhere alone", (t) => {
  const { store, path } = filled(t);
  const copy = `${path}.earlier`;
  const db = new DatabaseSync(path);
  db.exec(`VACUUM INTO '${copy}'`);
  db.close();
  for (const half of ["audit-key", "audit-key.pub"]) copyFileSync(`${path}.${half}`, `${copy}.${half}`);
  store.decided(s1, anna, wrongHand("sever"));
  const noted = store.audit.checkpoint() ?? undefined;
  const back = openStore({ path: copy, keys });
  t.teardown(() => back.close());
  t.same(back.audit.verify(), { rows: 5, brokenAt: null }, "by itself it looks whole: docs/OPERATIONS.md says so");
  t.throws(() => verifyExport(exported(back), verifierOf(store), noted), /ends before the earlier checkpoint/);
  t.end();
});

t.test("several processes that write at once make one chain, of which nothing is lost", async (t) => {
  const path = `${t.testdir()}/store.db`;
  const ring = newKeyLine(new Date(0));
  const main = openStore({ path, keys: parseKeyRing(ring, "test") });
  t.teardown(() => main.close());
  const writer = fileURLToPath(new URL("../../test/parts/audit-writer.ts", import.meta.url));
  const each = 150;
  const writers = ["a", "b", "c"].map((name) =>
    once(spawn(process.execPath, [writer, path, ring, name, String(each)], { stdio: "inherit" }), "close"),
  );
  for (let number = 0; number < each; number++)
    main.audit.note({ actor: "gateway", action: "test.written", why: `main ${number}` });
  for (const ended of await Promise.all(writers)) t.same(ended, [0, null]);
  while (main.waiting > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  t.same(main.audit.verify(), { rows: 4 * each, brokenAt: null });
  const told = new Set(main.audit.entries(0, 5 * each).map(({ why }) => why));
  t.equal(told.size, 4 * each, "each once");
  const { entries } = verifyExport(exported(main), verifierOf(main));
  t.equal(entries, 4 * each);
});
