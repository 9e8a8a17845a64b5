import * as fc from "fast-check";
import t from "tap";
import { SamehandError } from "../core/errors.ts";
import { type Verdict, verdicts } from "../core/verdict.ts";
import { defaultPolicyFile, loadPolicy, parsePolicy } from "./policy-file.ts";
import type { Facts } from "./rules.ts";

type Change = { [Key in keyof Facts]?: Facts[Key] extends object ? Partial<Facts[Key]> : Facts[Key] };

const facts = (change: Change = {}): Facts => ({
  trust: 95,
  hour: 10,
  signals: [],
  ...(change as object),
  llr: { keyboard: 1, pointer: 1, total: 2, ...change.llr },
  alone: { keyboard: 0, pointer: 0 },
  thresholds: { alert: 50, quarantine: 20, sever: 5, ...change.thresholds },
  agent: { name: "anna", maturity: "mature", keystrokes: 5000, actions: 900, ...change.agent },
  session: { seconds: 60, keystrokes: 300, actions: 40, quarantines: 0, quarantinedSeconds: 0, ...change.session },
  link: { jitterMs: 2, good: true, ...change.link },
});

const head = `budget: {falseQuarantinesPerHour: 0.1, falseSeversPerHour: 0.01}
lockMinutes: 30
quarantineSeconds: 90
strangers: deny
rules:
`;
const withRule = (when: string): string =>
  `${head}  - name: one\n    when: ${when}\n    then: alert\n    because: it holds\n`;
const refusal = (text: string): string => {
  try {
    parsePolicy(text, "policy.yaml");
  } catch (error) {
    if (error instanceof SamehandError && error.code === "policy-invalid") return error.detail;
    throw error;
  }
  throw new Error("accepted");
};

t.test("a signal does at least what the policy says of it, and a rule may be stricter", (t) => {
  const ruled = (acts: string, change: Change, rules = ""): string => {
    const { verdict, rule } = parsePolicy(`signals: {${acts}}\n${head.trimEnd()}${rules || " []"}\n`, "p.yaml").decide(
      facts(change),
    );
    return `${verdict} ${rule}`;
  };
  const signals = ["scripted-typing"];
  const both = ["scripted-pointing", "scripted-typing"];
  t.equal(ruled("", { signals }), "alert scripted-typing", "reported where the policy says nothing");
  t.equal(ruled("scripted-typing: off", { signals }), "allow none");
  t.equal(ruled("scripted-typing: quarantine", { signals }), "quarantine scripted-typing");
  t.equal(ruled("scripted-pointing: quarantine", { signals: both }), "quarantine scripted-pointing", "the strictest");
  t.equal(ruled("scripted-typing: quarantine", { signals: ["unverifiable-link"] }), "allow none");
  const rule = (then: string): string =>
    `\n  - {name: own, when: '"scripted-typing" in signals', then: ${then}, because: it is a script}`;
  t.equal(ruled("", { signals }, rule("quarantine")), "quarantine own");
  t.equal(ruled("scripted-typing: quarantine", { signals }, rule("alert")), "quarantine scripted-typing");
  t.match(refusal(`signals: {scripted-typing: sever}\n${head} []`), /p.*scripted-typing/, "none severs by itself");
  t.match(refusal(`signals: {jiggler: report}\n${head} []`), /jiggler/);
  t.end();
});

t.test("the shipped policy acts on mature agents, alerts on provisional ones, and leaves enrolling ones alone", (t) => {
  const policy = loadPolicy(defaultPolicyFile);
  const verdict = (change: Change): string =>
    `${policy.decide(facts(change)).verdict} ${policy.decide(facts(change)).rule}`;
  const against = { llr: { keyboard: -9, pointer: -3 } };
  const held = { session: { quarantinedSeconds: 3 } };
  t.equal(verdict({}), "allow none");
  t.equal(verdict({ trust: 40 }), "alert doubtful-hand");
  t.equal(verdict({ trust: 20 }), "quarantine wrong-hand");
  t.equal(verdict({ trust: 1, ...against }), "quarantine wrong-hand", "no sever outside of a quarantine");
  t.equal(verdict({ trust: 1, ...against, ...held }), "sever wrong-hand-in-quarantine");
  t.equal(
    verdict({ trust: 1, ...held, llr: { keyboard: -30, pointer: 0 } }),
    "quarantine wrong-hand",
    "keyboard alone",
  );
  t.equal(verdict({ trust: 1, ...held, llr: { keyboard: 0, pointer: -30 } }), "quarantine wrong-hand", "pointer alone");
  t.equal(verdict({ trust: 90, session: { quarantinedSeconds: 120 } }), "sever quarantine-expired");
  t.equal(verdict({ trust: 1, agent: { maturity: "provisional" } }), "alert doubtful-hand");
  t.equal(verdict({ trust: 1, agent: { maturity: "enrolling" } }), "allow none");
  t.equal(verdict({ signals: ["unverifiable-link"], agent: { maturity: "enrolling" } }), "alert signal");
  t.equal(verdict({ signals: ["scripted-typing"], agent: { maturity: "enrolling" } }), "alert scripted-typing");
  t.match(policy, { lockMinutes: 60, quarantineSeconds: 120, strangers: "enrol" });
  t.end();
});

t.test("in the shipped policy less trust is never judged more mildly", (t) => {
  const policy = loadPolicy(defaultPolicyFile);
  const rank = (verdict: Verdict): number => verdicts.indexOf(verdict);
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 100, noNaN: true }),
      fc.double({ min: 0, max: 100, noNaN: true }),
      fc.constantFrom("enrolling" as const, "provisional" as const, "mature" as const),
      fc.constantFrom(0, 1, 130),
      (a, b, maturity, quarantinedSeconds) => {
        const of = (trust: number) =>
          policy.decide(facts({ trust, agent: { maturity }, session: { quarantinedSeconds } }));
        return rank(of(Math.min(a, b)).verdict) >= rank(of(Math.max(a, b)).verdict);
      },
    ),
  );
  t.end();
});

t.test("the first rule that matches wins, and where none does the session is allowed", (t) => {
  const policy = parsePolicy(
    `${head}  - {name: one, when: trust < 50, then: alert, because: low}\n  - {name: two, when: trust < 80, then: sever, because: middling}\n`,
    "policy.yaml",
  );
  t.match(policy.decide(facts({ trust: 40 })), { verdict: "alert", rule: "one", because: "low" });
  t.match(policy.decide(facts({ trust: 60 })), { verdict: "sever", rule: "two" });
  t.match(policy.decide(facts({ trust: 90 })), { verdict: "allow", rule: "none" });
  t.end();
});

t.test("a rule sees every fact", (t) => {
  const holds = (when: string, change: Change = {}): boolean =>
    parsePolicy(withRule(JSON.stringify(when)), "policy.yaml").decide(facts(change)).verdict === "alert";
  for (const when of [
    "trust == 95",
    "trust + 5 == 100 && trust - 5.0 < 91",
    "llr.keyboard > 0 && llr.pointer > 0 && llr.total == 2",
    "thresholds.alert > thresholds.quarantine && thresholds.quarantine > thresholds.sever",
    'agent.name == "anna" && agent.maturity == "mature" && agent.keystrokes >= 5000 && agent.actions != 0',
    "session.seconds / 60 == 1 && session.keystrokes * 2 == 600 && session.actions > 1 && session.quarantines == 0",
    "session.quarantinedSeconds < quarantineSeconds",
    "link.jitterMs < 5 && link.good",
    "hour >= 9 && hour < 17",
    'agent.name.startsWith("an")',
    "!signals.exists(s, s.startsWith('jig'))",
  ])
    t.ok(holds(when), when);
  t.ok(holds('"jiggler" in signals', { signals: ["jiggler"] }));
  t.notOk(holds('"jiggler" in signals'));
  t.end();
});

t.test("a fault in a condition is pointed at", (t) => {
  t.equal(
    refusal(withRule("trst < 50 && trust < 40")),
    "policy.yaml:7:11: rule `one`: unknown variable: trst\n    trst < 50 && trust < 40\n    ^",
  );
  t.equal(
    refusal(withRule("|\n      trust < 50 &&\n      agent.nme == 'x'")),
    "policy.yaml:7:11: rule `one`: no such key: nme\n    agent.nme == 'x'\n          ^",
  );
  t.match(refusal(withRule("trust <")), /policy\.yaml:7:11: rule `one`: unexpected token: EOF\n {4}trust <\n {11}\^/);
  t.match(refusal(withRule("trust + 1")), /must be true or false, is of type double/);
  t.match(refusal(withRule('agent.name < "x" || trust == "x"')), /no such overload: double == string/);
  t.match(
    refusal(withRule('agent.maturity == "matur"')),
    /agent\.maturity is one of enrolling, provisional, mature\n.*\n {22}\^/,
  );
  t.match(refusal(withRule(`'!(trust < 1 || "old" != agent.maturity)'`)), /agent\.maturity is one of/);
  t.match(refusal(withRule(`"${"trust < 1 && ".repeat(300)}true"`)), /rule `one`/, "limits on size");
  t.match(refusal(withRule(`"${"(".repeat(1000)}true"`)), /rule `one`/, "limits on depth");
  t.end();
});

t.test("a fault in the file is told by file, line and key", (t) => {
  t.match(
    refusal(head.replace("lockMinutes", "lokMinutes") + "  []"),
    /policy\.yaml:2:1: unknown key `lokMinutes`; did you mean `lockMinutes`\?/,
  );
  t.match(
    refusal(withRule("trust < 1").replace("then: alert", "then: kill")),
    /`rules\.0\.then` must be `allow` or `alert`/,
  );
  t.match(refusal(withRule("trust < 1").replace("name: one", "name: No Good")), /lower-case words/);
  t.match(
    refusal(`${withRule("trust < 1")}${withRule("trust < 2").slice(head.length)}`),
    /policy\.yaml:10:11: a second rule `one`/,
  );
  t.match(refusal(withRule("trust < 1").replace("0.01", "5")), /more false severs/);
  t.match(refusal("budget: {a: [1,"), /policy\.yaml:1/);
  t.match(refusal(withRule("!link.good")), /policy\.yaml:7:11: .*must stand in quotes/, "`!` is YAML's too");
  t.throws(() => loadPolicy("/no/such/policy.yaml"), { code: "policy-invalid" });
  t.end();
});

t.test("a rule that fails is counted and passed over", (t) => {
  const policy = parsePolicy(
    `${head}  - {name: broken, when: "1 / int(trust) > 0", then: sever, because: x}\n  - {name: next, when: "true", then: alert, because: y}\n`,
    "policy.yaml",
  );
  t.match(policy.decide(facts({ trust: 0 })), { verdict: "alert", rule: "next" });
  t.equal(policy.failures.get("broken"), 1);
  t.end();
});

t.test("no facts make a ruling throw", (t) => {
  const policy = loadPolicy(defaultPolicyFile);
  const number = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -0));
  fc.assert(
    fc.property(number, number, number, fc.array(fc.string()), (trust, keyboard, quarantinedSeconds, signals) =>
      verdicts.includes(
        policy.decide(facts({ trust, signals, llr: { keyboard }, session: { quarantinedSeconds } })).verdict,
      ),
    ),
  );
  t.end();
});
