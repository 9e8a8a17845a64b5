import { readFileSync } from "node:fs";
import t from "tap";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { agentName, epochMillis } from "../core/units.ts";
import { openStore } from "./open-store.ts";

const [old, fresh] = [newKeyLine(new Date()), newKeyLine(new Date())];
const ann = agentName("ann");

t.test("a secret lies sealed in the file, outlives a rotation, and goes with the agent", (t) => {
  const path = `${t.testdir()}/store.db`;
  const store = openStore({ path, keys: parseKeyRing(old, "test") });
  const { id } = store.enrol(ann);
  const secret = Buffer.from("twenty bytes, secret");
  store.challenges.keepCodeSecret(id, secret);
  t.equal(Buffer.compare(store.challenges.codeSecret(id) ?? Buffer.of(), secret), 0);
  store.useKeys(parseKeyRing(`${old}\n${fresh}`, "test"));
  store.updateProfile(id, () => ({ keystrokes: 1, actions: 1, days: 1, body: Buffer.from("x") }));
  store.close();
  t.notOk(readFileSync(path, "latin1").includes("twenty bytes"));
  const rotated = openStore({ path, keys: parseKeyRing(fresh, "test") });
  t.equal(Buffer.compare(rotated.challenges.codeSecret(id) ?? Buffer.of(), secret), 0, "under the new key alone");
  rotated.forget(ann);
  t.equal(rotated.challenges.codeSecret(id), null);
  rotated.challenges.note(id, "passed");
  t.same(rotated.challenges.since(id, epochMillis(0)), [], "who is forgotten leaves nothing");
  rotated.close();
  t.end();
});

t.test("a phrase is asked once, each agent apart, and its words are nowhere in the file", (t) => {
  const path = `${t.testdir()}/store.db`;
  const store = openStore({ path, keys: parseKeyRing(old, "test") });
  const { id } = store.enrol(ann);
  const other = store.enrol(agentName("bob")).id;
  t.ok(store.challenges.spendPhrase(id, "zephyr quartz"));
  t.notOk(store.challenges.spendPhrase(id, "zephyr quartz"));
  t.ok(store.challenges.spendPhrase(other, "zephyr quartz"));
  store.challenges.note(id, "wrong-code");
  store.challenges.note(id, "passed");
  store.challenges.note(other, "abandoned");
  t.same(
    store.challenges.since(id, epochMillis(0)).map(({ outcome }) => outcome),
    ["wrong-code", "passed"],
  );
  t.same(store.challenges.since(id, epochMillis(Date.now() + 60_000)), []);
  store.close();
  t.notOk(readFileSync(path, "latin1").includes("zephyr"));
  const again = openStore({ path, keys: parseKeyRing(old, "test") });
  t.notOk(again.challenges.spendPhrase(id, "zephyr quartz"), "after a restart too");
  again.close();
  t.end();
});
