import t from "tap";
import { millis } from "../gateway/core/units.ts";
import { Inspector, Enrolment } from "../gateway/inspect/inspector.ts";
import { send, type TimedEvent, Typist } from "../test/parts/typist.ts";
import { adapt, confirm, driftOf, finished, giveUp } from "./adaptation.ts";
import { Background } from "./background.ts";
import { adaptedShare } from "./drift.ts";
import { momentCount } from "./keyboard/pair-moments.ts";
import { KeyboardStatistics } from "./keyboard/statistics.ts";
import { featureCount as keyFeatures } from "./keyboard/times.ts";
import { featureCount } from "./pointer/action.ts";
import { PointerStatistics } from "./pointer/statistics.ts";
import { type Part, Profile, emptyPart } from "./profile.ts";
import { fewest, Recogniser } from "./recogniser.ts";

const background = Background.load();
const [own, other] = [1, 2];

/** What a synthetic person shows at the keyboard in one session. */
const shown = (person: number, session: number, keys = 400): Part => heard(new Typist(person).shift(keys, session));

function heard(events: readonly TimedEvent[]): Part {
  const enrolment = new Enrolment(background);
  const inspector = new Inspector({ verifier: null, enrolment });
  for (const event of events) send(inspector, event);
  inspector.flush();
  return { keyboard: enrolment.keyboard, pointer: background.pointer.statistics() };
}

const whole = (part: Part) => ({ shown: part, learnable: part, device: null });
const lesson = (person: number, session: number) => ({
  stretches: [0, 1].map((half) => whole(shown(person, 2 * session + half, 200))),
  session: `session-${session}`,
  day: session,
});

/** How many times of keys a part holds: what it weighs. */
function timesOf({ keyboard }: Part): number {
  if (!(keyboard instanceof KeyboardStatistics)) throw new TypeError("not keyboard statistics");
  const { size, moments } = keyboard.pairs;
  let held = 0;
  for (let pair = 0; pair < size; pair++)
    for (let feature = 0; feature < keyFeatures; feature++) held += moments[pair * momentCount + feature * 3];
  return held;
}

/** Of so many keys that two lessons stay within the drift budget. */
function known(): Profile {
  const profile = Profile.empty(background);
  profile.learn(shown(own, 0, 6000), 0);
  profile.sealed = true;
  return profile;
}

t.test("of a known agent nothing is learned before another session or a challenge confirms it", (t) => {
  const profile = known();
  const before = profile.keystrokes;
  t.equal(adapt(background, profile, lesson(own, 1)), "held-back");
  t.equal(adapt(background, profile, lesson(own, 1)), "held-back", "nor does a session confirm itself");
  t.equal(profile.keystrokes, before);
  t.equal(adapt(background, profile, lesson(own, 2)), "held-back");
  t.ok(profile.keystrokes > before, "another session that is recognised confirms the one before");
  const confirmed = profile.keystrokes;
  t.ok(confirm(background, profile), "a challenge confirms what waits");
  t.ok(profile.keystrokes > confirmed);
  t.notOk(confirm(background, profile), "once");
  t.end();
});

t.test("what the anchor does not recognise is refused, whatever was adapted before", (t) => {
  const profile = known();
  const verdict = finished(new Recogniser(background, profile).hear(shown(other, 1), "keyboard")).said ?? 0;
  t.ok(verdict < 0, `the anchor says ${verdict.toFixed(1)} of another hand`);
  for (let session = 1; session < 5; session++) t.equal(adapt(background, profile, lesson(other, session)), "refused");
  t.equal(profile.candidate, null);
  // even a profile that was led astray already judges by its anchor
  profile.adapted.keyboard.merge(shown(other, 9, 700).keyboard);
  t.equal(adapt(background, profile, lesson(other, 10)), "refused");
  t.end();
});

t.test("a session that ends in doubt takes its own candidate with it, and nobody else's", (t) => {
  const profile = known();
  adapt(background, profile, lesson(own, 1));
  t.notOk(giveUp(profile, "session-2"));
  t.not(profile.candidate, null);
  t.ok(giveUp(profile, "session-1"));
  t.equal(profile.candidate, null);
  t.end();
});

t.test("a session's last few keys, too few to be judged, take nothing from what it taught", (t) => {
  const profile = known();
  const last = (part: Part) => ({ stretches: [whole(part)], session: "session-1", day: 1 });
  const few = heard(new Typist(own).type("please send it to me again", 1000, 7));
  t.ok(few.keyboard.count > 20 && few.keyboard.count < fewest.keyboard);
  t.equal(adapt(background, profile, lesson(own, 1)), "held-back");
  t.equal(adapt(background, profile, last(few)), "refused");
  t.not(profile.candidate, null);
  t.equal(adapt(background, profile, last(shown(other, 30, 200))), "refused");
  t.equal(profile.candidate, null, "what speaks against the agent does");
  t.end();
});

t.test("how high suspicion rose in a session waits with what it taught, and is given up with it", (t) => {
  let profile = known();
  const stored = () => (profile = Profile.decode(profile.encode(), background));
  const told = (session: number) => ({ ...lesson(own, session), peaks: [session / 4, -3.126] });
  adapt(background, profile, told(1));
  adapt(background, stored(), told(1));
  t.same(stored().peaks, [], "nobody confirmed it");
  t.ok(giveUp(profile, "session-1"));
  adapt(background, stored(), told(2));
  t.same(stored().peaks, [], "what a doubted session taught is taken back whole");
  adapt(background, profile, told(3));
  t.same(stored().peaks, [0.5, -3.13]);
  t.ok(confirm(background, profile));
  t.same(stored().peaks, [0.5, -3.13, 0.75, -3.13]);
  t.end();
});

t.test("however long it goes on, what was adapted stays within the drift budget around the sealed anchor", (t) => {
  let profile = known();
  const anchor = Buffer.from(profile.anchor.keyboard.encode());
  const budget = adaptedShare * profile.anchor.keyboard.count;
  const presses = timesOf(profile.anchor);
  t.equal(driftOf(known().encode())?.keyboard, 0);
  let last = 0;
  for (let session = 1; session < 10; session++) {
    adapt(background, profile, lesson(own, session));
    profile = Profile.decode(profile.encode(), background);
    t.ok(profile.adapted.keyboard.count <= budget + 1, `${profile.adapted.keyboard.count} of ${budget}`);
    const weighs = timesOf(profile.adapted) / presses;
    t.ok(weighs < 1.02 * adaptedShare, `as it was stored, ${weighs.toFixed(3)} of what the anchor weighs`);
    const drift = driftOf(profile.encode())?.keyboard ?? -1;
    t.ok(drift >= last && drift <= 1, `drift ${drift}`);
    last = drift;
  }
  t.ok(last > 0.9, "the budget is used up");
  t.same(Buffer.from(profile.anchor.keyboard.encode()), anchor, "and the anchor is as it was");
  const young = Profile.empty(background);
  t.equal(driftOf(young.encode()), null, "a profile without a sealed anchor has no budget");
  t.end();
});

t.test("each stretch is judged by itself, and a session that is somebody else's in good part teaches nothing", (t) => {
  const stretch = (person: number, session: number) => whole(shown(person, session, 200));
  const profile = known();
  const one = { stretches: [stretch(own, 20), stretch(own, 21), stretch(other, 22)], session: "mixed", day: 20 };
  t.equal(adapt(background, profile, one), "held-back");
  const learned = one.stretches[0].shown.keyboard.count + one.stretches[1].shown.keyboard.count;
  t.equal(profile.candidate?.part.keyboard.count, learned, "without the stretch of another hand");
  const more = { stretches: [stretch(own, 23), stretch(other, 24), stretch(other, 25)], session: "mixed", day: 20 };
  t.equal(adapt(background, profile, more), "refused");
  t.equal(profile.candidate, null, "and what the session taught before is given up");
  const hidden = { shown: shown(other, 26, 200), learnable: shown(own, 26, 200), device: null };
  t.equal(
    adapt(background, profile, { stretches: [hidden], session: "hidden", day: 26 }),
    "refused",
    "whatever was picked from a stretch, all that it showed is judged",
  );
  t.end();
});

t.test("a profile of many actions stays small: what was adapted keeps no more rows than it can weigh", (t) => {
  const profile = known();
  const values = new Float32Array(featureCount);
  const pointing = (count: number): Part => {
    const part = emptyPart(background);
    for (let action = 0; action < count; action++) {
      for (let f = 0; f < featureCount; f++) values[f] = ((action * 7919 + f * 104_729) % 1000) / 10;
      part.pointer.add({ at: millis(action), kind: action % 2, features: values, jittered: values });
    }
    return part;
  };
  profile.anchor.pointer.merge(pointing(12_000).pointer);
  profile.candidate = { part: pointing(2500), session: "s", day: 1 };
  t.ok(confirm(background, profile));
  const { pointer } = profile.adapted;
  t.equal(pointer.count, 2500);
  t.ok(pointer instanceof PointerStatistics && pointer.kept <= 512);
  const { pointer: whole } = profile.enrolled(background);
  t.ok(whole instanceof PointerStatistics && whole.kept === 2048);
  t.end();
});
