import t, { type Test } from "tap";
import { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { send, StepClock, type TimedEvent, Typist } from "../../test/parts/typist.ts";
import { SamehandError } from "../core/errors.ts";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import type { Log } from "../core/log.ts";
import type { SessionInfo } from "../core/session.ts";
import { Tally } from "../core/tally.ts";
import { agentName, millis, sessionId } from "../core/units.ts";
import type { Mode } from "../core/verdict.ts";
import { Enrolment, Inspector } from "../inspect/inspector.ts";
import { defaultPolicyFile, loadPolicy } from "../policy/policy-file.ts";
import { openStore } from "../store/open-store.ts";
import { LiveJudge } from "./judge.ts";
import type { SessionWatch } from "./session-watch.ts";

const background = Background.load();
const ann = agentName("ann");
const alone = { keystrokes: 100, actions: 10, days: 1 };
const own = new Typist(1);
const other = new Typist(2);

function hear(events: readonly TimedEvent[], sink: Pick<SessionWatch, "key" | "pointer">, from = 0): void {
  for (const event of events) {
    const at = millis(from + event.at);
    send(sink, event, at);
  }
}

/** Rounds of three clicks and a typed line: as much pointing as typing. */
function rounds(hand: Typist, count: number, number: number): TimedEvent[] {
  const events: TimedEvent[] = [];
  let at = 1000;
  let place: [number, number] = [500, 300];
  for (let n = 0; n < count; n++) {
    for (let click = 0; click < 3; click++) {
      const to: [number, number] = [20 + ((n * 397 + click * 211) % 980), 20 + ((n * 173 + click * 307) % 700)];
      events.push(...hand.point(place, to, at, number));
      place = to;
      at = (events.at(-1)?.at ?? at) + 300;
    }
    events.push(...hand.type("please send the form again today", at, number * 1000 + n));
    at = (events.at(-1)?.at ?? at) + 600;
  }
  return events;
}

/** What a hand's work over a long time teaches. */
function work(hand: Typist) {
  const enrolment = new Enrolment(background);
  const inspector = new Inspector({ verifier: null, enrolment });
  hear(rounds(hand, 200, 0), inspector);
  inspector.flush();
  const profile = Profile.empty(background);
  profile.learn(enrolment, 0);
  return { keystrokes: profile.keystrokes, actions: profile.actions, days: 3, body: profile.encode() };
}

/** Ann's; made once. */
const taught = work(own);

/** A judge on a real store who knows ann well, and what it told and did. */
function court(t: Test, start: Mode) {
  const clock = new StepClock();
  const lines: Record<string, unknown>[] = [];
  const add = (fields: Record<string, unknown>): void => void lines.push(fields);
  const log: Log = { debug: add, info: add, warn: add, error: add };
  const store = openStore({
    path: `${t.testdir()}/store.db`,
    keys: parseKeyRing(newKeyLine(new Date()), "test"),
    clock,
  });
  const agent = store.enrol(ann);
  store.updateProfile(agent.id, () => taught);
  const tally = new Tally();
  const settings = {
    mode: start,
    policy: loadPolicy(defaultPolicyFile),
    enrolment: { provisional: alone, mature: alone },
    sessionsPerAgent: 4,
  };
  const judge = new LiveJudge({ store, background, settings: () => settings, tally, log, clock });
  t.teardown(async () => {
    await judge.close();
    store.close();
  });
  let sessions = 0;
  const open = async (tokenOf = ann, batched = false) => {
    const acts: string[] = [];
    let watch: SessionWatch | null = null;
    const id = sessionId(`00000000-0000-4000-8000-00000000000${++sessions}`);
    const startedAt = clock.wall();
    const session: SessionInfo = { id, agent: tokenOf, connection: "desk", startedAt, address: "::1", batched };
    const control = {
      quarantine: (): number => acts.push("quarantine"),
      show: (): void => {},
      release: (): number => acts.push("release"),
      sever(error: SamehandError) {
        acts.push(`sever ${error.code}`);
        watch?.close(clock.now(), error);
      },
    };
    const ticket = { agent: tokenOf, connection: "desk", target: { protocol: "vnc" }, settings: {} };
    watch = await judge.open(ticket, session, control);
    /** Works on until something stands, or the work is done. */
    const work = (hand: Typist, count: number, number: number, until = (): boolean => false): void => {
      const from = clock.now();
      for (const event of rounds(hand, count, number)) {
        clock.advance(from + event.at - clock.now());
        hear([{ ...event, at: clock.now() }], watch);
        if (until()) return;
      }
    };
    return { watch, acts, work, id };
  };
  return { clock, store, judge, tally, settings, open, lines, agent };
}

t.test("one decision is one act, one log line and one audit row, with its reasons in words", async (t) => {
  const { open, lines, store } = court(t, "enforce");
  const { watch, acts, work, id } = await open();
  work(own, 10, 5);
  work(other, 200, 1, () => watch.verdict === "quarantine");
  t.same(acts, ["quarantine"]);
  const told = lines.filter((line) => line["event"] === "decision" && line["verdict"] === "quarantine");
  t.equal(told.length, 1);
  t.ok(((told[0]?.["reasons"] ?? []) as string[]).length > 0);
  const rows = store.decisions(100).filter((row) => row.session === id && row.verdict === "quarantine");
  t.equal(rows.length, 1);
  t.same(
    rows[0]?.reasons.map((reason) => reason.replace(/^.*?: /, "")),
    told[0]?.["reasons"],
  );
  watch.close(millis(0), null);
});

t.test("in report mode nothing is touched, and every decision says what it would have done", async (t) => {
  const { open, store, clock, tally, lines } = court(t, "report");
  const { watch, acts, work } = await open();
  work(own, 10, 5);
  work(other, 200, 1, () => watch.decision.wouldBe === "quarantine");
  t.equal(watch.decision.wouldBe, "quarantine");
  t.equal(watch.verdict, "alert");
  clock.advance(600_000);
  watch.tick(clock.now());
  t.equal(watch.decision.wouldBe, "sever", "the quarantine that would have been ran out");
  watch.tick(clock.now());
  watch.close(clock.now(), null);
  t.same(acts, []);
  t.equal(store.lockOf(ann), null);
  t.equal(tally.decisions.get("report sever"), 1);
  t.ok(
    lines.every((line) => line["event"] !== "decision" || line["verdict"] === "allow" || line["verdict"] === "alert"),
  );
  const next = await open();
  t.same(next.acts, [], "nor does it hold the next session");
  next.watch.close(clock.now(), null);
});

t.test("whoever leaves a quarantine comes back into it, and time outside of it does not count", async (t) => {
  const { open, clock, store, settings } = court(t, "enforce");
  const first = await open();
  first.work(own, 10, 5);
  first.work(other, 200, 1, () => first.watch.verdict === "quarantine");
  clock.advance(1000 * (settings.policy.quarantineSeconds - 60));
  first.watch.tick(clock.now());
  const parallel = await open();
  t.equal(parallel.watch.verdict, "quarantine", "a second session beside it is held too");
  parallel.watch.close(clock.now(), null);
  first.watch.close(clock.now(), null);
  clock.advance(86_400_000);
  const second = await open();
  t.same(second.acts, ["quarantine"]);
  const row = store.sessions(1)[0];
  t.match(row, { id: second.id, verdict: "quarantine", wouldBe: "quarantine" }, "and on record as such");
  second.watch.tick(clock.now());
  t.equal(second.watch.verdict, "quarantine");
  clock.advance(60_001);
  second.watch.tick(clock.now());
  t.same(second.acts, ["quarantine", "sever quarantine-expired"]);
  t.not(store.lockOf(ann), null);
  await t.rejects(open(), { code: "agent-locked" });
  store.unlock(ann);
  const third = await open();
  t.equal(third.watch.verdict, "allow", "an operator's word ends the doubt");
  third.watch.close(clock.now(), null);
});

t.test(
  "without a challenge the agent who comes back is recognised by typing, and the next session is free",
  async (t) => {
    const { open, clock, settings } = court(t, "enforce");
    settings.policy = Object.assign(Object.create(settings.policy) as typeof settings.policy, {
      quarantineSeconds: 3600,
      challenge: null,
      decide: settings.policy.decide.bind(settings.policy),
    });
    const first = await open();
    first.work(own, 10, 5);
    first.work(other, 200, 1, () => first.watch.verdict === "quarantine");
    first.watch.close(clock.now(), null);
    const second = await open();
    second.work(own, 200, 2, () => second.watch.verdict === "allow");
    t.same(second.acts, ["quarantine", "release"]);
    second.watch.close(clock.now(), null);
    const third = await open();
    t.equal(third.watch.verdict, "allow");
    third.watch.close(clock.now(), null);
  },
);

t.test("a change to enforce mode holds who would have been severed, and one to report lets go", async (t) => {
  const { open, clock, settings } = court(t, "report");
  const { watch, acts, work } = await open();
  work(own, 10, 5);
  work(other, 200, 1, () => watch.decision.wouldBe === "quarantine");
  clock.advance(600_000);
  watch.tick(clock.now());
  settings.mode = "enforce";
  watch.tick(clock.now());
  t.same(acts, ["quarantine"]);
  settings.mode = "report";
  watch.tick(clock.now());
  t.same(acts, ["quarantine", "release"]);
  watch.close(clock.now(), null);
});

t.test("a link that hides the hand for long is an alert, and what it hid is counted", async (t) => {
  const { open, clock, tally } = court(t, "enforce");
  const { watch, work } = await open();
  for (let n = 0; n < 40; n++) watch.roundTrip(clock.now(), millis(n % 2 === 0 ? 5 : 800));
  work(own, 10, 5);
  work(other, 200, 1, () => watch.verdict !== "allow");
  t.equal(watch.verdict, "alert");
  t.equal(watch.decision.rule, "signal");
  t.ok(tally.abstentions > 10);
  watch.close(clock.now(), null);
});

t.test("a session over plain HTTP teaches nothing", async (t) => {
  const { open, clock, store, judge } = court(t, "enforce");
  for (const batched of [true, false]) {
    const bert = agentName(batched ? "bert" : "cleo");
    const { watch, work } = await open(bert, batched);
    work(own, 20, 3);
    watch.close(clock.now(), null);
    await judge.close();
    t.equal((store.agent(bert)?.keystrokes ?? 0) > 0, !batched, bert);
  }
});

t.test("a store that cannot be read drops no live session, and a locked agent stays out", async (t) => {
  const { open, clock, store } = court(t, "enforce");
  const live = await open();
  live.work(own, 5, 3);
  store.lock(agentName("eve"), null, "test");
  store.close();
  live.work(own, 20, 4);
  live.watch.tick(clock.now());
  t.same(live.acts, []);
  await t.rejects(open(agentName("eve")), { code: "agent-locked" });
  live.watch.close(clock.now(), null);
});

t.test("an agent who becomes known in another session is verified in this one from the next farm on", async (t) => {
  const { open, clock, store } = court(t, "enforce");
  const bert = agentName("bert");
  const { watch, acts, work } = await open(bert);
  work(other, 2, 5);
  t.equal(watch.viewed.maturity, "enrolling");
  store.updateProfile(store.enrol(bert).id, () => taught);
  watch.farmChanged();
  work(other, 200, 1, () => watch.verdict === "quarantine");
  t.same(acts, ["quarantine"]);
  watch.close(clock.now(), null);
});

t.test("a session that an operator holds stays held when what it taught makes the agent known", async (t) => {
  const { open, clock, judge } = court(t, "enforce");
  const { watch, acts, work } = await open(agentName("bert"));
  work(own, 20, 5);
  watch.tick(clock.now());
  const word = { operator: "olga", reason: "a call" };
  t.equal(watch.operate({ kind: "quarantine", ...word }), "done");
  judge.flush();
  t.equal(watch.verdict, "quarantine");
  t.equal(watch.operate({ kind: "release", ...word }), "done");
  t.same(acts, ["quarantine", "release"]);
  watch.farmChanged();
  work(other, 200, 1, () => watch.verdict === "quarantine");
  t.same(acts, ["quarantine", "release", "quarantine"], "and is verified once it is let go");
  watch.close(clock.now(), null);
});

t.test("a session that a lock cuts off teaches nothing", async (t) => {
  const { open, clock, store, judge, agent } = court(t, "enforce");
  const waits = (): boolean => Profile.decode(store.profile(agent.id)!.body, background).candidate !== null;
  for (const locked of [true, false]) {
    const { watch, work } = await open();
    work(own, 30, locked ? 5 : 6);
    if (locked) store.lock(ann, null, "severed in another session");
    else watch.close(clock.now(), null);
    judge.flush();
    t.equal(waits(), !locked);
    store.unlock(ann);
  }
});

t.test("a profile that an operator takes back is taken back for the sessions that live, too", async (t) => {
  const { open, clock, store, agent } = court(t, "enforce");
  const known = store.agent(ann)?.profileVersion ?? 0;
  store.updateProfile(agent.id, () => work(other));
  const { watch, acts, work: act } = await open();
  act(other, 20, 5);
  t.same(acts, [], "another hand had been taught");
  t.ok(store.rollback(agent.id, known));
  act(other, 200, 1, () => watch.verdict === "quarantine");
  t.same(acts, ["quarantine"]);
  watch.close(clock.now(), null);
});

t.test("a session goes on with what it has where the profile that counts cannot be read", async (t) => {
  const { open, clock, store, agent } = court(t, "enforce");
  const known = store.agent(ann)?.profileVersion ?? 0;
  store.updateProfile(agent.id, () => work(other));
  const { watch, acts, work: act } = await open();
  act(other, 20, 5);
  const word = { operator: "olga", reason: "a call" };
  watch.operate({ kind: "quarantine", ...word });
  t.ok(store.rollback(agent.id, known));
  store.close();
  watch.operate({ kind: "release", ...word });
  watch.tick(clock.now());
  t.same(acts, ["quarantine", "release"]);
  watch.close(clock.now(), null);
});

t.test("an agent who is mature with too little to recognise anybody by goes on being learned", async (t) => {
  const { open, clock, store, judge } = court(t, "enforce");
  const bert = agentName("bert");
  const known: number[] = [];
  for (let day = 1; day <= 4; day++) {
    const { watch, work: act } = await open(bert);
    act(own, 6, day);
    watch.close(clock.now(), null);
    judge.flush();
    known.push(store.agent(bert)?.keystrokes ?? 0);
    clock.advance(86_400_000);
  }
  t.ok(known[0] > 100 && known[0] < 300, `mature with ${known[0]} keystrokes`);
  t.ok(known[3] > 300, known.join(", "));
});
