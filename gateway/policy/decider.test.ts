import t from "tap";
import { type Millis, millis } from "../core/units.ts";
import type { Mode } from "../core/verdict.ts";
import { agentTerms } from "./agent-terms.ts";
import { Decider, type DeciderOptions } from "./decider.ts";
import { loadPolicy, defaultPolicyFile } from "./policy-file.ts";
import { deriveThresholds, trustAt } from "./thresholds.ts";
import { defaultTrustOptions, highestSingle } from "./trust.ts";

const peaks = Array.from({ length: 200 }, (_, index) => -4 + index / 40);
const policy = loadPolicy(defaultPolicyFile);
const { thresholds } = agentTerms(policy, peaks, []);
const agent = { name: "ann", maturity: "mature" as const, keystrokes: 3000, actions: 900 };

function decider(more: Partial<DeciderOptions> = {}): Decider {
  return new Decider({ mode: "enforce", thresholds, agent, holdFor: millis(60_000), rules: policy, ...more });
}

/** A session in which each modality says so much every second or so. */
class Session {
  at = 0;
  keystrokes = 0;
  readonly verdicts: string[] = [];
  readonly decider: Decider;
  constructor(decider: Decider) {
    this.decider = decider;
  }
  /** Somebody else until input is held. */
  untilHeld(): this {
    for (let index = 0; index < 60 && this.decider.decision.verdict !== "quarantine"; index++) this.say(1, -2, -2);
    return this;
  }
  get now(): Millis {
    return millis(this.at);
  }
  say(windows: number, keyboard: number, pointer: number): this {
    for (let index = 0; index < windows; index++)
      for (const [modality, llr] of [
        ["keyboard", keyboard],
        ["pointer", pointer],
      ] as const) {
        this.at += 1500;
        this.keystrokes += 5;
        if (llr === 0) continue;
        const weighed = { at: this.now, modality, llr, weight: 1, keystrokes: this.keystrokes, actions: 0 };
        const decision = this.decider.evidence(weighed);
        if (decision !== null) this.verdicts.push(`${decision.verdict} ${decision.rule}`);
      }
    return this;
  }
}

t.test("the agent alone is never touched; somebody else is quarantined", (t) => {
  const session = new Session(decider()).say(400, 0.6, 1);
  t.same(session.verdicts, []);
  session.say(60, -2, -2);
  t.ok(session.verdicts.some((verdict) => verdict.startsWith("quarantine")));
  t.ok(!session.verdicts[0]?.startsWith("sever"), "never severed at one blow");
  t.end();
});

t.test("one modality alone cannot sever, in the default policy", (t) => {
  for (const wrong of ["keyboard", "pointer"] as const) {
    const session = new Session(decider());
    session.say(200, 0.6, 1).say(600, wrong === "keyboard" ? -5 : 0, wrong === "pointer" ? -5 : 0);
    t.notOk(
      session.verdicts.some((verdict) => /^sever (?!quarantine-expired)/.test(verdict)),
      wrong,
    );
  }
  t.end();
});

t.test("typing while held that fits the agent again lets go", (t) => {
  const session = new Session(decider()).say(100, 0.6, 1).untilHeld();
  t.equal(session.decider.decision.verdict, "quarantine");
  session.say(80, 0.8, 2);
  t.ok(session.verdicts.includes("allow recognised-while-held"));
  t.end();
});

t.test("a quarantine that nobody answers is severed after its time, and a sever is final", (t) => {
  const session = new Session(decider()).say(100, 0.6, 1).untilHeld();
  t.equal(session.decider.tick(millis(session.at + 10_000)), null);
  const decision = session.decider.tick(millis(session.at + 70_000));
  t.equal(decision?.verdict, "sever");
  t.equal(decision?.rule, "quarantine-expired");
  t.equal(session.decider.challengePassed(session.now), null);
  session.say(50, 2, 2);
  t.equal(session.decider.decision.verdict, "sever");
  t.end();
});

t.test("a passed challenge starts trust anew, and teaches that one modality may be a new device", (t) => {
  const session = new Session(decider()).say(100, 0.6, 1).untilHeld();
  const decision = session.decider.challengePassed(session.now);
  t.equal(decision?.verdict, "allow");
  t.ok(session.decider.filter.trust > 90);
  session.untilHeld();
  t.equal(session.decider.decision.verdict, "quarantine", "both wrong again: held again");
  t.end();
});

t.test("report mode says what it would have done", (t) => {
  const mode: Mode = "report";
  const session = new Session(decider({ mode })).say(100, 0.6, 1).say(40, -2, -2);
  const { verdict, wouldBe } = session.decider.decision;
  t.equal(verdict, "alert");
  t.not(wouldBe, "allow");
  t.end();
});

t.test("who is not known well enough is not held", (t) => {
  for (const maturity of ["enrolling", "provisional"] as const) {
    const session = new Session(decider({ agent: { ...agent, maturity } })).say(20, 0.5, 0.5).say(100, -3, -3);
    t.notOk(
      session.verdicts.some((verdict) => /quarantine|sever/.test(verdict)),
      maturity,
    );
  }
  t.end();
});

t.test(
  "a smaller budget, and an agent's own high peaks, raise the limits; sever is above what one modality can say",
  (t) => {
    const single = highestSingle(defaultTrustOptions);
    const strict = deriveThresholds({ falseQuarantines: 1 / 80, falseSevers: 1 / 2000 }, peaks, [], single);
    t.ok(strict.quarantine > thresholds.quarantine);
    const nervous = agentTerms(policy, peaks, [1, 2, 2.5]).thresholds;
    t.ok(nervous.quarantine > thresholds.quarantine);
    const calm = agentTerms(
      policy,
      peaks,
      Array.from({ length: 300 }, () => -6),
    ).thresholds;
    t.same(calm, thresholds, "and calm ones lower none: what went higher was held, and is not among them");
    for (const each of [thresholds, strict, nervous, calm]) {
      t.ok(each.sever > single && each.sever > each.quarantine && each.quarantine > each.alert);
      t.ok(each.release < each.alert || each.release < each.quarantine);
      t.ok(trustAt(each.sever) < trustAt(each.quarantine));
    }
    t.end();
  },
);

t.test("the better an agent is known the limits stay where the budget puts them, however nervous the agent is", (t) => {
  const single = highestSingle(defaultTrustOptions);
  const background = peaks.map((peak) => peak - 1);
  const limitOf = (own: readonly number[]) => agentTerms(policy, background, own).thresholds.quarantine;
  const usual = limitOf([]);
  for (const stretches of [5, 20, 60, 200, 500]) {
    const own = Array.from({ length: stretches }, (_, index) => background[(index * 77) % background.length]);
    const limit = limitOf(own);
    t.ok(limit >= usual && limit < usual + 0.3, `${limit.toFixed(2)} after ${stretches} stretches like everybody's`);
  }
  let nervous: readonly number[] = [];
  for (let session = 0; session < 200; session++) nervous = [...nervous, limitOf(nervous) - 0.1, -4];
  t.ok(limitOf(nervous) > usual, "who is nervous is held later");
  t.ok(
    limitOf(nervous) <= Math.max(usual, single),
    "but not without end: a hand that differs in one modality is held still",
  );
  t.end();
});

t.test("a session at which nobody is is held until somebody proves who is there, and never severed for it", (t) => {
  const session = new Session(decider()).say(100, 0.6, 1);
  const held = session.decider.absent(session.now);
  t.match(held, { verdict: "quarantine", rule: "presence-idle" });
  t.equal(session.decider.absent(session.now), null, "told once");
  session.at += 10 * 3_600_000;
  t.equal(session.decider.tick(session.now), null, "no time-out");
  session.say(40, 0.6, 1);
  t.equal(session.decider.returned(session.now), null);
  t.equal(session.decider.decision.verdict, "quarantine", "typing like the agent is no proof");
  t.match(session.decider.challengePassed(session.now), { verdict: "allow" });
  t.match(session.decider.absent(session.now), { verdict: "quarantine" }, "again, after the next silence");
  t.end();
});

t.test("a wrong hand at a session that was left alone is held as a wrong hand", (t) => {
  const session = new Session(decider()).say(100, 0.6, 1);
  session.decider.absent(session.now);
  session.say(60, -2, -2);
  t.match(session.verdicts[0], /^quarantine wrong-hand/);
  t.match(session.verdicts[1], /^sever /);
  t.end();
});

t.test("in report mode an absence is told, and its end", (t) => {
  const session = new Session(decider({ mode: "report" })).say(100, 0.6, 1);
  t.match(session.decider.absent(session.now), { verdict: "alert", wouldBe: "quarantine", rule: "presence-idle" });
  t.match(session.decider.returned(session.now), { verdict: "allow", rule: "presence-returned" });
  t.equal(session.decider.returned(session.now), null);
  t.end();
});
