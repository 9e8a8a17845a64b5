/** Agents in front of whose gateway a web application stands: an account is one agent, whoever spelt it and when. */
import t from "tap";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { agentName, epochMillis } from "../core/units.ts";
import { openStore } from "./open-store.ts";

const keys = parseKeyRing(newKeyLine(new Date(0)), "test");
const spell = (name: string) => agentName(name.toLowerCase());
const at = (days: number) => epochMillis(Date.now() + days * 86_400_000);

t.test("agents and locks of a version that kept names as they were typed are found by their one spelling", (t) => {
  const path = `${t.testdir()}/store.db`;
  const before = openStore({ path, keys });
  const learned = (keystrokes: number) => ({ keystrokes, actions: 0, days: 1, body: Buffer.from("statistics") });
  const enrol = (name: string, keystrokes: number) => {
    const { id } = before.enrol(agentName(name));
    before.updateProfile(id, () => learned(keystrokes));
    return id;
  };
  enrol("ldap/Bob", 5);
  const bob = enrol("ldap/Bob", 10);
  const eve = enrol("ldap/Eve", 3000);
  const typedOnce = enrol("ldap/EVE", 20);
  before.lock(agentName("ldap/Bob"), at(1), "severed");
  before.lock(agentName("ldap/bob"), at(2), "severed again");
  before.lock(agentName("ldap/EVE"), null, "never came");
  before.close();

  const otherKeys = parseKeyRing(newKeyLine(new Date(1)), "test");
  t.throws(
    () => openStore({ path, keys: otherKeys, spell }),
    { code: "profile-unreadable" },
    "nothing is lost to a key file",
  );

  const warnings: unknown[] = [];
  const none = () => {};
  const log = { debug: none, info: none, error: none, warn: (fields: unknown) => void warnings.push(fields) };
  for (const opening of [1, 2]) {
    const store = openStore({ path, keys, spell, log });
    t.match(store.agent(agentName("ldap/bob")), { id: bob, keystrokes: opening === 1 ? 10 : 5 }, `opening ${opening}`);
    t.match(store.lockOf(agentName("ldap/bob")), { reason: "severed again" });
    t.equal(store.agent(agentName("ldap/eve"))?.id, eve, "the one of whom most is known");
    t.match(store.lockOf(agentName("ldap/eve")), { reason: "never came", until: null });
    t.equal(store.locks().length, 2);
    t.equal(Buffer.from(store.profile(bob)?.body ?? []).toString(), "statistics", "what was sealed opens");
    t.ok(store.rollback(bob, 1), "and so does what is kept of before");
    store.close();
  }
  const told = { agent: "ldap/EVE", known: "ldap/eve" };
  t.same(warnings, [told, told], "who is used no more is told at each start");

  const store = openStore({ path, keys, spell });
  t.ok(store.forget(agentName("ldap/EVE")));
  t.equal(store.nameOf(typedOnce), null, "the other of the two can be taken away by its own name");
  t.equal(store.nameOf(eve), "ldap/eve");
  store.close();
  t.end();
});

t.test("operators' words reach an account however they spell it", (t) => {
  const store = openStore({ path: `${t.testdir()}/store.db`, keys, spell });
  const { id } = store.enrol(agentName("ldap/Anna"));
  t.equal(store.nameOf(id), "ldap/anna");
  t.equal(store.enrol(agentName("ldap/ANNA")).id, id);
  store.lock(agentName("ldap/Anna"), null, "lost");
  t.match(store.lockOf(agentName("ldap/anna")), { agent: "ldap/anna", reason: "lost" });
  t.ok(store.unlock(agentName("LDAP/anna")));
  const forgotten: unknown[] = [];
  store.onChange((change) => forgotten.push(change));
  t.ok(store.forget(agentName("ldap/Anna")));
  t.same(forgotten, [{ kind: "forgotten", agent: "ldap/anna" }]);
  store.close();
  t.end();
});
