import { DatabaseSync } from "node:sqlite";
import t from "tap";
import type { Clock } from "../core/clock.ts";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { epochMillis, millis } from "../core/units.ts";
import { openStore } from "../store/open-store.ts";
import { Access } from "./access.ts";
import { hashOf, SignIns } from "./sign-ins.ts";

t.test("a store that takes no writes keeps no operator who is signed in from what is to be done", async (t) => {
  const path = `${t.testdir()}/store.db`;
  const store = openStore({ path, keys: parseKeyRing(newKeyLine(new Date(0)), "test"), busyMillis: 1 });
  const other = new DatabaseSync(path);
  t.teardown(() => {
    other.close();
    store.close();
  });
  const { operators } = store;
  let now = 1_800_000_000_000;
  const clock: Clock = { now: () => millis(now), wall: () => epochMillis(now) };
  const signIns = new SignIns(operators, clock, 12);
  const access = new Access({ signIns, operators, clock, secure: false, origin: () => "" });
  operators.save("olga", ["responder"], clock.wall());
  const secret = signIns.start("olga", "passkey");
  const made = { name: "shell", roles: ["responder"], createdBy: "olga", createdAt: clock.wall() };
  operators.addToken({ id: "id", hash: hashOf("t".repeat(43)), ...made, expiresAt: null, usedAt: clock.wall() });
  const cookie = access.cookie(secret, 60);
  other.exec("BEGIN IMMEDIATE");
  now += 120_000;
  t.throws(() => operators.save("kim", ["viewer"], clock.wall()), { code: "store-unavailable" });
  t.equal(access.caller({ cookie }, false).name, "olga");
  t.equal(access.caller({ authorization: `Bearer ${"t".repeat(43)}` }, false).person, "olga");
  other.exec("ROLLBACK");
  t.equal(access.caller({ cookie }, false).name, "olga");
  t.equal(operators.signIn(hashOf(secret))?.usedAt, now, "and once it does, the use is written down");
});
