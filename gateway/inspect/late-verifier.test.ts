import t from "tap";
import { Background } from "../../models/background.ts";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import type { PointerAction } from "../../models/pointer/action.ts";
import { Profile } from "../../models/profile.ts";
import { Verifier } from "../../models/verifier.ts";
import { send, type TimedEvent, Typist } from "../../test/parts/typist.ts";
import { Enrolment, Inspector } from "./inspector.ts";
import { copyOf } from "./keystroke-rows.ts";
import { LateVerifier, type Making } from "./late-verifier.ts";

type Observation = { readonly key: Keystroke } | { readonly action: PointerAction };

const background = Background.load();

function hear(events: readonly TimedEvent[], inspector: Inspector): void {
  for (const event of events) send(inspector, event);
  inspector.flush();
}

const profile = (() => {
  const enrolment = new Enrolment(background);
  hear(new Typist(1).shift(300, 1), new Inspector({ verifier: null, enrolment }));
  const made = Profile.empty(background);
  made.learn(enrolment, 0);
  return made;
})();

const observations: Observation[] = [];
hear(
  new Typist(1).shift(120, 2),
  new Inspector({
    verifier: null,
    enrolment: null,
    onKeystroke: (key) => observations.push({ key: copyOf(key) }),
    onAction: (action) => observations.push({ action }),
  }),
);

function* made(): Making {
  yield;
  yield;
  return new Verifier(background, profile);
}

const told = (verifier: Verifier | LateVerifier, each: Observation) =>
  "key" in each ? verifier.keystroke(each.key) : verifier.action(each.action);

t.test("whenever its steps come, or none, it tells the same evidence at the same observation", (t) => {
  const plain = new Verifier(background, profile);
  const expected = observations.map((each) => told(plain, each));
  t.ok(expected.filter((evidence) => evidence !== null).length > 5, "windows of both modalities");
  for (const [first, between] of [
    [0, Infinity],
    [0, 1],
    [0, 7],
    [2, Infinity],
    [9, 1],
  ]) {
    const done: (Verifier | null)[] = [];
    const late = new LateVerifier(made, (verifier) => done.push(verifier));
    const steps = late.steps();
    for (let step = 0; step < first; step++) steps.next();
    const heard = observations.map((each, index) => {
      if (index % between === between - 1) steps.next();
      return told(late, each);
    });
    t.strictSame(heard, expected, `${first} steps before, then one every ${between}`);
    t.equal(done.length, 1);
    t.equal(steps.next().done, true, "nothing is left to do");
  }
  t.end();
});

t.test("a step that fails is made again where the verifier is needed, and what changed is begun anew", (t) => {
  let [begun, broken] = [0, true];
  const late = new LateVerifier(
    function* () {
      begun++;
      if (broken) throw new Error("the disk is gone");
      yield;
      return yield* made();
    },
    () => {},
  );
  t.throws(() => late.steps().next(), /disk/);
  t.throws(() => observations.forEach((each) => told(late, each)), /disk/, "within the event that needs it");
  broken = false;
  const steps = late.steps();
  steps.next();
  late.again();
  steps.next();
  t.equal(begun, 4, "twice in vain, once, and once anew");
  while (steps.next().done !== true);
  t.equal(begun, 4);
  t.end();
});

t.test("of nobody known nothing is told; what is not wanted any more is not made", (t) => {
  let nobody = 0;
  const unknown = new LateVerifier(
    // oxlint-disable-next-line require-yield
    function* () {
      return null;
    },
    (verifier) => (nobody += verifier === null ? 1 : 0),
  );
  t.strictSame([...new Set(observations.map((each) => told(unknown, each)))], [null]);
  t.equal(nobody, 1);

  const late = new LateVerifier(
    () => t.fail("it is begun") as never,
    () => t.fail("it is made"),
  );
  for (const each of observations.slice(0, 5)) told(late, each);
  late.wipe();
  t.equal(late.steps().next().done, true);
  t.strictSame([...new Set(observations.map((each) => told(late, each)))], [null]);
  t.end();
});
