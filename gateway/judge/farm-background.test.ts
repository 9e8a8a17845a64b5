/** The farm's own background: when it serves, what it is made of, and that live sessions change to it without a gap. */
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { enrolColleagues, enrolPerson } from "../../test/parts/colleagues.ts";
import { StepClock, Typist } from "../../test/parts/typist.ts";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { silentLog } from "../core/log.ts";
import { Tally } from "../core/tally.ts";
import { agentName, buttonMask, keysym, sessionId } from "../core/units.ts";
import { defaultPolicyFile, loadPolicy } from "../policy/policy-file.ts";
import { openStore } from "../store/open-store.ts";
import { FarmBackground } from "./farm-background.ts";
import { LiveJudge } from "./judge.ts";

const background = Background.load();
const amount = { keystrokes: 400, actions: 0, days: 0 };
const enrolment = { provisional: amount, mature: amount };
const anna = agentName("anna");

function storeOf(t: Test, clock = new StepClock()) {
  const keys = parseKeyRing(newKeyLine(new Date()), "test");
  const store = openStore({ path: join(t.testdir(), "store.db"), keys, clock });
  t.teardown(() => store.close());
  return store;
}

t.test(
  "an agent who is alone is compared with people of elsewhere; from the first other on each has the farm without oneself",
  async (t) => {
    const store = storeOf(t);
    const farm = new FarmBackground({
      store,
      background,
      log: silentLog,
      enrolment: () => enrolment,
      consented: () => true,
    });
    t.teardown(() => farm.close());
    enrolPerson(store, background, anna, 1, 1300);
    t.equal(farm.backgroundFor(anna).pointer.others, 0);
    await farm.refresh();
    t.equal(farm.backgroundFor(anna).pointer.others, 0, "oneself is no other");

    enrolColleagues(store, background, 1);
    const making = farm.refresh();
    t.equal(farm.backgroundFor(anna).pointer.others, 0, "while it is made, the one before serves");
    await making;
    t.equal(farm.backgroundFor(anna).pointer.others, 1);
    t.not(farm.backgroundFor(anna), farm.backgroundFor(agentName("colleague-0")), "nobody is verified against oneself");
    t.equal(farm.version, 2);
    enrolColleagues(store, background, 6);
    await farm.refresh();
    t.equal(farm.backgroundFor(anna).pointer.others, 6);
  },
);

t.test("agents who have not consented are in nobody's background", async (t) => {
  const store = storeOf(t);
  const farm = new FarmBackground({
    store,
    background,
    log: silentLog,
    enrolment: () => enrolment,
    consented: () => false,
  });
  t.teardown(() => farm.close());
  enrolColleagues(store, background, 8);
  await farm.refresh();
  t.equal(farm.backgroundFor(anna).pointer.others, 0);
});

t.test(
  "a live session changes to it between two events: trust stays, limits are derived anew, another hand is found",
  async (t) => {
    const clock = new StepClock();
    const store = storeOf(t, clock);
    const tally = new Tally();
    const settings = {
      mode: "enforce" as const,
      policy: loadPolicy(defaultPolicyFile),
      enrolment,
      sessionsPerAgent: 4,
    };
    const judge = new LiveJudge({ store, background, settings: () => settings, tally, log: silentLog, clock });
    t.teardown(() => judge.close());
    await judge.refresh();
    enrolPerson(store, background, anna, 1, 1600);
    const info = { id: sessionId("live"), agent: anna, connection: "desk", startedAt: clock.wall(), address: "" };
    const acts: string[] = [];
    const watch = await judge.open(
      { agent: anna, connection: "desk", target: { protocol: "vnc" }, settings: {} },
      info,
      {
        quarantine: () => void acts.push("quarantine"),
        show: () => {},
        release: () => {},
        sever: () => void acts.push("sever"),
      },
    );
    const work = (person: number, session: number, keys: number): void => {
      const from = clock.now();
      for (const event of new Typist(person).shift(keys, session)) {
        clock.advance(from + event.at - clock.now());
        if (event.kind === "key") watch.key(clock.now(), keysym(event.keysym), event.pressed);
        else watch.pointer(clock.now(), event.x, event.y, buttonMask(event.mask));
        if (acts.length > 0) return;
      }
    };
    const seen = () => judge.sessions.detail(info.id);
    work(1, 70, 300);
    const before = await seen();
    t.ok((before?.keystrokes ?? 0) > 200);

    // what was learned meanwhile: one colleague, then several, and quiet stretches of the agent's own
    const joined = async (colleagues: number, peak: number, session: number) => {
      const last = await seen();
      enrolColleagues(store, background, colleagues);
      store.updateProfile(store.enrol(anna).id, (newest) => {
        const profile = Profile.decode(newest?.body ?? new Uint8Array(), background);
        for (let stretch = 0; stretch < 500; stretch++) profile.peaked(peak + (stretch % 5));
        return { ...profile.amount, body: profile.encode() };
      });
      const swapped = judge.refresh();
      work(1, session, 60);
      await swapped;
      let now = await seen();
      while (now?.thresholds.quarantine === last?.thresholds.quarantine) {
        await sleep(5);
        now = await seen();
      }
      return now;
    };
    await joined(1, -6, 73);
    work(1, 74, 150);
    t.ok(((await seen())?.trust ?? 0) > 50, "one colleague holds no agent");
    t.same(acts, []);
    const now = await joined(8, -8, 71);
    const windows = tally.evidenceWindows;
    t.ok(now !== null && now.trust > 50, "trust is not begun anew");
    t.equal(now?.verdict, "allow");
    work(1, 72, 120);
    t.ok(tally.evidenceWindows > windows, "evidence goes on");
    t.same(acts, []);
    work(2, 5, 3000);
    t.equal(acts[0], "quarantine");
  },
);
