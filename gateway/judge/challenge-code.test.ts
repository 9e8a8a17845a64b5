import t from "tap";
import { StepClock } from "../../test/parts/typist.ts";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { agentName, epochMillis } from "../core/units.ts";
import { openStore } from "../store/open-store.ts";
import { acceptCode, codeAt, enrolCode } from "./challenge-code.ts";

const ring = parseKeyRing(newKeyLine(new Date()), "test");

t.test("a code is good one step early or late and once, over processes and restarts", (t) => {
  const clock = new StepClock(1_800_000_000_000);
  const path = `${t.testdir()}/store.db`;
  const store = openStore({ path, keys: ring, clock });
  const { id } = store.enrol(agentName("ann"));
  t.notOk(acceptCode(store, id, "123456", clock.wall()), "without a secret there is no code");
  t.match(enrolCode(store, id, "ann", "Example"), /^otpauth:\/\/totp\/Example:ann\?.*secret=[A-Z2-7]{32}/);
  const at = (steps: number) => epochMillis(clock.wall() + 30_000 * steps);
  const early = codeAt(store, id, at(-1)) ?? "";
  const now = codeAt(store, id, at(0)) ?? "";
  const late = codeAt(store, id, at(1)) ?? "";
  t.notOk(acceptCode(store, id, codeAt(store, id, at(-2)) ?? "", clock.wall()), "two steps early");
  t.notOk(acceptCode(store, id, codeAt(store, id, at(2)) ?? "", clock.wall()), "two steps late");
  for (const odd of ["", "12345", "1234567", " 12345", "१२३४५६", "12345é"])
    t.notOk(acceptCode(store, id, odd, clock.wall()), `not a code: ${odd}`);
  t.ok(acceptCode(store, id, early, clock.wall()));
  t.notOk(acceptCode(store, id, early, clock.wall()), "used");
  const other = openStore({ path, keys: ring, clock });
  t.notOk(acceptCode(other, id, early, clock.wall()), "used, in another process");
  t.ok(acceptCode(other, id, now, clock.wall()));
  other.close();
  store.close();
  const again = openStore({ path, keys: ring, clock });
  t.notOk(acceptCode(again, id, now, clock.wall()), "used, after a restart");
  t.ok(acceptCode(again, id, late, clock.wall()));
  t.notOk(acceptCode(again, id, now, clock.wall()), "an older one than was used");
  t.ok(again.challenges.dropCodeSecret(id));
  t.notOk(again.challenges.dropCodeSecret(id));
  t.equal(codeAt(again, id, clock.wall()), null);
  again.close();
  t.end();
});
