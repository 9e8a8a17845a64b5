import { readFileSync } from "node:fs";
import t from "tap";
import { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { startOperators } from "../../test/parts/operators.ts";
import { agentName, epochMillis } from "../core/units.ts";
import { agentExport } from "./contract/agent-export.ts";
import { agentDetail } from "./contract/agent.ts";
import { subjectPieces } from "./subject.ts";
import { policy, replay, shadow } from "./contract/policy.ts";

const background = Background.load();
const body = { reason: "asked by the team" };

t.test(
  "an agent is shown, locked, unlocked, taken back, exported and forgotten, each with an audit entry",
  async (t) => {
    const { signedIn, enrol, open, store } = await startOperators(t);
    await enrol("anna", 1);
    const live = await open("anna");
    const browser = await signedIn();
    const act = (kind: string, more = {}) => browser.ask("POST", `/agents/anna/${kind}`, { ...body, ...more });
    const list = await browser.ask("GET", "/agents?maturity=mature&search=ann");
    t.match(list.answer, {
      total: 1,
      items: [{ name: "anna", liveSessions: 1, comparedWith: 8, missing: { mature: { keystrokes: 0 } } }],
    });
    t.match(await browser.ask("GET", `/sessions/${live.id}`), { answer: { comparedWith: 8 } });
    const detail = agentDetail.parse((await browser.ask("GET", "/agents/anna")).answer);
    t.ok(detail.versions.length > 1 && detail.versions[0]?.current);
    t.equal(detail.sessions.length, 5);
    t.equal(detail.comparedWith, 8, "colleagues, not the agent as well");
    t.ok(detail.drift !== null && detail.drift.keyboard >= 0, "how far the profile moved from its anchor");

    t.match((await act("lock", { minutes: 5 })).answer, { outcome: "done" });
    t.match((await act("lock", { minutes: 5 })).answer, { outcome: "already" });
    t.same(live.acts, ["sever"], "the live session ends");
    t.match(await browser.ask("GET", "/agents?locked=true"), { answer: { total: 1 } });
    t.match(await act("forget"), { status: 409, answer: { code: "act-refused" } });
    t.match((await act("unlock")).answer, { outcome: "done" });
    t.match((await act("unlock")).answer, { outcome: "already" });

    t.same(detail.modes, [], "one mouse, one keyboard");
    const pointed = (...days: number[]) =>
      store.updateProfile(store.agent(agentName("anna"))!.id, (newest) => {
        const profile = Profile.decode(newest!.body, background);
        const taught = { modality: "pointer" as const, statistics: profile.anchor.pointer, client: { medianMs: 8 } };
        for (const day of days) profile.learnMode(background, { ...taught, day, session: `session-of-${day}` });
        return { ...newest!, body: profile.encode() };
      });
    const modes = async () => agentDetail.parse((await browser.ask("GET", "/agents/anna")).answer).modes;
    pointed(20_000);
    const [mode, ...others] = await modes();
    t.match(mode, { name: "another mouse, 8 ms apart", confirmed: false, learned: { keystrokes: 0, days: 1 } });
    t.same(others, []);
    pointed(20_001, 20_002);
    t.match(await modes(), [{ id: mode?.id, confirmed: true, lastSeenAt: 20_002 * 86_400_000 }], "its name stays");
    t.match((await act("forget-mode", { mode: mode?.id })).answer, { outcome: "done" });
    const without = agentDetail.parse((await browser.ask("GET", "/agents/anna")).answer);
    t.same(without.modes, []);
    t.same(without.learned, detail.learned, "the usual way stays");
    t.match(await act("forget-mode", { mode: mode?.id }), { status: 404 });

    const older = without.versions[2];
    t.match((await act("rollback", { version: older?.version })).answer, { outcome: "done" });
    const after = agentDetail.parse((await browser.ask("GET", "/agents/anna")).answer);
    t.equal(after.learned.keystrokes, older?.learned.keystrokes);
    t.equal(after.profileVersion, without.profileVersion + 1, "it is a new version: nothing is lost");
    t.match(await act("rollback", { version: 9999 }), { status: 404 });

    for (let n = 0; n < 1200; n++)
      store.audit.note({ actor: "gateway", action: "test.noted", agent: agentName("anna"), why: String(n) });
    const exported = agentExport.parse((await browser.ask("GET", "/agents/anna/export")).answer);
    t.ok(exported.kept.length > 3 && exported.sessions.length === 5);
    t.ok(exported.sessions.some(({ scores }) => scores.length > 10));
    t.equal(exported.profile.template, Buffer.from(store.profile(exported.id as never)!.body).toString("base64"));
    const noted = exported.audit.filter(({ action }) => action === "test.noted");
    t.same(
      noted.map(({ why }) => Number(why)),
      Array.from({ length: 1200 }, (_, n) => n),
      "all of the audit chain, in order",
    );
    t.match(exported.audit.at(-1), { action: "agent.exported" }, "it tells of itself");
    const text = [...subjectPieces(store, agentName("anna"), epochMillis(Date.parse(exported.exportedAt)))!].join("");
    t.same(JSON.parse(text), exported, "as the command line has it");
    t.match((await act("forget")).answer, { outcome: "done" });
    t.equal((await browser.ask("GET", "/agents/anna")).status, 404);
    const actions = store.audit.newest(2000).map(({ action, actor, why }) => ({ action, actor, why }));
    for (const action of [
      "agent.locked",
      "agent.unlocked",
      "agent.rolled-back",
      "agent.mode-forgotten",
      "agent.exported",
      "agent.forgotten",
    ])
      t.match(
        actions.find((entry) => entry.action === action),
        { actor: "operator:first operator", why: /asked/ },
      );
  },
);

t.test("a draft is checked, tried on the sessions that were, and applied", async (t) => {
  const { signedIn, enrol, open, work, settings, store, folder, time } = await startOperators(t, "report");
  const from = time.now;
  await enrol("anna", 1);
  const genuine = await open("anna");
  work(genuine, 1, 78, 400);
  // a pause, which is no work
  time.now += 10 * 60_000;
  work(genuine, 1, 79, 120);
  genuine.watch.close(0 as never, null);
  const taken = await open("anna");
  work(taken, 1, 78, 400);
  work(taken, 2, 5, 3000, () => taken.watch.decision.wouldBe === "quarantine");
  taken.watch.close(0 as never, null);
  const wall = (time.now - from) / 3_600_000;
  const browser = await signedIn();
  const current = policy.parse((await browser.ask("GET", "/policy")).answer);
  t.ok(current.facts.rules.length > 3 && current.facts.thresholds.quarantine < current.facts.thresholds.alert);

  const broken = current.text.replace("trust <=", "trst <=");
  const bad = await browser.ask("POST", "/policy/check", { text: broken });
  t.match(bad.answer, { valid: false, faults: [/trst/], facts: null });
  t.match(await browser.ask("PUT", "/policy", { text: broken, ...body }), { status: 422 });
  const lax = current.text.replaceAll("then: quarantine", "then: alert").replaceAll("then: sever", "then: alert");
  t.match((await browser.ask("POST", "/policy/check", { text: lax })).answer, { valid: true });

  const tried = replay.parse((await browser.ask("POST", "/policy/replay", { text: lax, days: 1 })).answer);
  t.equal(tried.sessions, store.scores.since(0 as never, 100).length);
  t.equal(tried.leftOut, 0);
  t.equal(tried.before.quarantine, 1, "as the live session was decided");
  t.equal(tried.after.quarantine, 0);
  t.match(tried.changed, [{ session: taken.id, before: "quarantine", after: "alert" }]);

  const seen = shadow.parse((await browser.ask("GET", "/policy/shadow?days=1")).answer);
  t.match(seen, { would: { quarantine: 1 }, items: [{ session: taken.id, wouldBe: "quarantine", did: "alert" }] });
  t.ok(seen.activeHours > 0.05 && seen.activeHours < wall - 1 / 6.5, `${seen.activeHours} active hours of ${wall}`);
  t.ok(Math.abs(seen.activeHours - tried.activeHours) < 0.01, `${tried.activeHours} as they are replayed`);
  t.equal(seen.budget.quarantinesPerHour, 1 / seen.activeHours);

  t.match((await browser.ask("PUT", "/policy", { text: lax, ...body })).answer, { outcome: "done" });
  t.match((await browser.ask("PUT", "/policy", { text: lax, ...body })).answer, { outcome: "already" });
  t.equal(readFileSync(`${folder}/policy.yaml`, "utf8"), lax);
  t.equal(
    settings.policy.rules.some(({ verdict }) => verdict === "quarantine"),
    false,
  );
  t.match(store.audit.newest(3), [{ action: "policy.applied", actor: "operator:first operator" }]);
});
