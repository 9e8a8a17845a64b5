/** Another mouse in the agent's hand: learned as a mode of the same agent once it was seen on two days, and nobody else's. */
import { join } from "node:path";
import t, { type Test } from "tap";
import { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { enrolColleagues, enrolPerson } from "../../test/parts/colleagues.ts";
import { send, StepClock, Typist } from "../../test/parts/typist.ts";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { silentLog } from "../core/log.ts";
import { Tally } from "../core/tally.ts";
import { agentName, sessionId } from "../core/units.ts";
import { defaultPolicyFile, loadPolicy } from "../policy/policy-file.ts";
import { openStore } from "../store/open-store.ts";
import { LiveJudge } from "./judge.ts";

const background = Background.load();
const amount = { keystrokes: 400, actions: 0, days: 0 };
const anna = agentName("anna");
const dayLength = 86_400_000;

async function farm(t: Test) {
  const clock = new StepClock();
  const keys = parseKeyRing(newKeyLine(new Date()), "test");
  const store = openStore({ path: join(t.testdir(), "store.db"), keys, clock });
  const settings = {
    mode: "report" as const,
    policy: loadPolicy(defaultPolicyFile),
    enrolment: { provisional: amount, mature: amount },
    sessionsPerAgent: 4,
  };
  enrolColleagues(store, background, 6);
  enrolPerson(store, background, anna, 1, 2400);
  const judge = new LiveJudge({
    store,
    background,
    settings: () => settings,
    tally: new Tally(),
    log: silentLog,
    clock,
  });
  await judge.refresh();
  t.teardown(async () => {
    await judge.close();
    store.close();
  });
  let number = 0;
  return {
    /** A session of a day of its own, typed by one and pointed by another. */
    work: async (typist: number, hand: number): Promise<void> => {
      clock.advance(dayLength);
      const id = sessionId(`session-${++number}`);
      const info = { id, agent: anna, connection: "desk", startedAt: clock.wall(), address: "" };
      const ticket = { agent: anna, connection: "desk", target: { protocol: "vnc" }, settings: {} };
      const watch = await judge.open(ticket, info, { quarantine() {}, show() {}, release() {}, sever() {} });
      const events = [
        ...new Typist(typist).shift(900, number).filter(({ kind }) => kind === "key"),
        ...new Typist(hand).shift(900, number).filter(({ kind }) => kind === "pointer"),
      ].sort((one, two) => one.at - two.at);
      const from = clock.now();
      let ticked = 0;
      for (const event of events) {
        clock.advance(Math.max(0, from + event.at - clock.now()));
        send(watch, event, clock.now());
        if (event.at - ticked > 1000) {
          ticked = event.at;
          watch.tick(clock.now());
        }
      }
      watch.close(clock.now(), null);
      judge.flush();
    },
    profile: () => Profile.decode(store.profile(store.enrol(anna).id)!.body, background),
  };
}

t.test("an agent's other mouse waits for a second day, and then counts", async (t) => {
  const { work, profile } = await farm(t);
  await work(1, 1);
  t.same(profile().modes, [], "the usual mouse is no other device");
  await work(1, 3);
  t.match(profile().modes, [{ modality: "pointer", confirmed: false }]);
  await work(1, 3);
  t.match(profile().modes, [{ modality: "pointer", confirmed: true }]);
  t.equal(profile().modes.length, 1, "and it is the same one");
  const [mode] = profile().modes;
  await work(1, 3);
  const { modes, candidate } = profile();
  t.match(modes, [{ statistics: { count: mode.statistics.count }, waiting: { session: "session-4" } }]);
  t.same(
    [candidate?.part.pointer.count, (candidate?.part.keyboard.count ?? 0) > 0],
    [0, true],
    "the typing is the usual",
  );
  await work(1, 1);
  t.match(profile().modes, [{ waiting: { session: "session-4" } }], "a day at the usual mouse confirms nothing of it");
  t.ok((profile().candidate?.part.pointer.count ?? 0) > 0, "which learns what is its own");
  await work(1, 3);
  const [grown] = profile().modes;
  t.equal(grown.statistics.count, mode.statistics.count + (modes[0].waiting?.statistics.count ?? 0));
  t.match(grown.waiting, { session: "session-6" }, "another day of it confirms the one before, and waits itself");
});

t.test("neither somebody else, nor somebody else's typing beside the agent's mouse, opens a mode", async (t) => {
  const { work, profile } = await farm(t);
  for (let day = 0; day < 3; day++) await work(2, 3);
  for (let day = 0; day < 3; day++) await work(2, 1);
  t.same(profile().modes, []);
});
