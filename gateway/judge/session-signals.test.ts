import { readFileSync } from "node:fs";
import t, { type Test } from "tap";
import { Background } from "../../models/background.ts";
import { StepClock, Typist } from "../../test/parts/typist.ts";
import type { SamehandError } from "../core/errors.ts";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import type { Log } from "../core/log.ts";
import type { SignalAct } from "../core/signal.ts";
import { Tally } from "../core/tally.ts";
import { agentName, buttonMask, keysym, sessionId } from "../core/units.ts";
import type { Mode } from "../core/verdict.ts";
import { defaultPolicyFile, parsePolicy } from "../policy/policy-file.ts";
import { openStore } from "../store/open-store.ts";
import { LiveJudge } from "./judge.ts";
import type { SessionWatch } from "./session-watch.ts";

const background = Background.load();
const bert = agentName("bert");
const text = "the parcel came too late, so we sent another one by train and wrote to the customer at once; ";
const shipped = readFileSync(defaultPolicyFile, "utf8");

/** A judge who knows nobody, under the shipped policy with what signals do. */
async function court(t: Test, act: SignalAct, mode: Mode = "enforce") {
  const clock = new StepClock();
  const lines: Record<string, unknown>[] = [];
  const add = (fields: Record<string, unknown>): void => void lines.push(fields);
  const log: Log = { debug: add, info: add, warn: add, error: add };
  const store = openStore({ path: `${t.testdir()}/s.db`, keys: parseKeyRing(newKeyLine(new Date()), "test"), clock });
  const settings = {
    mode,
    policy: parsePolicy(shipped.replaceAll(/^ {2}scripted-(.*): report$/gm, `  scripted-$1: ${act}`), "policy.yaml"),
    enrolment: { provisional: { keystrokes: 9, actions: 9, days: 0 }, mature: { keystrokes: 99, actions: 9, days: 9 } },
    sessionsPerAgent: 4,
  };
  const tally = new Tally();
  const judge = new LiveJudge({ store, background, settings: () => settings, tally, log, clock });
  t.teardown(async () => {
    await judge.close();
    store.close();
  });
  const acts: string[] = [];
  const id = sessionId("00000000-0000-4000-8000-000000000001");
  const session = { id, agent: bert, connection: "desk", startedAt: clock.wall(), address: "::1" };
  let watch: SessionWatch | null = null;
  watch = await judge.open({ agent: bert, connection: "desk", target: { protocol: "vnc" }, settings: {} }, session, {
    quarantine: () => acts.push("quarantine"),
    show: () => {},
    release: () => acts.push("release"),
    sever: (error: SamehandError) => {
      acts.push(`sever ${error.code}`);
      watch?.close(clock.now(), error);
    },
  });
  /** Types as a script does until something stands, or the keys are out. */
  const script = (keys: number, until = (): boolean => false): void => {
    for (let n = 0; n < keys && !until(); n++) {
      const symbol = keysym(text.charCodeAt(n % text.length));
      watch.key(clock.now(), symbol, true);
      clock.advance(50);
      watch.key(clock.now(), symbol, false);
      clock.advance(50);
    }
  };
  /** A person works. */
  const person = (keys: number): void => {
    const from = clock.now();
    for (const event of new Typist(1).shift(keys)) {
      clock.advance(from + event.at - clock.now());
      if (event.kind === "key") watch.key(clock.now(), keysym(event.keysym), event.pressed);
      else watch.pointer(clock.now(), event.x, event.y, buttonMask(event.mask));
      if (event.at % 5 < 1) watch.tick(clock.now());
    }
  };
  return { clock, lines, store, judge, settings, tally, acts, id, watch, script, person };
}

t.test("a script is told once, in words, of an agent of whom nothing is known; a person's work ends it", async (t) => {
  const { watch, script, person, acts, lines, store, tally, clock, id } = await court(t, "report");
  script(200, () => watch.verdict !== "allow");
  t.match(watch.decision, {
    verdict: "alert",
    rule: "scripted-typing",
    reasons: [{ code: "scripted-typing", text: /even pace/ }],
  });
  script(200);
  t.same(watch.viewed.signals, ["scripted-typing"]);
  t.same(acts, [], "an alert touches nothing");
  t.equal(tally.signals.get("scripted-typing"), 1);
  t.equal(lines.filter(({ event, rule }) => event === "decision" && rule === "scripted-typing").length, 1);
  const rows = store.decisions(100).filter((row) => row.session === id);
  t.match(rows, [{ verdict: "alert", rule: "scripted-typing", reasons: [/^scripted-typing: .*even pace/] }]);
  person(600);
  watch.tick(clock.now());
  t.equal(watch.verdict, "allow");
  t.same(watch.viewed.signals, []);
  watch.close(clock.now(), null);
  const { lowestTrust } = store.sessions(1)[0]?.outcome ?? {};
  t.equal(lowestTrust?.toFixed(1), "94.9", "without evidence the lowest trust is the one that it began with");
});

t.test(
  "under `quarantine` it is held until an operator lets it go, and held again where the script goes on",
  async (t) => {
    const { watch, script, acts, clock } = await court(t, "quarantine");
    script(200, () => watch.verdict === "quarantine");
    t.match(watch.decision, { verdict: "quarantine", rule: "scripted-typing" });
    t.equal(watch.challenge?.step, "operator", "who is not known has nothing to prove it with");
    clock.advance(60_000);
    watch.tick(clock.now());
    t.same(acts, ["quarantine"]);
    t.equal(watch.operate({ kind: "release", operator: "olga", reason: "a text macro" }), "done");
    watch.tick(clock.now());
    t.match([watch.verdict, watch.viewed.signals], ["allow", []]);
    clock.advance(10 * 60_000);
    script(200, () => watch.verdict !== "allow");
    t.same(acts, ["quarantine", "release", "quarantine"]);
  },
);

t.test("who is asked for a proof has the time for it, though a rule would sever a script that goes on", async (t) => {
  const { watch, script, acts, clock, settings } = await court(t, "report");
  const rule = `rules:\n  - {name: own, when: '"scripted-typing" in signals', then: sever, because: it is a script}`;
  settings.policy = parsePolicy(shipped.replace(/^rules:/m, rule), "policy.yaml");
  script(200, () => watch.verdict !== "allow");
  clock.advance(10_000);
  watch.tick(clock.now());
  t.same(acts, ["quarantine"]);
});

t.test("an alert that an operator has looked at stays over until it comes again", async (t) => {
  const { watch, script, clock } = await court(t, "report");
  script(200, () => watch.verdict !== "allow");
  t.equal(watch.operate({ kind: "release", operator: "olga", reason: "a text macro" }), "done");
  clock.advance(1000);
  watch.tick(clock.now());
  t.match([watch.verdict, watch.decision.rule, watch.viewed.signals], ["allow", "released-by-operator", []]);
});

t.test("in report mode a hold is only told, and what is off is neither told nor counted", async (t) => {
  const reported = await court(t, "quarantine", "report");
  reported.script(200);
  t.match(reported.watch.decision, { verdict: "alert", wouldBe: "quarantine", rule: "scripted-typing" });
  t.same(reported.acts, []);
  await t.test("off", async (t) => {
    const { script, watch, tally, settings, clock } = await court(t, "off");
    script(300);
    watch.tick(clock.now());
    t.equal(watch.verdict, "allow");
    t.same(watch.viewed.signals, []);
    t.equal(tally.signals.size, 0);
    settings.policy = parsePolicy(shipped, "policy.yaml");
    watch.tick(clock.now());
    t.match(watch.decision, { verdict: "alert", rule: "scripted-typing" }, "until the policy says otherwise");
  });
});

t.test("what a script types teaches nothing", async (t) => {
  for (const act of ["report", "off"] as const)
    await t.test(act, async (t) => {
      const { watch, script, store, judge, clock } = await court(t, act);
      for (let n = 0; n < 10; n++) {
        script(100);
        watch.tick(clock.now());
      }
      watch.close(clock.now(), null);
      await judge.close();
      t.equal((store.agent(bert)?.keystrokes ?? 0) > 0, act === "off", "but for who wants none of it");
    });
});
