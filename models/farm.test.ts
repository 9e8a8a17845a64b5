/** How an agent is compared with a farm of any size: alone, with one other, with a few. Hands are synthetic. */
import t from "tap";
import { buttonMask, millis } from "../gateway/core/units.ts";
import { Enrolment, Inspector } from "../gateway/inspect/inspector.ts";
import { Typist } from "../test/parts/typist.ts";
import { Background } from "./background.ts";
import { Farm } from "./farm.ts";
import { Profile } from "./profile.ts";
import { Verifier } from "./verifier.ts";

const background = Background.load();
const [anna, ben, cleo] = [3, 4, 9];
const [actions, enough] = [160, 12];

/** Points to and fro as one hand does. */
function pointing(seed: number, inspector: Inspector, count: number): void {
  const hand = new Typist(seed);
  let place: [number, number] = [500, 300];
  for (let n = 0; n < count; n++) {
    const to: [number, number] = [(n * 397) % 1000, (n * 211) % 700];
    for (const event of hand.point(place, to, n * 3000))
      if (event.kind === "pointer") inspector.pointer(millis(event.at), event.x, event.y, buttonMask(event.mask));
    place = to;
  }
  inspector.flush();
}

function profileOf(seed: number): Profile {
  const enrolment = new Enrolment(background);
  pointing(seed, new Inspector({ verifier: null, enrolment }), actions);
  const profile = Profile.empty(background);
  profile.learn(enrolment, 0);
  return profile;
}

const profiles = new Map([anna, ben, cleo].map((seed) => [String(seed), profileOf(seed)]));

/** What anna's windows say of a hand, in a farm of some agents. */
function said(hand: number, farm: readonly number[]): number[] {
  const own = new Farm(background, new Map(farm.map((seed) => [String(seed), profiles.get(String(seed)) as Profile])));
  const windows: number[] = [];
  const verifier = new Verifier(own.backgroundFor(String(anna)), profiles.get(String(anna)) as Profile);
  const onEvidence = ({ llr }: { llr: number }): void => void windows.push(llr);
  pointing(hand, new Inspector({ verifier, enrolment: null, onEvidence }), 60);
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
