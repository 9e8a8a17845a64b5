/** When what a session showed is let go: its rhythm must not stay in memory, and must not be gone before it is saved. */
import t from "tap";
import { Background } from "../../models/background.ts";
import { systemClock } from "../core/clock.ts";
import { silentLog } from "../core/log.ts";
import { agentName, sessionId } from "../core/units.ts";
import { Enrolment } from "../inspect/inspector.ts";
import type { AgentId, AgentRecord, Store } from "../store/store.ts";
import { Learning } from "./learning.ts";
import type { Lesson } from "./lessons.ts";

const background = Background.load();
const anna = { id: 1 as unknown as AgentId, name: agentName("anna") } as AgentRecord;

/** Learning on a store that takes a lesson in when the test says so, and a lesson whose parts say when they are wiped. */
function school({ consents = true, fails = false } = {}) {
  const saves: (() => void)[] = [];
  const store = {
    agent: () => null,
    profile: () => null,
    learn(_id: AgentId, _merge: unknown, over: () => void) {
      if (fails) throw new Error("a fault");
      saves.push(over);
    },
  };
  const learning = new Learning({
    store: store as unknown as Store,
    background,
    log: silentLog,
    clock: systemClock,
    enrolment: () => ({}) as never,
    consented: () => consents,
  });
  let wiped = 0;
  const part = (): Enrolment => {
    const enrolment = new Enrolment(background);
    enrolment.keyboard.wipe = () => void (wiped += 1);
    return enrolment;
  };
  const lesson: Lesson = { stretches: [{ shown: part(), learnable: part(), device: null }], peaks: [] };
  learning.known(anna.name, anna.id, {} as never);
  learning.teach(anna, sessionId("s1"), lesson, () => {});
  return { learning, saves, wiped: () => wiped };
}

t.test("a lesson is wiped once the store has it, and not before", (t) => {
  const { learning, saves, wiped } = school();
  learning.flush();
  t.equal(saves.length, 1);
  t.equal(wiped(), 0, "the store is busy: it will be taken in again, whole");
  saves[0]();
  t.equal(wiped(), 2, "all that was shown, and what was learned of it");
  t.end();
});

t.test("a lesson that nobody will learn is wiped at once", (t) => {
  const forgotten = school();
  forgotten.learning.forget(anna.name);
  t.equal(forgotten.wiped(), 2, "the agent was forgotten while it waited");
  forgotten.learning.flush();
  t.same(forgotten.saves, []);
  for (const [why, how] of [
    ["consent was taken back", { consents: false }],
    ["it cannot be handed on", { fails: true }],
  ] as const) {
    const { learning, saves, wiped } = school(how);
    learning.flush();
    t.same([saves.length, wiped()], [0, 2], why);
  }
  t.end();
});
