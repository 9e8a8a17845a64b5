import t from "tap";
import { millis } from "../gateway/core/units.ts";
import { Background } from "./background.ts";
import type { Keystroke } from "./keyboard/keystroke.ts";
import { seeded } from "./metrics.ts";
import { MixedScorer } from "./mixed-scorer.ts";
import type { Scorer } from "./modality.ts";
import { mostModes, type Shown } from "./modes.ts";
import { Profile } from "./profile.ts";
import { Verifier } from "./verifier.ts";

const background = Background.load();

/** How somebody types: mean hold and interval between presses, ms. */
interface Hand {
  readonly hold: number;
  readonly interval: number;
}
const usual: Hand = { hold: 80, interval: 190 };
const laptop: Hand = { hold: 135, interval: 150 };
const stranger: Hand = { hold: 55, interval: 290 };

function typing({ hold, interval }: Hand, count: number, seed: number): Keystroke[] {
  const random = seeded(seed);
  let at = 0;
  let before = -1;
  return Array.from({ length: count }, () => {
    const key = 1 + Math.floor(20 * random());
    const held = hold * (0.85 + 0.3 * random());
    const downDown = interval * (0.75 + 0.5 * random()) * (1 + ((key * 7 + before * 3) % 5) / 10);
    at += downDown;
    const stroke = { at: millis(at), key, before, hold: held, downDown, upDown: downDown - hold };
    before = key;
    return stroke;
  });
}

function shown(hand: Hand, count: number, seed: number): Shown {
  const statistics = background.keyboard.statistics();
  for (const stroke of typing(hand, count, seed)) statistics.add(stroke);
  return statistics;
}

function agent(): Profile {
  const profile = Profile.empty(background);
  const keyboard = background.keyboard.statistics();
  for (const stroke of typing(usual, 1200, 1)) keyboard.add(stroke);
  profile.learn({ keyboard, pointer: background.pointer.statistics() }, 1);
  return profile;
}

const lesson = (hand: Hand, day: number, session = `s${day}`) => ({
  modality: "keyboard" as const,
  statistics: shown(hand, 500, 10 + day),
  client: { medianMs: 8 },
  day,
  session,
});

function said(profile: Profile, hand: Hand): number {
  const verifier = new Verifier(background, profile);
  for (const stroke of typing(hand, 150, 99)) verifier.keystroke(stroke);
  return verifier.sessionLlr();
}

t.test("another keyboard counts once it was seen on two days, and a stranger stays one", async (t) => {
  const profile = agent();
  const before = said(profile, laptop);
  t.ok(before < 0, "the agent's laptop is not the agent's usual keyboard");
  t.ok(profile.learnMode(background, lesson(laptop, 2)));
  t.equal(said(profile, laptop), before, "what is not confirmed says nothing");
  t.ok(profile.learnMode(background, lesson(laptop, 2, "another of the day")));
  t.equal(profile.modes[0].confirmed, false, "one day's sessions are one day");
  profile.learnMode(background, lesson(laptop, 3));
  t.equal(profile.modes.length, 1, "the same keyboard is the same mode");
  t.ok(profile.modes[0].confirmed);
  t.ok(said(profile, laptop) > 1);
  t.ok(said(profile, stranger) < -1);
  t.ok(said(profile, usual) > said(agent(), usual) - 0.5, "the usual keyboard loses next to nothing");
});

t.test(
  "a session over midnight confirms nothing by itself, and one that ends in doubt takes back what it confirmed",
  async (t) => {
    const profile = agent();
    profile.learnMode(background, lesson(laptop, 2, "night"));
    profile.learnMode(background, lesson(laptop, 3, "night"));
    t.equal(profile.modes[0].confirmed, false);
    profile.learnMode(background, lesson(laptop, 3, "next"));
    t.ok(profile.modes[0].confirmed);
    t.notOk(profile.dropModes("night"), "it was seen since by another");
    t.ok(profile.dropModes("next"));
    t.same(profile.modes, []);
    for (const day of [4, 5, 6]) profile.learnMode(background, lesson(laptop, day));
    t.ok(profile.dropModes("s6"), "what a third showed waits, and is given up");
    t.match(profile.modes, [{ confirmed: true, waiting: null, days: [4, 5] }], "what two others confirmed stays");
  },
);

t.test(
  "a confirmed mode learns what another session confirms, its anchor grows whole, and then the budget holds",
  async (t) => {
    const profile = agent();
    for (const day of [2, 3]) profile.learnMode(background, lesson(laptop, day));
    const counts = (): number[] =>
      profile.modes.map(({ statistics, adapted }) => statistics.count + (adapted?.count ?? 0));
    profile.learnMode(background, lesson(laptop, 4));
    profile.learnMode(background, lesson(laptop, 4));
    t.same(counts(), [1000], "a session does not confirm itself");
    t.ok(profile.confirmModes(background, "s4"));
    t.same(counts(), [2000], "a challenge confirms what waits");
    const [{ statistics: anchor }] = profile.modes;
    for (let day = 5; day < 12; day++) profile.learnMode(background, lesson(laptop, day));
    t.equal(profile.modes.length, 1);
    t.equal(profile.modes[0].statistics, anchor, "an anchor that is whole never changes");
    t.ok(counts()[0] > 2000 && counts()[0] <= 2500, `${counts()[0]}`);
    t.equal(profile.modes[0].opened, "s2", "its name stays");
    const back = Profile.decode(profile.encode(), background);
    t.same(Buffer.from(back.encode()), Buffer.from(profile.encode()));
  },
);

t.test("of several modes one is taken away with all that is its own", async (t) => {
  const profile = agent();
  const [other, third] = [
    { hold: 30, interval: 480 },
    { hold: 210, interval: 160 },
  ];
  for (const day of [2, 3, 4]) profile.learnMode(background, lesson(laptop, day));
  profile.learnMode(background, lesson(other, 5));
  t.notOk(profile.learnMode(background, lesson(third, 5)), "one session opens one mode, which has its name");
  t.equal(profile.modes.length, 2);
  const bytes = Profile.withoutMode(profile.encode(), 0);
  t.match(Profile.decode(bytes ?? profile.encode(), background).modes, [
    { opened: "s5", adapted: null, waiting: null },
  ]);
  const first = Profile.withoutMode(profile.encode(), 1);
  t.match(Profile.decode(first ?? profile.encode(), background).modes, [{ opened: "s2", waiting: { session: "s4" } }]);
});

t.test(
  "a challenge confirms the mode of its own session, whose windows speak for the agent from then on",
  async (t) => {
    const profile = agent();
    profile.learnMode(background, lesson(laptop, 2));
    t.notOk(profile.confirmModes(background, "another"), "a challenge says nothing of what another session used");
    t.ok(profile.confirmModes(background, "s2"));
    t.notOk(profile.confirmModes(background, "s2"));
    const verifier = new Verifier(background, profile);
    let sum = 0;
    for (const stroke of typing(laptop, 150, 5)) sum += verifier.keystroke(stroke)?.llr ?? 0;
    t.ok(sum > 0);
  },
);

t.test("there are few modes: the oldest that was never confirmed gives way, a confirmed one never", async (t) => {
  const profile = agent();
  const hands = [0, 1, 2, 3, 4].map((step) => ({ hold: 30 + 45 * step, interval: 480 - 80 * step }));
  hands.slice(0, mostModes).forEach((hand, day) => profile.learnMode(background, lesson(hand, day)));
  t.equal(profile.modes.length, mostModes);
  const [first, second] = profile.modes;
  profile.learnMode(background, lesson(hands[3], 8));
  t.equal(profile.modes.length, mostModes);
  t.notOk(profile.modes.includes(first));
  t.ok(profile.modes.includes(second));
  for (const { session } of profile.modes) profile.confirmModes(background, session);
  t.notOk(profile.learnMode(background, lesson(hands[4], 9)));
});

t.test("modes are stored with the profile, and told without reading it whole", async (t) => {
  const profile = agent();
  t.same(Profile.factsOf(profile.encode()).modes, []);
  profile.learnMode(background, lesson(laptop, 2));
  profile.learnMode(background, lesson(laptop, 4));
  profile.learnMode(background, lesson(laptop, 5));
  const bytes = profile.encode();
  const back = Profile.decode(bytes, background);
  t.same(Buffer.from(back.encode()), Buffer.from(bytes));
  const seen = { modality: "keyboard", opened: "s2", session: "s4", days: [2, 4], client: { medianMs: 8 } };
  const waiting = { session: "s5", day: 5 };
  t.same(Profile.factsOf(bytes).modes, [{ ...seen, confirmed: true, observations: 1000, waiting }]);
  t.ok(Math.abs(said(back, laptop) - said(profile, laptop)) < 1e-4);
});

t.test("windows of a mixture add up to what the best mode says, less the price of its rarity", async (t) => {
  const fixed = (llr: number): Scorer<null> => ({
    windows: true,
    count: 0,
    add: () => ({ at: millis(0), modality: "keyboard" as const, llr: llr as never, observations: 1 }),
    sessionLlr: () => llr as never,
    explain: () => [`says ${llr}`],
    wipe: () => {},
    again: () => fixed(llr),
  });
  const mixed = new MixedScorer([fixed(-1), fixed(0.5)]);
  let sum = 0;
  for (let window = 0; window < 20; window++) sum += mixed.add(null)?.llr ?? 0;
  t.ok(Math.abs(sum - (20 * 0.5 + Math.log(0.1))) < 0.1, `${sum}`);
  t.equal(mixed.fitting, 1);
  t.same(mixed.explain(1), ["says 0.5"]);
});
