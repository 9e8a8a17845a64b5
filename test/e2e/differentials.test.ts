/** Input that two parsers read differently, against the real guacd: whatever X received, the gateway had scored. */
import t from "tap";
import { accepted, type Differential, refused } from "../fixtures/differentials.ts";
import { type Farm, startFarm } from "../parts/farm.ts";

const atOnce = 8;

const refusals = ({ gateway }: Farm): number =>
  [...gateway.tally.refusals.values()].reduce((sum, count) => sum + count, 0);

/** Says it to the desktop as a text message, valid UTF-8 or not. @returns the close's reason */
async function say(farm: Farm, { messages }: Differential): Promise<string> {
  const viewer = await farm.viewer("alex");
  for (const message of messages) viewer.send(message, { binary: false });
  return (await viewer.ended).closeReason;
}

const farm = await startFarm({ config: { limits: { sessionsPerAgent: 64 } } });
t.teardown(() => farm.stop());
const { desktop } = farm;

t.test("nothing that is refused reaches X, and each refusal is counted", async (t) => {
  for (let first = 0; first < refused.length; first += atOnce) {
    const rows = refused.slice(first, first + atOnce);
    const from = desktop.events.length;
    const before = refusals(farm);
    const reasons = await Promise.all(rows.map((row) => say(farm, row)));
    rows.forEach(({ name }, index) => {
      t.ok(["768", "781"].includes(reasons[index] ?? ""), `${name}: closed with ${reasons[index]}`);
    });
    t.equal(refusals(farm), before + rows.length, "each is counted once");
    await desktop.settled(150);
    t.same(desktop.events.slice(from), [], `X received nothing of ${rows.map(({ name }) => name).join(", ")}`);
  }
});

t.test("what honest clients send passes, and the session lives", async (t) => {
  // the first ends a session by design; guacd ends a user whose time is ahead of its own, which is its up-time
  const ending = ["disconnect", "sync-uptime", "sync-epoch"];
  for (const { name, text } of accepted.filter(({ name }) => !ending.includes(name))) {
    const viewer = await farm.viewer("alex");
    const from = desktop.events.length;
    viewer.send(text);
    viewer.send("3.key,2.98,1.1;3.key,2.98,1.0;");
    await desktop.received((event) => event.kind === "key" && event.keysym === 98 && !event.pressed, { from });
    t.ok(viewer.open, name);
    await viewer.close();
  }
});
