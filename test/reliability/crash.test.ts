import t from "tap";
import { crash } from "./crash.ts";

/** A share of `npm run crash`; another one each time, with its seed in the name. */
const seed = Date.now() >>> 0;

t.test(`a process killed at any point leaves all it told, and all of it whole (seed ${seed})`, async (t) => {
  t.setTimeout(100_000);
  const { told, faults, kills } = await crash(`${t.testdir()}/store.db`, 20, seed);
  t.same(faults, []);
  t.equal(kills, 20);
  for (const [what, count] of Object.entries(told)) t.ok(count > 20, `${count} times ${what}`);
});
