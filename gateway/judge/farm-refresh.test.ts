/** When a farm is made anew: not for each event, and at once for whoever leaves. */
import t, { type Test } from "tap";
import { agentName } from "../core/units.ts";
import { FarmRefresh, type Pauses } from "./farm-refresh.ts";

const [anna, bert, cora] = ["anna", "bert", "cora"].map(agentName);
const never = 60_000;

/** A farm whose making the test ends. */
function farm(t: Test, pauses: Partial<Pauses>, members = [anna]) {
  const made: (() => void)[] = [];
  const begun: (() => void)[] = [];
  const all = { settle: never, rest: never, usual: never, ...pauses };
  const refresh = new FarmRefresh({
    refresh: () =>
      new Promise((resolve) => {
        made.push(resolve);
        begun.shift()?.();
      }),
    has: (agent) => members.includes(agent),
    hasRoom: () => members.length < 3,
    pauses: all,
  });
  // its own timers keep no process alive
  const alive = setInterval(() => {}, never);
  t.teardown(() => {
    clearInterval(alive);
    refresh.close();
  });
  return { refresh, made, members, next: () => new Promise<void>((resolve) => begun.push(resolve)) };
}

/** Everything that was to happen by now has. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

t.test(
  "who is new to it is taken in soon, with those who come at the same time, and once in a while only",
  async (t) => {
    const { refresh, made, next } = farm(t, { settle: 1, rest: 1 });
    const first = next();
    refresh.matured(anna);
    refresh.matured(bert);
    refresh.matured(cora);
    t.equal(made.length, 0, "not in the event that brings one");
    await first;
    const second = next();
    refresh.matured(bert);
    refresh.matured(cora);
    await settled();
    t.equal(made.length, 1, "nor while it is made");
    made[0]();
    await second;
    t.equal(made.length, 2, "and once more for all who came meanwhile");
  },
);

t.test("it rests between, for as many as mature, and knows its own", async (t) => {
  const { refresh, made, members, next } = farm(t, { settle: 1 });
  const first = next();
  refresh.matured(anna);
  await settled();
  refresh.matured(bert);
  await first;
  made[0]();
  await settled();
  for (let each = 0; each < 100; each++) refresh.matured(cora);
  await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal(made.length, 1);
  members.push(bert, cora);
  refresh.matured(agentName("dora"));
  await settled();
  t.equal(made.length, 1, "where it is full nobody is waited for");
});

t.test("who leaves is out at once, whatever it was about, and who was never in it changes nothing", async (t) => {
  const { refresh, made } = farm(t, {});
  refresh.left(bert);
  await settled();
  t.equal(made.length, 0);
  refresh.left(anna);
  t.equal(made.length, 1);
  refresh.left(bert);
  refresh.left(anna);
  made[0]();
  await settled();
  t.equal(made.length, 2, "who left while it was made may be in it: once more, for both");
  made[1]();
  await settled();
  t.equal(made.length, 2);
  refresh.left(anna);
  t.equal(made.length, 3, "and it does not rest for that");
  refresh.close();
  made[2]();
  await settled();
  t.equal(made.length, 3);
});
