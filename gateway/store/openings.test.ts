/** Tokens that are spent while the file is busy: nobody is let in before it is written, nor refused for a moment's wait. */
import t from "tap";
import { SamehandError } from "../core/errors.ts";
import { silentLog } from "../core/log.ts";
import { Tally } from "../core/tally.ts";
import { epochMillis } from "../core/units.ts";
import type { Database } from "./database.ts";
import { Openings } from "./openings.ts";
import { Waiting } from "./waiting.ts";

/** As SQLite says that the file is busy, and that a statement is wrong. */
const busy = new SamehandError("store-unavailable", "busy", { errcode: 5 });
const wrong = new SamehandError("store-unavailable", "no such table", { errcode: 1 });
const later = epochMillis(Date.now() + 60_000);

/** Openings on a file that fails so many times, in this way. */
function openings(failures: number, fault = busy) {
  const spent = new Set<string>();
  let tries = 0;
  const db = {
    transaction<Result>(work: () => Result): Result {
      if (++tries <= failures) throw fault;
      return work();
    },
    runOf(_statement: unknown, [jti]: [string]): number {
      const fresh = spent.has(jti) ? 0 : 1;
      spent.add(jti);
      return fresh;
    },
  };
  const made = new Openings(db as unknown as Database, new Waiting(silentLog, new Tally()), () => {});
  return { openings: made, spent, tries: () => tries };
}

t.test("a token is written once the file is free again, with those that came meanwhile", async (t) => {
  const { openings: busyOnce, spent, tries } = openings(2);
  const first = busyOnce.spend("a", later);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  t.same([tries(), [...spent]], [1, []], "tried, and not written");
  const others = [busyOnce.spend("b", later), busyOnce.spend("a", later)];
  t.equal(await first, true);
  t.same(await Promise.all(others), [true, false], "each opens one session");
  t.ok(tries() <= 4, `${tries()} tries`);
});

t.test("a token that cannot be written opens nothing", async (t) => {
  const { openings: never, spent, tries } = openings(Infinity);
  await t.rejects(never.spend("a", later), { code: "store-unavailable" });
  t.equal(tries(), 10, "after a second");
  const { openings: mistaken, tries: once } = openings(1, wrong);
  await t.rejects(mistaken.spend("a", later), { code: "store-unavailable" });
  t.equal(once(), 1, "at once where waiting does not help");
  t.equal(spent.size, 0);
});
