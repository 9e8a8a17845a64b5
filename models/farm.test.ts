/** How an agent is compared with a farm of any size: alone, with one other, with a few. Hands are synthetic. */
import t from "tap";
import { keysym, millis } from "../gateway/core/units.ts";
import { Enrolment, Inspector } from "../gateway/inspect/inspector.ts";
import { point, pointerProfile } from "../test/parts/pointing.ts";
import { Typist } from "../test/parts/typist.ts";
import { Background } from "./background.ts";
import { Farm } from "./farm.ts";
import { Profile } from "./profile.ts";
import { Verifier } from "./verifier.ts";

const background = Background.load();
const [anna, ben, cleo] = [3, 4, 9];
const [actions, enough] = [160, 12];

const profiles = new Map([anna, ben, cleo].map((seed) => [String(seed), pointerProfile(background, seed, actions)]));

/** What anna's windows say of a hand, in a farm of some agents. */
function said(hand: number, farm: readonly number[]): number[] {
  const own = new Farm(background, new Map(farm.map((seed) => [String(seed), profiles.get(String(seed)) as Profile])));
  const windows: number[] = [];
  const verifier = new Verifier(own.backgroundFor(String(anna)), profiles.get(String(anna)) as Profile);
  const onEvidence = ({ llr }: { llr: number }): void => void windows.push(llr);
  point(hand, new Inspector({ verifier, enrolment: null, onEvidence }), 60);
  return windows;
}

const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

t.test(
  "alone, an agent's pointing is compared with people of elsewhere: a window says little, no trees are grown",
  (t) => {
    const farm = new Farm(background, new Map([[String(anna), profiles.get(String(anna)) as Profile]]));
    const { pointer } = farm.backgroundFor(String(anna));
    t.equal(pointer.others, 0);
    t.equal(farm.backgroundFor(String(anna)).growTrees(profiles.get(String(anna)) as Profile).length, 0);
    for (const hand of [anna, ben]) {
      const windows = said(hand, [anna]);
      t.ok(windows.length >= enough && windows.every((llr) => llr <= 0.45), windows.join(", "));
    }
    t.end();
  },
);

t.test(
  "from the first other on the two are told apart, and what is said for the agent is bounded while they are few",
  (t) => {
    for (const farm of [
      [anna, ben],
      [anna, ben, cleo],
    ]) {
      const [own, other] = [said(anna, farm), said(ben, farm)];
      t.ok(mean(other) < 0, `another hand: ${mean(other)}`);
      t.ok(mean(own) > 0 && own.every((llr) => llr <= 0.6), own.join(", "));
    }
    t.end();
  },
);

t.test("a live session's typing knows the farm that serves now: of whoever has left nothing is asked any more", (t) => {
  const type = (person: number, keys: number, inspector: Inspector): void => {
    for (const event of new Typist(person).work(keys, keys))
      if (event.kind === "key") inspector.key(millis(event.at), keysym(event.keysym), event.pressed);
    inspector.flush();
  };
  const typed = (person: number): Profile => {
    const enrolment = new Enrolment(background);
    type(person, 700, new Inspector({ verifier: null, enrolment }));
    const profile = Profile.empty(background);
    profile.learn(enrolment, 0);
    return profile;
  };
  const [own, other, rest] = [
    typed(1),
    typed(2),
    [3, 4, 5, 6].map((each): [string, Profile] => [`c${each}`, typed(each)]),
  ];
  const farmOf = (people: readonly [string, Profile][]): Background =>
    new Farm(background, new Map([["anna", own], ...people])).backgroundFor("anna");
  const [before, after] = [farmOf([["bert", other], ...rest]), farmOf(rest)];
  const verifiers = [before, before, after].map((each) => new Verifier(each, own));
  for (const verifier of verifiers) type(2, 120, new Inspector({ verifier, enrolment: null }));
  verifiers[1].useFarm(after, own);
  const [with2, without2, never2] = verifiers.map((verifier) => verifier.sessionLlr());
  t.ok(with2 < never2 - 0.5, "it was typed like the one who left");
  t.equal(without2, never2);
  t.end();
});
