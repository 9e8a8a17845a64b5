import t from "tap";
import { fleet } from "../test/parts/buses.ts";
import { sessionId } from "./core/units.ts";
import { Bus } from "./fleet/bus.ts";
import { FleetSessions } from "./operators.ts";

const id = sessionId("00000000-0000-4000-8000-000000000001");
const act = { kind: "sever", operator: "olga", reason: "not the agent" } as const;

t.test("a session that nobody has is gone; where a process is silent nobody can say so", async (t) => {
  const { one, two } = fleet();
  for (const { bus } of [one, two]) {
    bus.answer("act", () => "gone");
    bus.answer("session", () => null);
  }
  const live = new FleetSessions(one.bus);
  t.equal(await live.act(id, act), "gone");
  t.equal(await live.detail(id), null);

  const first = new Bus("0", 20);
  first.attach({ send() {} });
  const unheard = new FleetSessions(first);
  await t.rejects(unheard.act(id, act), { code: "neighbour-silent" });
  await t.rejects(unheard.detail(id), { code: "neighbour-silent" });
});
