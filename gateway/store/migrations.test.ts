/** Files that earlier versions of Samehand wrote, each brought forward with all that is in it. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import t from "tap";
import { parseKeyRing } from "../core/key-ring.ts";
import { agentName, epochMillis } from "../core/units.ts";
import { openStore } from "./open-store.ts";
import { migrations } from "./schema.ts";

/**
 * `version-N.db.gz`: written by the code of that version, with three profiles each of anna and bert, a lock of bert, a
 * spent token, and a session of anna with three decisions. Add one with each version that is released.
 */
const folder = new URL("fixtures/", import.meta.url);
const keys = parseKeyRing(`2026-01-01-aaaaaa:${Buffer.alloc(32, 7).toString("base64url")}`, "test");
const versions = readdirSync(folder).map((name) => Number(/^version-(\d+)\.db\.gz$/.exec(name)?.[1]));

t.test("there is a file of an earlier version", (t) => {
  t.ok(versions.length >= 4 && versions.includes(2), versions.join());
  t.ok(versions.every((version) => version <= migrations.length));
  t.end();
});

for (const version of versions)
  t.test(`a file of version ${version} is brought forward, and a second opening changes nothing`, async (t) => {
    const path = `${t.testdir()}/store.db`;
    writeFileSync(path, gunzipSync(readFileSync(new URL(`version-${version}.db.gz`, folder))), { mode: 0o600 });
    for (const opening of [1, 2]) {
      const store = openStore({ path, keys });
      for (const name of ["anna", "bert"]) {
        const record = store.agent(agentName(name));
        t.match(record, { profileVersion: 3, keystrokes: 300, actions: 30 }, `${name}, opening ${opening}`);
        const body = store.profile(record!.id)?.body ?? [];
        t.equal(Buffer.from(body).toString(), `${name} 3`);
      }
      t.match(store.lockOf(agentName("bert")), { reason: "severed", until: null });
      t.equal(await store.spend("spent-token", epochMillis(4_000_000_000_000)), false, "a token stays spent");
      t.match(store.sessions(9), [{ id: "s1", agent: "anna", verdict: "quarantine", outcome: { end: "closed" } }]);
      t.same(
        store.decisions(9).map(({ verdict }) => verdict),
        ["allow", "quarantine", "alert"],
      );
      t.equal(store.audit.verify().brokenAt, null, "the chain is whole");
      store.close();
    }
  });
