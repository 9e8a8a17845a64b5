import * as fc from "fast-check";
import t from "tap";
import { ChallengeCourse, type Turn } from "./challenge-course.ts";
import {
  backoffUntil,
  type ChallengePolicy,
  challengeSteps,
  phraseLimits,
  phraseWords,
  planChallenge,
} from "./challenge.ts";

const policy: ChallengePolicy = {
  proof: "code",
  prompt: "screen",
  withoutCode: "phrase",
  phrase: true,
  attempts: 3,
  falsePasses: 0.05,
  operatorSeconds: 600,
  operatorAfter: 3,
  backoffMinutes: 2,
};
const budget = { falseQuarantinesPerHour: 0.125, falseSeversPerHour: 0.005 };
const known = { hasCode: true, hasPasskey: false, canType: true, passed: 0, late: false };

t.test("what is asked follows from the policy and from what is known of the agent", (t) => {
  t.same(planChallenge(policy, known), ["code", "phrase"]);
  t.same(planChallenge(policy, { ...known, hasCode: false }), ["phrase"]);
  t.same(planChallenge({ ...policy, withoutCode: "operator" }, { ...known, hasCode: false }), ["phrase", "operator"]);
  t.same(planChallenge({ ...policy, proof: "operator" }, known), ["phrase", "operator"]);
  t.same(planChallenge({ ...policy, phrase: false }, known), ["code"]);
  t.same(planChallenge(policy, { ...known, canType: false }), ["code"], "no profile: the code alone");
  t.same(planChallenge(policy, { ...known, canType: false, hasCode: false }), ["operator"]);
  t.same(planChallenge({ ...policy, proof: "none" }, { ...known, canType: false }), ["operator"]);
  t.same(planChallenge(policy, { ...known, passed: 3 }), ["operator"], "doubted too often");
  t.same(planChallenge(policy, { ...known, late: true }), ["operator"]);
  const passkey = { ...known, hasPasskey: true };
  t.same(planChallenge(policy, passkey), ["code", "phrase"], "the policy says which of the two");
  t.same(planChallenge({ ...policy, proof: "passkey" }, passkey), ["passkey", "phrase"]);
  t.same(planChallenge({ ...policy, proof: "passkey" }, known), ["code", "phrase"], "what the agent has");
  t.same(planChallenge(policy, { ...passkey, hasCode: false }), ["passkey", "phrase"]);
  t.same(planChallenge(policy, { ...passkey, hasCode: false, canType: false }), ["passkey"]);
  t.same(planChallenge({ ...policy, proof: "none" }, passkey), ["phrase"]);
  t.end();
});

t.test(
  "limits follow from the promises: they sink with what was typed, and rise with each phrase that is begun",
  (t) => {
    const { pass, fail } = phraseLimits(policy, budget);
    t.ok(pass(30, 0) > 1.8 && pass(30, 0) < 2.2, `${pass(30, 0)}`);
    t.ok(pass(50, 0) < pass(30, 0) && pass(20, 0) > pass(30, 0));
    t.equal(pass(500, 0), 0, "never below indifference");
    t.ok(Math.abs(Math.exp(0.82 * (pass(30, 1) - pass(30, 0))) - 4) < 1e-9, "a second phrase lets a quarter through");
    t.ok(Math.abs(fail - Math.log(0.04) + 2.3) < 1e-9);
    t.ok(phraseLimits({ ...policy, falsePasses: 0.01 }, budget).pass(30, 0) > pass(30, 0));
    t.equal(phraseLimits({ ...policy, falsePasses: 0.9 }, budget).pass(30, 0), 0);
    t.end();
  },
);

t.test("after each passed challenge a weak doubt waits longer, up to an hour", (t) => {
  const minutes = (passes: number[]) => (backoffUntil(policy, passes) - (passes.at(-1) ?? 0)) / 60_000;
  t.equal(backoffUntil(policy, []), 0);
  t.equal(minutes([1000]), 2);
  t.equal(minutes([1, 1000]), 4);
  t.equal(minutes([1, 2, 1000]), 8);
  t.equal(minutes(Array.from({ length: 20 }, () => 1000)), 60);
  t.end();
});

const limits = { pass: () => 2, fail: -3 };
const none = { "wrong-code": 0, "failed-phrase": 0, undecided: 0 };

t.test("an undecided phrase goes on with more words, and then an operator has to look", (t) => {
  const course = new ChallengeCourse({ steps: ["phrase"], attempts: 2, limits });
  const { first, more, most } = phraseWords;
  const answered: string[] = [];
  for (let words = first; words <= most; words += more) {
    const { turn, lost } = course.phrase(0, words * 6, words);
    answered.push(`${turn} ${lost}`);
  }
  t.same(answered, ["more undecided", "more null", "more null", "more null", "more null", "next undecided"]);
  t.equal(course.step, "operator");
  t.equal(course.attemptsLeft, null);
  course.approve();
  t.equal(course.step, null);
  t.end();
});

t.test("a bad beginning fails nobody, and three times surely somebody else's do", (t) => {
  const course = new ChallengeCourse({ steps: ["phrase"], attempts: 3, limits });
  const turns = [31, 49, 52, 72, 93].map((keystrokes) => course.phrase(-9, keystrokes, 6).turn);
  t.same(turns, ["more", "more", "again", "again", "failed"]);
  const better = new ChallengeCourse({ steps: ["phrase"], attempts: 3, limits });
  t.same([better.phrase(-9, 52, 10).turn, better.phrase(2, 72, 14).turn], ["again", "passed"]);
  const last = new ChallengeCourse({ steps: ["phrase"], attempts: 3, limits });
  t.equal(last.phrase(-9, 134, phraseWords.most).turn, "failed", "at the words' end once is enough");
  t.end();
});

t.test("what was lost and begun in other sessions counts", (t) => {
  const begun: number[] = [];
  const counting = { ...limits, pass: (_: number, others: number) => begun.push(others) + 9 };
  let lost = { ...none, undecided: 2 };
  const course = new ChallengeCourse({ steps: ["code", "phrase"], attempts: 3, limits: counting, lost: () => lost });
  t.equal(course.step, "code");
  lost = { ...lost, "wrong-code": 1 };
  t.equal(course.code(false).turn, "again");
  lost = { ...lost, "wrong-code": 2 };
  t.equal(course.attemptsLeft, 1);
  t.equal(course.code(true).turn, "next");
  course.phrase(0, 30, 6);
  lost = { ...lost, undecided: 3 };
  course.phrase(0, 50, 10);
  t.same(begun, [2, 2], "its own is not another one");
  const spent = new ChallengeCourse({ steps: ["code", "phrase"], attempts: 3, limits, lost: () => lost });
  spent.code(true);
  t.equal(spent.step, "operator");
  t.end();
});

const answers = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("code" as const), right: fc.boolean() }),
    fc.record({
      kind: fc.constant("phrase" as const),
      llr: fc.oneof(fc.double({ min: -20, max: 20 }), fc.constant(Number.NaN)),
      keystrokes: fc.nat(100),
    }),
  ),
  { maxLength: 60 },
);

t.test("no course passes without each step's proof, none goes on for ever, and nothing follows its end", (t) => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...challengeSteps), { minLength: 1 }),
      fc.integer({ min: 1, max: 5 }),
      answers,
      (steps, attempts, given) => {
        const course = new ChallengeCourse({ steps, attempts, limits });
        const lost = { code: 0, phrase: 0 };
        const proved = new Set<string>();
        let words: number = phraseWords.first;
        let end: Turn | null = null;
        for (const answer of given) {
          const { step } = course;
          const { turn } =
            answer.kind === "code" ? course.code(answer.right) : course.phrase(answer.llr, answer.keystrokes, words);
          if (step !== answer.kind) {
            if (turn !== "again") throw new Error("an answer that was not asked for counted");
            continue;
          }
          const good = answer.kind === "code" ? answer.right : answer.llr >= limits.pass() && answer.keystrokes >= 20;
          if (good) proved.add(step);
          else if (turn === "passed") throw new Error("passed by a bad answer");
          if (answer.kind === "phrase") words += phraseWords.more;
          if (turn === "again" || turn === "failed") lost[answer.kind]++;
          if (turn === "passed" || turn === "failed") end = turn;
        }
        if (end === "passed" && (steps.includes("operator") || !steps.every((step) => proved.has(step)))) return false;
        if ((end !== null) !== (course.step === null)) return false;
        return lost.code <= attempts && lost.phrase <= attempts;
      },
    ),
    { numRuns: 2000 },
  );
  t.end();
});
