import t from "tap";
import { agentName, epochMillis, sessionId } from "../core/units.ts";
import { fleet } from "../../test/parts/buses.ts";

const doubt = { agent: agentName("ann"), suspicion: 2, held: null, at: epochMillis(5) };

t.test("what one process publishes, each hears once, and knows whether it was its own", async (t) => {
  const { middle, one, two } = fleet();
  const heard: string[] = [];
  const arrived = new Promise<void>((resolve) => {
    for (const bus of [middle, one.bus, two.bus])
      bus.subscribe("doubted", ({ agent }, elsewhere) => {
        if (heard.push(`${bus.name} ${agent} ${elsewhere}`) === 3) resolve();
      });
  });
  one.bus.publish("doubted", doubt);
  t.same(heard, ["1 ann false"], "its own at once");
  await arrived;
  t.same(heard, ["1 ann false", "0 ann true", "2 ann true"]);
});

t.test("a question from anywhere is answered by every process", async (t) => {
  const { middle, one, two } = fleet();
  for (const bus of [one.bus, two.bus]) bus.answer("unready", () => [bus.name]);
  for (const bus of [middle, one.bus, two.bus]) t.same((await bus.ask("unready", null)).flat().sort(), ["1", "2"]);
  two.bus.answer("unready", () => Promise.reject(new Error("no")));
  t.same(await middle.ask("unready", null), [["1"]], "who fails is left out");
  t.same(await one.bus.askEach("unready", null), { answers: [["1"]], missing: 1 }, "and counted");
});

t.test("only the middle counts", async (t) => {
  const { middle, one, two } = fleet();
  const claim = { session: sessionId("s"), agent: agentName("ann"), worker: "1", sessionsPerAgent: 1 };
  two.bus.answer("claim", () => {
    t.fail("a worker is not asked");
    return null;
  });
  t.same(await one.bus.ask("claim", claim), [], "nobody counts");
  middle.answer("claim", () => "too-many-sessions");
  t.same(await one.bus.ask("claim", claim), ["too-many-sessions"]);
  two.bus.subscribe("left", () => t.fail("a worker does not hear it"));
  await new Promise<void>((resolve) => {
    middle.subscribe("left", () => resolve());
    one.bus.publish("left", { session: sessionId("s") });
  });
});

t.test("who is silent is not waited for", async (t) => {
  const { one, two } = fleet();
  one.bus.answer("unready", () => ["1"]);
  two.bus.answer("unready", () => new Promise(() => {}));
  t.same(await one.bus.askEach("unready", null), { answers: [["1"]], missing: 1 }, "after the middle's patience");
});

t.test("who dies is not waited for, however patient the middle is", async (t) => {
  const { middle, one, two } = fleet(2 ** 30);
  one.bus.answer("unready", () => ["1"]);
  two.bus.answer("unready", () => new Promise(() => {}));
  const asked = middle.askEach("unready", null);
  middle.detach(two.outward);
  t.same(await asked, { answers: [["1"]], missing: 0 }, "it would have had nothing to say");
});
