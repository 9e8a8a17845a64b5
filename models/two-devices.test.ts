/** An agent who works at two devices in turn: each lesson goes to the way that explains it. */
import t from "tap";
import { Enrolment, Inspector } from "../gateway/inspect/inspector.ts";
import { send, Typist } from "../test/parts/typist.ts";
import { adapt, type SessionLesson } from "./adaptation.ts";
import { Background } from "./background.ts";
import { Farm } from "./farm.ts";
import type { Evidence } from "./modality.ts";
import type { Mode } from "./modes.ts";
import type { PointerStatistics } from "./pointer/statistics.ts";
import { Profile } from "./profile.ts";
import { fewest } from "./recogniser.ts";
import { Verifier } from "./verifier.ts";

const shipped = Background.load();
const [agent, device, other] = [1, 4, 9];

/** Typing of one and pointing of another, in one session. */
function* worked(typist: number, hand: number, session: number, keys: number) {
  for (const event of new Typist(typist).shift(keys, session)) if (event.kind === "key") yield event;
  for (const event of new Typist(hand).shift(keys, session)) if (event.kind === "pointer") yield event;
}

function play(inspector: Inspector, typist: number, hand: number, session: number, keys: number): void {
  for (const event of worked(typist, hand, session, keys)) send(inspector, event);
  inspector.flush();
}

function shown(typist: number, hand: number, session: number, keys: number): Enrolment {
  const enrolment = new Enrolment(shipped);
  play(new Inspector({ verifier: null, enrolment }), typist, hand, session, keys);
  return enrolment;
}

function enrolled(typist: number, keys: number): Profile {
  const profile = Profile.empty(shipped);
  profile.learn(shown(typist, typist, 0, keys), 0);
  profile.sealed = true;
  return profile;
}

const colleagues = [101, 102, 103, 104, 105].map((seed): [string, Profile] => [`c${seed}`, enrolled(seed, 1300)]);
const background = new Farm(shipped, new Map(colleagues)).backgroundFor("anna");

/** Every person's work of one session is played once for all tests. */
const played = new Map<string, Enrolment>();
const work = (typist: number, hand: number, session: number, keys = 420): Enrolment => {
  const key = [typist, hand, session, keys].join();
  const known = played.get(key) ?? shown(typist, hand, session, keys);
  played.set(key, known);
  return known;
};

interface Day {
  readonly typist?: number;
  readonly hand: number;
  /** Trust held the pointer for another device all along. */
  readonly isNew?: boolean;
  /** Keystrokes of each stretch. */
  readonly keys?: readonly number[];
}

/** A session of a day of its own. */
const lesson = (day: number, { typist = agent, hand, isNew = false, keys = [420] }: Day): SessionLesson => ({
  stretches: keys.map((each, index) => {
    const part = work(typist, hand, 10 * day + index, each);
    return { shown: part, learnable: part, device: isNew ? "pointer" : null };
  }),
  session: `session-${day}`,
  day,
});

/** The agent, who was seen with another mouse on two days. */
function withDevice(): Profile {
  const profile = enrolled(agent, 1500);
  for (const day of [1, 2]) adapt(background, profile, lesson(day, { hand: device, isNew: true }));
  return profile;
}

/** Mean evidence of a window of pointing, nats. */
function said(profile: Profile, hand: number): number {
  const verifier = new Verifier(background, profile);
  let [sum, windows] = [0, 0];
  const onEvidence = ({ modality, llr }: Evidence): void => {
    if (modality !== "pointer") return;
    sum += llr;
    windows++;
  };
  play(new Inspector({ verifier, enrolment: null, onEvidence }), agent, hand, 99, 240);
  return sum / windows;
}

/** What the usual way alone makes of a hand, nats. */
function usualSays(profile: Profile, hand: number): number {
  const usual = profile.pointing(background) as PointerStatistics;
  return background.pointer.likenessTo(usual)(work(agent, hand, 1).pointer);
}

const known = (mode: Mode): number => mode.statistics.count + (mode.adapted?.count ?? 0);

t.test("a second device used every other day becomes as well known as the first, which it leaves as it was", (t) => {
  const profile = withDevice();
  t.match(profile.modes, [{ confirmed: true }]);
  const [actions, before, first] = [profile.actions, usualSays(profile, device), said(profile, agent)];
  const young = said(profile, device);
  for (let day = 3; day < 13; day++) {
    const hand = day % 2 === 0 ? agent : device;
    t.equal(adapt(background, profile, lesson(day, { hand })), "held-back");
  }
  const [mode] = profile.modes;
  t.equal(profile.modes.length, 1);
  t.ok(known(mode) >= 0.9 * actions, `${known(mode)} actions of it are known, of the first ${actions}`);
  t.equal(mode.waiting?.session, "session-11", "the last day of it waits for another");
  t.match(mode.days.length, 6);
  const there = said(profile, device);
  t.ok(there > young, `${there.toFixed(2)} nats a window for ${young.toFixed(2)}`);
  t.ok(there > 0.9 * first, `of the first ${first.toFixed(2)}`);
  t.ok(usualSays(profile, device) < before + 0.1, "the usual way knows no more of it than at first");
  t.ok(said(profile, agent) > first - 0.1);
  t.ok(said(profile, other) < -1, "and somebody else is somebody else at both");
  t.end();
});

t.test("another's hand beside the agent's typing grows neither, nor does another's typing beside the device", (t) => {
  const profile = withDevice();
  const bytes = Buffer.from(profile.encode());
  t.equal(adapt(background, profile, lesson(3, { hand: other })), "refused");
  t.equal(adapt(background, profile, lesson(4, { typist: other, hand: device })), "refused");
  t.same(Buffer.from(profile.encode()), bytes);
  t.end();
});

t.test("of an agent who is alone, whose typing alone recognises, the pointing is told apart all the same", (t) => {
  const profile = withDevice();
  const [alone, before] = [shipped.alone(), usualSays(profile, device)];
  for (let day = 3; day < 9; day++)
    t.equal(adapt(alone, profile, lesson(day, { hand: day % 2 === 0 ? agent : device })), "held-back");
  t.ok(profile.adapted.pointer.count > 0);
  t.ok(usualSays(profile, device) < before + 0.1);
  t.ok(profile.adapted.keyboard.count > 0, "the typing at either teaches the usual way");
  const [mode] = profile.modes;
  t.equal(
    known(mode),
    [10, 20, 30, 50].reduce((sum, day) => sum + work(agent, device, day).pointer.count, 0),
  );
  t.end();
});

t.test("what is like a device that nobody confirmed teaches no way of pointing, and the typing is learned", (t) => {
  const profile = enrolled(agent, 1500);
  const alone = shipped.alone();
  adapt(background, profile, lesson(1, { hand: device, isNew: true }));
  const [opened] = profile.modes;
  t.equal(adapt(alone, profile, lesson(2, { hand: device })), "held-back");
  t.equal(profile.modes[0], opened);
  t.same([profile.candidate?.part.pointer.count, (profile.candidate?.part.keyboard.count ?? 0) > 300], [0, true]);
  t.end();
});

t.test("stretches too short to tell devices apart go where their session goes, or nowhere", (t) => {
  const profile = withDevice();
  const short = lesson(3, { hand: device, keys: [120, 120, 120] });
  t.ok(short.stretches.every((stretch) => stretch.shown.pointer.count < fewest.pointer));
  t.equal(adapt(background, profile, short), "held-back");
  const actions = short.stretches.reduce((sum, stretch) => sum + stretch.shown.pointer.count, 0);
  t.equal(profile.modes[0].waiting?.statistics.count, actions);
  t.equal(profile.candidate?.part.pointer.count, 0);
  const waits = profile.modes[0].waiting;
  t.equal(adapt(background, profile, lesson(4, { hand: device, keys: [120] })), "held-back");
  t.equal(profile.modes[0].waiting, waits);
  t.equal(profile.candidate?.part.pointer.count, 0);
  t.end();
});
