import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { ann, court, other, own, stranger } from "../../test/parts/court.ts";
import { send } from "../../test/parts/typist.ts";
import { agentName, epochMillis, millis } from "../core/units.ts";
import { codeAt, enrolCode } from "./challenge-code.ts";

t.test("the agent's code and phrase release the session, and nothing of them is kept", async (t) => {
  const c = court(t);
  enrolCode(c.store, c.agent.id, "ann", "Example");
  const watch = await c.held();
  t.match(c.prompts.at(-1), {
    field: { kind: "code", typed: 0 },
    language: "en",
    lines: [/./, "Call 4711.", /6-digit/],
  });
  t.match(c.prompts.at(-1)?.progress, /Step 1 of 2.*3 attempts left.*2:00 left/);
  c.giveCode(watch, c.code());
  t.match(watch.challenge, { step: "phrase", attemptsLeft: 3 });
  const typed = c.givePhrase(watch, own);
  t.equal(watch.verdict, "allow");
  t.same(c.acts, ["quarantine", "release"]);
  t.equal(watch.decision.rule, "challenge-passed");
  t.ok(watch.decision.trust > 95, `trust starts from what the phrase showed: ${watch.decision.trust}`);
  t.equal(c.tally.challenges.get("passed"), 1);
  watch.close(c.clock.now(), null);
  c.store.close();
  const kept = [...c.lines, ...readdirSync(c.folder).map((file) => readFileSync(join(c.folder, file), "latin1"))];
  t.ok(typed.length >= 6);
  for (let index = 1; index < typed.length; index++) {
    const pair = `${typed[index - 1]} ${typed[index]}`;
    t.notOk(
      kept.some((text) => text.includes(pair)),
      "the words are nowhere",
    );
  }
});

t.test("another hand with the right code fails the phrase, is severed and locked", async (t) => {
  const c = court(t);
  enrolCode(c.store, c.agent.id, "ann", "Example");
  const watch = await c.held();
  c.giveCode(watch, c.code());
  c.givePhrase(watch, stranger, 5);
  t.same(c.acts, ["quarantine", "sever challenge-failed"]);
  t.equal(watch.decision.rule, "challenge-failed-phrase");
  t.equal(c.tally.challenges.get("failed-phrase"), 3);
  t.equal(c.tally.challenges.get("severed"), 1);
  t.equal(c.rules().filter((rule) => rule === "challenge-failed-phrase").length, 4, "each attempt and the end");
  const told = c.store.decisions(50).flatMap(({ reasons }) => reasons);
  t.ok(
    told.some((reason) =>
      /by another hand; it speaks against the agent by \d\.\d nats$/.test(JSON.stringify(reason).replaceAll('"', "")),
    ),
    "an operator reads which way it points",
  );
  t.not(c.store.lockOf(ann), null);
  await t.rejects(c.open(), { code: "agent-locked" });
});

t.test("wrong codes are counted, also over reconnects, and end the session; a used one is wrong", async (t) => {
  const c = court(t);
  enrolCode(c.store, c.agent.id, "ann", "Example");
  const first = await c.held();
  c.giveCode(first, "000000");
  t.match(first.challenge, { step: "code", attemptsLeft: 2 });
  t.match(c.prompts.at(-1), { fault: true, hint: /not right/ });
  first.close(c.clock.now(), null);
  t.equal(c.tally.challenges.get("abandoned"), 1);
  t.ok(c.rules().includes("challenge-abandoned"));
  const second = await c.open();
  t.equal(second.verdict, "quarantine", "who leaves a quarantine comes back into it");
  t.match(second.challenge, { step: "code", attemptsLeft: 2 });
  c.clock.advance(1000);
  const code = c.code();
  c.giveCode(second, code);
  t.equal(second.challenge?.step, "phrase");
  second.close(c.clock.now(), null);
  const third = await c.open();
  c.clock.advance(1000);
  c.giveCode(third, code);
  t.match(third.challenge, { step: "code", attemptsLeft: 1 }, "each code once");
  c.giveCode(third, "000000");
  t.same(c.acts.at(-1), "sever challenge-failed");
  t.equal(third.decision.rule, "challenge-wrong-code");
  t.not(c.store.lockOf(ann), null);
});

t.test("a challenge that is not answered runs out, and an operator is waited for longer", async (t) => {
  const c = court(t);
  const watch = await c.held();
  t.match(watch.challenge, { step: "phrase" }, "without a code the phrase alone");
  const shown = c.prompts.length;
  for (let second = 0; second < 100; second++) {
    c.clock.advance(1000);
    watch.tick(c.clock.now());
  }
  t.ok(c.prompts.length - shown < 40, "the time left is not redrawn each second");
  t.equal(watch.verdict, "quarantine");
  c.clock.advance(30_000);
  watch.tick(c.clock.now());
  t.same(c.acts, ["quarantine", "sever quarantine-expired"]);
  t.equal(c.tally.challenges.get("timed-out"), 1);

  const d = court(t, { proof: "operator", phrase: false });
  const waiting = await d.held();
  t.same(waiting.challenge, { step: "operator", attemptsLeft: null });
  t.match(d.prompts.at(-1)?.field, { kind: "wait" });
  d.clock.advance(650_000);
  waiting.tick(d.clock.now());
  t.equal(waiting.verdict, "quarantine", "ten minutes and more");
  t.ok(waiting.operate({ kind: "release", operator: "kim", reason: "spoke on the phone" }) === "done");
  t.same(d.acts, ["quarantine", "release"]);
  const row = d.store.decisions(1)[0];
  t.match(row, { rule: "released-by-operator", reasons: [/kim: spoke on the phone/] });
  t.equal(d.tally.challenges.get("approved"), 1);
});

t.test("an operator ends the session, or holds it: then no answer of the person's releases it", async (t) => {
  const c = court(t);
  const watch = await c.held();
  watch.operate({ kind: "sever", operator: "kim", reason: "did not answer the phone" });
  t.same(c.acts, ["quarantine", "sever session-ended-by-operator"]);
  t.equal(c.tally.challenges.get("refused"), 1);

  const d = court(t);
  const free = await d.open();
  free.operate({ kind: "quarantine", operator: "kim", reason: "a call from the branch" });
  t.same(free.challenge, { step: "operator", attemptsLeft: null });
  t.match(d.prompts.at(-1), { field: { kind: "wait" }, progress: "", timeLeft: 1 });
  d.clock.advance(3_600_000);
  free.tick(d.clock.now());
  t.equal(free.verdict, "quarantine");

  const e = court(t);
  const held = await e.held();
  t.equal(held.challenge?.step, "phrase");
  held.operate({ kind: "quarantine", operator: "kim", reason: "not yet" });
  t.equal(held.challenge?.step, "operator");
});

t.test(
  "a passed challenge spares from weak doubt for a while, and often doubted is an operator's to settle",
  async (t) => {
    const c = court(t, { operatorAfter: 1 });
    const watch = await c.held();
    c.givePhrase(watch, own);
    t.equal(watch.verdict, "allow");
    const until = c.clock.wall() + 110_000;
    const from = c.clock.now();
    let alerted = false;
    for (const event of other.shift(4000, 4)) {
      c.clock.advance(from + event.at - c.clock.now());
      send(watch, event, c.clock.now());
      alerted ||= watch.decision.rule === "challenge-backoff";
      if (watch.verdict === "quarantine") break;
    }
    t.equal(watch.verdict, "quarantine");
    t.ok(alerted || c.clock.wall() > until, "weak doubt alerted first");
    t.match(watch.challenge, { step: "operator" });
  },
);

t.test("strangers are asked for their code or an operator, where the policy says so", async (t) => {
  const c = court(t);
  Object.assign(c.settings.policy, { strangers: "challenge" });
  const stranger = await c.open(agentName("bob"));
  t.equal(stranger.verdict, "quarantine");
  t.same(stranger.challenge, { step: "operator", attemptsLeft: null });
  stranger.close(c.clock.now(), null);
  const eve = c.store.enrol(agentName("eve")).id;
  enrolCode(c.store, eve, "eve", "");
  const known = await c.open(agentName("eve"));
  t.match(known.challenge, { step: "code" });
  c.clock.advance(1000);
  c.giveCode(known, codeAt(c.store, eve, epochMillis(c.clock.wall())));
  t.equal(known.verdict, "allow");
  const enrolled = await c.open();
  t.equal(enrolled.verdict, "allow", "who is known is not asked");
});

t.test("the screen speaks the viewer's language, and shows what is typed of the phrase", async (t) => {
  const c = court(t, {}, "de-AT,de;q=0.9,en;q=0.8");
  const watch = await c.held();
  t.equal(c.prompts.at(-1)?.language, "de");
  const [word = ""] = c.asked();
  const wrong = word.startsWith("q") ? 0x78 : 0x71;
  c.press(watch, [wrong]);
  t.match(c.prompts.at(-1)?.field, { kind: "phrase", typed: "×", words: [{ state: "wrong" }] });
  c.press(watch, [0xff08, word.charCodeAt(0)]);
  t.match(c.prompts.at(-1)?.field, { typed: word[0], words: [{ state: "current" }] });
  c.press(
    watch,
    Array.from(word.slice(1), (letter) => letter.charCodeAt(0)),
  );
  t.match(c.prompts.at(-1)?.field, { words: [{ state: "right" }, { state: "to-come" }] });
  c.press(watch, [0xff1b]);
  t.match(c.prompts.at(-1)?.field, { typed: "" });
  watch.close(millis(c.clock.now()), null);
});
