/** The farm's own background: when it serves, what it is made of, and that live sessions change to it without a gap. */
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { Background } from "../../models/background.ts";
import { pack, unpack } from "../../models/container.ts";
import { Profile } from "../../models/profile.ts";
import { enrolColleagues, enrolPerson } from "../../test/parts/colleagues.ts";
import { fleet } from "../../test/parts/buses.ts";
import { send, StepClock, Typist } from "../../test/parts/typist.ts";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { silentLog } from "../core/log.ts";
import { Tally } from "../core/tally.ts";
import { agentName, sessionId } from "../core/units.ts";
import { defaultPolicyFile, loadPolicy } from "../policy/policy-file.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";
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

function farmOf(t: Test, store: Store, { consented = true, log = silentLog } = {}) {
  const farm = new FarmBackground({ store, background, log, enrolment: () => enrolment, consented: () => consented });
  t.teardown(() => farm.close());
  return farm;
}

t.test(
  "an agent who is alone is compared with people of elsewhere; from the first other on each has the farm without oneself",
  async (t) => {
    const store = storeOf(t);
    const farm = farmOf(t, store);
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
  const farm = farmOf(t, store, { consented: false });
  enrolColleagues(store, background, 8);
  await farm.refresh();
  t.equal(farm.backgroundFor(anna).pointer.others, 0);
});

t.test("who is forgotten is in it no more, the last one and one who goes while it is made", async (t) => {
  const store = storeOf(t);
  const farm = farmOf(t, store);
  const [first, second] = ["colleague-0", "colleague-1"].map(agentName);
  enrolColleagues(store, background, 2);
  await farm.refresh();
  t.equal(farm.othersOf(anna), 2);
  store.forget(first);
  t.same(farm.missing, [first]);
  enrolPerson(store, background, first, 7, 1300);
  t.same(farm.missing, [first], "another agent of the same name is somebody else");
  const making = farm.refresh();
  const asked = store.agent.bind(store);
  // the store is asked again once it is made: by then the second has gone
  store.agent = (name) => {
    store.agent = asked;
    store.forget(second);
    return asked(name);
  };
  await making;
  t.same([farm.has(first), farm.has(second), farm.othersOf(anna)], [true, false, 1]);
  store.forget(first);
  await farm.refresh();
  t.same([farm.has(first), farm.othersOf(anna)], [false, 0]);
});

t.test("an agent whose profile nobody can read keeps nobody else waiting", async (t) => {
  const store = storeOf(t);
  const told: object[] = [];
  const log = { ...silentLog, warn: (what: object) => void told.push(what) };
  const farm = farmOf(t, store, { log });
  enrolColleagues(store, background, 2);
  const form = { magic: "SHPR", version: 1, error: "profile-unreadable" } as const;
  const sections = unpack(form, Profile.empty(background).encode());
  const spoilt = pack(form, new Map([...sections, ["anchor-keyboard", new Uint8Array(9)]]));
  for (const body of [spoilt, new Uint8Array(9)]) {
    store.updateProfile(store.enrol(anna).id, () => ({ ...amount, body }));
    await farm.refresh();
    t.equal(farm.othersOf(anna), 2);
    t.match(told.splice(0), [{ code: "profile-unreadable" }]);
  }
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
        send(watch, event, clock.now());
        if (acts.length > 0) return;
      }
    };
    const seen = () => judge.sessions.detail(info.id);
    work(1, 70, 300);
    const before = await seen();
    t.ok((before?.keystrokes ?? 0) > 200);

    // what was learned meanwhile: one colleague and nervous stretches of the agent's own, then several, and quiet ones
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
    await joined(1, -1, 73);
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

t.test(
  "an agent who matures is in every worker's farm soon, and who is forgotten in no worker's any more",
  async (t) => {
    const clock = new StepClock();
    const path = join(t.testdir(), "store.db");
    const keys = parseKeyRing(newKeyLine(new Date()), "test");
    const { one, two } = fleet();
    const settings = { mode: "report" as const, policy: loadPolicy(defaultPolicyFile), enrolment, sessionsPerAgent: 4 };
    const worker = (bus: typeof one.bus) => {
      const store = openStore({ path, keys, clock, pollMillis: 20 });
      const farmPauses = { settle: 1, rest: 1, usual: 3_600_000 };
      const shared = { log: silentLog, clock, fleet: bus, farmPauses };
      const judge = new LiveJudge({ ...shared, store, background, settings: () => settings, tally: new Tally() });
      t.teardown(async () => {
        await judge.close();
        store.close();
      });
      return { store, judge };
    };
    const [here, there] = [worker(one.bus), worker(two.bus)];
    const both = async (others: number): Promise<void> => {
      for (const { judge } of [here, there]) while (judge.comparedWith(anna) !== others) await sleep(5);
      t.pass(`${others} others in either`);
    };
    enrolPerson(here.store, background, anna, 1, 1300);
    await Promise.all([here.judge.refresh(), there.judge.refresh()]);
    await both(0);
    // a newcomer's work in one worker: mature once what it showed is saved
    const info = {
      id: sessionId("s"),
      agent: agentName("bert"),
      connection: "desk",
      startedAt: clock.wall(),
      address: "",
    };
    const ticket = { agent: info.agent, connection: "desk", target: { protocol: "vnc" }, settings: {} };
    const watch = await here.judge.open(ticket, info, { quarantine() {}, show() {}, release() {}, sever() {} });
    for (const event of new Typist(2).shift(900, 1)) {
      const at = clock.now();
      send(watch, event, at);
      clock.advance(event.at + 1000 - at);
    }
    watch.close(clock.now(), null);
    here.judge.flush();
    await both(1);
    enrolPerson(here.store, background, "cora", 3, 1300);
    await Promise.all([here.judge.refresh(), there.judge.refresh()]);
    await both(2);
    // a third process, as the command line is one
    const beside = openStore({ path, keys, clock });
    beside.forget(info.agent);
    beside.close();
    await both(1);
  },
);
