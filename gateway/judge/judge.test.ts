import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { Background } from "../../models/background.ts";
import { enrolColleagues } from "../../test/parts/colleagues.ts";
import { send, Typist } from "../../test/parts/typist.ts";
import type { Clock } from "../core/clock.ts";
import { SamehandError } from "../core/errors.ts";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import type { Log } from "../core/log.ts";
import type { Enrolment } from "../core/maturity.ts";
import type { SessionInfo, Ticket } from "../core/session.ts";
import { Tally } from "../core/tally.ts";
import { agentName, epochMillis, millis, sessionId } from "../core/units.ts";
import type { Decision, Mode } from "../core/verdict.ts";
import { defaultPolicyFile, loadPolicy, parsePolicy } from "../policy/policy-file.ts";
import { openStore } from "../store/open-store.ts";
import { LiveJudge } from "./judge.ts";

const background = Background.load();
const anna: Ticket = { agent: agentName("anna"), connection: "desk", target: { protocol: "vnc" }, settings: {} };
/** One sitting is enough here: days are the store's affair. */
const enrolment: Enrolment = {
  provisional: { keystrokes: 400, actions: 0, days: 0 },
  mature: { keystrokes: 1000, actions: 0, days: 0 },
};

/** A judge on a real store, with a clock and acts that the test can see. */
function setUp(t: Test, mode: Mode) {
  const folder = mkdtempSync(join(tmpdir(), "samehand-"));
  const time = { now: 1000, wall: Date.UTC(2026, 0, 5) };
  const clock: Clock = { now: () => millis(time.now), wall: () => epochMillis(Math.round(time.wall + time.now)) };
  const lines: Record<string, unknown>[] = [];
  const note = (fields: Record<string, unknown>) => void lines.push(fields);
  const log: Log = { debug() {}, info: note, warn: note, error: note };
  const settings = { mode, policy: loadPolicy(defaultPolicyFile), enrolment, sessionsPerAgent: 4 };
  const tally = new Tally();
  const store = openStore({
    path: join(folder, "store.db"),
    keys: parseKeyRing(newKeyLine(new Date()), "test"),
    log,
    clock,
  });
  const judge = new LiveJudge({ store, background, settings: () => settings, tally, log, clock });
  t.teardown(async () => {
    await judge.close();
    store.close();
    rmSync(folder, { recursive: true });
  });
  let sessions = 0;
  const open = async () => {
    const acts: { act: "quarantine" | "release" | "sever"; decision?: Decision; error?: SamehandError }[] = [];
    const info: SessionInfo = {
      id: sessionId(`session-${++sessions}`),
      agent: anna.agent,
      connection: "desk",
      startedAt: clock.wall(),
      address: "127.0.0.1",
    };
    const watch = await judge.open(anna, info, {
      quarantine: (decision) => acts.push({ act: "quarantine", decision }),
      show: () => {},
      release: (decision) => acts.push({ act: "release", decision }),
      sever(error) {
        acts.push({ act: "sever", error });
        watch.close(clock.now(), error);
      },
    });
    return { watch, acts };
  };
  type Open = Awaited<ReturnType<typeof open>>;
  /** Lets somebody work for so many keystrokes; stops early once `until` is true. */
  const work = ({ watch }: Open, person: number, session: number, keys: number, until = () => false, only = "") => {
    const begun = time.now;
    let ticked = begun;
    for (const event of new Typist(person).shift(keys, session)) {
      if (only !== "" && event.kind !== only) continue;
      time.now = begun + event.at;
      for (; ticked + 1000 < time.now; ticked += 1000) {
        watch.tick(millis(ticked));
        judge.flush();
      }
      send(watch, event, millis(time.now));
      if (until()) return;
    }
  };
  const enrol = async () => {
    enrolColleagues(store, background);
    await judge.refresh();
    for (let day = 0; day < 4; day++) {
      const session = await open();
      work(session, 1, day, 400);
      session.watch.close(clock.now(), null);
      judge.flush();
    }
  };
  return { open, work, enrol, judge, store, tally, lines, time, settings };
}

t.test("an agent enrols by working, and is then recognised without a word", async (t) => {
  const { enrol, open, work, store, lines } = setUp(t, "enforce");
  await enrol();
  const record = store.agent(anna.agent);
  t.ok((record?.keystrokes ?? 0) > 1000, `${record?.keystrokes} keystrokes`);
  const session = await open();
  work(session, 1, 77, 1500);
  t.same(session.acts, [], "nothing was done to the agent");
  t.ok(session.watch.decision.verdict === "allow" || session.watch.decision.verdict === "alert");
  t.notOk(lines.some((line) => line["verdict"] === "quarantine"));
});

t.test("another hand in mid-session is quarantined, then severed, and the agent is locked", async (t) => {
  const { enrol, open, work, store, lines } = setUp(t, "enforce");
  await enrol();
  const session = await open();
  work(session, 1, 78, 400);
  t.same(session.acts, []);
  const other = await open();
  work(session, 2, 5, 3000, () => session.acts.some(({ act }) => act === "sever"));
  t.equal(session.acts[0]?.act, "quarantine");
  t.equal(session.acts.at(-1)?.act, "sever");
  t.ok((session.acts[0]?.decision?.reasons.length ?? 0) > 0, "with reasons in words");
  t.not(store.lockOf(anna.agent), null);
  t.equal(other.acts.at(-1)?.act, "sever", "the agent's other session ends too");
  await t.rejects(open(), { code: "agent-locked" });
  const told = lines.filter((line) => line["event"] === "decision" && line["session"] === "session-5");
  const audited = store.decisions(100).filter((row) => row.session === "session-5");
  t.equal(told.length, audited.length, "one line and one audit row a decision");
  t.equal(store.audit.verify().brokenAt, null);
});

t.test("somebody who only types is found too, more slowly", async (t) => {
  const { enrol, open, work } = setUp(t, "enforce");
  await enrol();
  const session = await open();
  work(session, 1, 78, 400);
  t.same(session.acts, []);
  work(session, 2, 5, 2500, () => session.acts.length > 0, "key");
  t.match(session.acts, [{ act: "quarantine", decision: { rule: /^wrong-hand/ } }]);
});

t.test("in report mode the same takeover is told and nothing is touched", async (t) => {
  const { enrol, open, work, store } = setUp(t, "report");
  await enrol();
  const session = await open();
  work(session, 1, 78, 400);
  work(session, 2, 5, 1500);
  t.same(session.acts, []);
  t.not(session.watch.verdict, "quarantine");
  t.ok(store.decisions(100).some((row) => row.wouldBe === "quarantine" && row.verdict === "alert"));
  t.equal(store.lockOf(anna.agent), null);
});

t.test("a doubted session teaches nothing", async (t) => {
  const { enrol, open, work, judge, store } = setUp(t, "report");
  await enrol();
  const before = store.agent(anna.agent);
  const session = await open();
  work(session, 2, 5, 1500);
  session.watch.close(millis(1e9), null);
  judge.flush();
  const after = store.agent(anna.agent);
  const learned = (after?.keystrokes ?? 0) - (before?.keystrokes ?? 0);
  t.ok(learned <= 0, `learned ${learned} keystrokes of somebody else`);
});

t.test("without a consent that the policy asks for, nobody is learned from or verified", async (t) => {
  const { enrol, open, work, judge, store, settings } = setUp(t, "enforce");
  const shipped = readFileSync(defaultPolicyFile, "utf8");
  Object.assign(settings, { policy: parsePolicy(shipped.replace("consent: none", "consent: required"), "test") });
  await enrol();
  const { id, keystrokes } = store.enrol(anna.agent);
  t.equal(keystrokes, 0);
  t.equal(store.profile(id), null, "nothing at all is kept of the hand");

  store.consents.give(id, "v3");
  await enrol();
  t.ok(store.enrol(anna.agent).keystrokes > 1000);
  store.forget(anna.agent);
  await enrol();
  const session = await open();
  work(session, 2, 5, 400);
  t.same(session.acts, [], "consent ended with the agent's record");
  judge.flush();
  t.equal(store.enrol(anna.agent).keystrokes, 0);
});

t.test("a lock by an operator ends the live session and refuses the next", async (t) => {
  const { open, store } = setUp(t, "enforce");
  const session = await open();
  store.lock(anna.agent, null, "called by phone");
  t.match(session.acts, [{ act: "sever", error: { code: "agent-locked" } }]);
  await t.rejects(open(), { code: "agent-locked" });
});

t.test("strangers are denied where the policy says so, and sessions of one agent are bounded", async (t) => {
  const { open, settings } = setUp(t, "enforce");
  Object.assign(settings, { sessionsPerAgent: 1, policy: { ...settings.policy, strangers: "deny" } });
  await t.rejects(open(), { code: "agent-unknown" });
  Object.assign(settings, { policy: { ...settings.policy, strangers: "enrol" } });
  const session = await open();
  await t.rejects(open(), { code: "too-many-sessions" });
  session.watch.close(millis(0), null);
  const both = await Promise.allSettled([open(), open()]);
  t.same(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"], "two that open side by side, too");
});
