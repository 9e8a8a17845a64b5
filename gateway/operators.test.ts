import t from "tap";
import { fleet } from "../test/parts/buses.ts";
import { sessionId } from "./core/units.ts";
import { Bus, type Link } from "./fleet/bus.ts";
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

t.test("sessions of a silent process are as they were last, until it answers or is gone", async (t) => {
  const middle = new Bus("0", 20);
  const links = ["1", "2"].map((worker) => {
    const link: Link & { silent: boolean } = {
      silent: false,
      send(message) {
        if (message.bus !== "ask" || link.silent) return;
        const answers = [{ worker, sessions: [{ id: `session of ${worker}` }] }];
        middle.received({ bus: "answers", id: message.id, answers, missing: 0 }, link);
      },
    };
    middle.attach(link);
    return link;
  });
  const live = new FleetSessions(middle);
  const seen = async () => {
    const { sessions, silent } = await live.list();
    return { ids: sessions.map((each) => String(each.id)).toSorted(), silent };
  };
  const both = ["session of 1", "session of 2"];
  t.same(await seen(), { ids: both, silent: 0 });
  links[1].silent = true;
  t.same(await seen(), { ids: both, silent: 1 }, "neither ended nor left out");
  t.same(await seen(), { ids: both, silent: 1 });
  t.same(await new FleetSessions(middle).list(), { sessions: [{ id: "session of 1" }], silent: 1 }, "said, at least");
  links[1].silent = false;
  t.same(await seen(), { ids: both, silent: 0 });
  middle.detach(links[1]);
  t.same(await seen(), { ids: ["session of 1"], silent: 0 });
});
