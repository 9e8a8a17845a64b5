import t from "tap";
import { fleet } from "../../test/parts/buses.ts";
import { ann, court, enter, own } from "../../test/parts/court.ts";
import { SamehandError } from "../core/errors.ts";
import { agentName, epochMillis, keysym } from "../core/units.ts";
import type { AgentId } from "../store/store.ts";
import { secretHash } from "./agent-passkeys.ts";
import { enrolCode } from "./challenge-code.ts";
import { Confirmations } from "./confirmations.ts";

const idle = 15 * 60_000;

type Court = ReturnType<typeof court>;

/** Types a letter, and nobody is there for so long, ms. */
function workAndLeave(it: Court, watch: Awaited<ReturnType<Court["open"]>>, away: number): void {
  for (const pressed of [true, false]) watch.key(it.clock.now(), keysym(0x61), pressed);
  it.clock.advance(away);
  watch.tick(it.clock.now());
}

const passkey = (agent: AgentId) => ({
  id: "key",
  agent,
  publicKey: new Uint8Array(8),
  counter: 0,
  createdAt: epochMillis(1),
  usedAt: null,
});

t.test(
  "an agent with a passkey alone is asked for it, and then for words; either by itself is not enough",
  async (t) => {
    const it = court(t);
    it.store.agentPasskeys.add(passkey(it.agent.id));
    const watch = await it.held();
    const field = it.prompts.at(-1)?.field;
    if (field?.kind !== "link") throw new Error(`asked for ${field?.kind}`);
    const [, secret = ""] = /^https:\/\/desktops\.example\/confirm#([\w-]{22})$/.exec(field.address) ?? [];
    it.press(watch, [0x61, 0x31, enter]);
    t.equal(it.prompts.at(-1)?.field.kind, "link", "keys answer nothing");
    t.equal(await it.judge.confirmations.agentOf("wrong"), null);
    t.equal(await it.judge.confirmations.agentOf(secret), it.agent.id);
    t.ok(await it.judge.confirmations.confirm(secret));
    t.notOk(await it.judge.confirmations.confirm(secret), "once");
    t.equal(it.prompts.at(-1)?.field.kind, "phrase");
    t.equal(watch.verdict, "quarantine");
    it.clock.advance(1000);
    it.givePhrase(watch, own);
    t.equal(watch.verdict, "allow");
  },
);

t.test("a link is good for its own hold alone", async (t) => {
  const it = court(t);
  it.store.agentPasskeys.add(passkey(it.agent.id));
  const watch = await it.held();
  const field = it.prompts.at(-1)?.field;
  const secret = field?.kind === "link" ? field.address.slice(-22) : "";
  watch.operate({ kind: "release", operator: "eve", reason: "known" });
  t.equal(await it.judge.confirmations.agentOf(secret), null);
  t.notOk(await it.judge.confirmations.confirm(secret));
});

t.test("a device that reaches another process confirms the session all the same, once", async (t) => {
  const { one, two } = fleet();
  const [here, there] = [new Confirmations(one.bus), new Confirmations(two.bus)];
  let confirmed = 0;
  const first = here.wait("id" as AgentId, () => confirmed++);
  t.notMatch(JSON.stringify(secretHash(first.secret)), first.secret, "no secret crosses");
  t.equal(await there.agentOf(first.secret), "id");
  t.same([await there.confirm(first.secret), await there.confirm(first.secret), confirmed], [true, false, 1]);
  const second = here.wait("id" as AgentId, () => confirmed++);
  second.end();
  t.same([await there.confirm(second.secret), confirmed], [false, 1]);
});

for (const phrase of [true, false])
  t.test(
    `what was held back is ${phrase ? "learned once the agent typed the words" : "not learned for a code"}`,
    async (t) => {
      const it = court(t, { phrase });
      enrolCode(it.store, it.agent.id, "ann", "Example");
      t.not(it.holdBack().candidate, null);
      const watch = await it.held();
      it.giveCode(watch, it.code());
      it.clock.advance(1000);
      if (phrase) it.givePhrase(watch, own);
      t.equal(watch.verdict, "allow");
      it.judge.flush();
      t.equal(it.profile().candidate === null, phrase);
      t.equal(it.profile().adapted.keyboard.count > 0, phrase);
    },
  );

t.test("nobody was there: who can prove it comes back, without a doubt; who cannot signs in again", async (t) => {
  const it = court(t);
  enrolCode(it.store, it.agent.id, "ann", "Example");
  const watch = await it.open();
  workAndLeave(it, watch, idle + 1000);
  t.equal(watch.verdict, "quarantine");
  t.match(it.prompts.at(-1)?.lines[0], /^Nobody was at this session/);
  it.clock.advance(1000);
  it.giveCode(watch, it.code());
  it.clock.advance(1000);
  it.givePhrase(watch, own);
  t.equal(watch.verdict, "allow");
  t.same([...it.tally.challenges], [["returned", 1]], "it counts as no doubt");

  const stranger = await it.open(agentName("bob"));
  workAndLeave(it, stranger, idle + 1000);
  t.equal(it.acts.at(-1), "sever session-idle", "of whom nothing is known yet");
  t.equal(it.store.lockOf(agentName("bob")), null, "and is not locked");
  t.ok(await it.open(agentName("bob")), "comes in again");
  t.equal(it.store.lockOf(ann), null);
});

t.test("lunch is no doubt: coming back often asks no operator, and buys no leniency", async (t) => {
  const it = court(t, { operatorAfter: 2 });
  enrolCode(it.store, it.agent.id, "ann", "Example");
  const watch = await it.open();
  for (let times = 0; times < 3; times++) {
    workAndLeave(it, watch, idle + 40_000);
    t.equal(watch.challenge?.step, "code");
    it.clock.advance(1000);
    it.giveCode(watch, it.code());
    it.clock.advance(1000);
    it.givePhrase(watch, own);
    t.equal(watch.verdict, "allow");
  }
});

t.test(
  "nobody was there: whoever leaves the held session and comes in again has to prove it all the same",
  async (t) => {
    const it = court(t);
    enrolCode(it.store, it.agent.id, "ann", "Example");
    const leave = async (): Promise<void> => {
      const watch = await it.open();
      workAndLeave(it, watch, idle + 1000);
      t.equal(watch.verdict, "quarantine");
      watch.close(it.clock.now(), null);
    };
    await leave();
    it.clock.advance(60_000);
    const again = await it.open();
    t.equal(again.verdict, "quarantine", "a page that is loaded anew is no proof");
    t.match(it.prompts.at(-1)?.lines[0], /^Nobody was at this session/);
    it.clock.advance(idle);
    again.tick(it.clock.now());
    t.equal(again.verdict, "quarantine", "no time runs");
    again.close(it.clock.now(), null);
    const third = await it.open();
    it.clock.advance(1000);
    it.giveCode(third, it.code());
    it.clock.advance(1000);
    it.givePhrase(third, own);
    t.equal(third.verdict, "allow");
    t.equal((await it.open()).verdict, "allow", "who was recognised is not asked again");

    await leave();
    it.clock.advance(3_600_001);
    t.equal((await it.open()).verdict, "allow", "an hour later the login has ended: signing in is the proof");
  },
);

t.test("who was cut off and comes back with too little time left to answer waits for an operator", async (t) => {
  const it = court(t);
  enrolCode(it.store, it.agent.id, "ann", "Example");
  const watch = await it.held();
  it.clock.advance(100_000);
  watch.close(it.clock.now(), new SamehandError("client-timeout"));
  const back = await it.open();
  t.equal(back.verdict, "quarantine");
  t.equal(back.challenge?.step, "operator");
  it.clock.advance(60_000);
  back.tick(it.clock.now());
  t.equal(back.verdict, "quarantine", "a network's fault severs nobody within seconds");
  t.equal(it.store.lockOf(ann), null);

  const soon = court(t);
  enrolCode(soon.store, soon.agent.id, "ann", "Example");
  const first = await soon.held();
  soon.clock.advance(30_000);
  first.close(soon.clock.now(), new SamehandError("client-timeout"));
  t.equal((await soon.open()).challenge?.step, "code", "whoever has time enough goes on");
});
