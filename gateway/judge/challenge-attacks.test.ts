/** What is tried against a challenge, and what an honest hand may suffer in it. */
import t from "tap";
import { ann, court, enter, other, own, stranger } from "../../test/parts/court.ts";
import type { TimedEvent, Typist } from "../../test/parts/typist.ts";
import { millis } from "../core/units.ts";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { openStore } from "../store/open-store.ts";
import { acceptCode, codeAt, enrolCode } from "./challenge-code.ts";

type Hand = Pick<Typist, "type">;
type Key = Extract<TimedEvent, { kind: "key" }>;
const [backspace, escape, shift] = [0xff08, 0xff1b, 0xffe1];
/** The same hand, whose keys are changed on their way. */
const changed = (hand: Hand, change: (events: Key[]) => Key[]): Hand => ({
  type: (text, at, session) => change(hand.type(text, at, session) as Key[]),
});
const failed = ({ tally }: ReturnType<typeof court>): number => tally.challenges.get("failed-phrase") ?? 0;

// --- the agent

t.test(
  "keys that arrive in bursts, or with no time between press and release, say nothing against the agent",
  async (t) => {
    const changes: Record<string, (events: Key[]) => Key[]> = {
      "a link that stalls": (events) => events.map((event) => ({ ...event, at: Math.ceil(event.at / 400) * 400 })),
      "a phone's own keyboard": (events) =>
        events.filter(({ pressed }) => pressed).flatMap((event) => [event, { ...event, pressed: false }]),
    };
    for (const [name, change] of Object.entries(changes)) {
      const c = court(t);
      const watch = await c.held();
      c.givePhrase(watch, changed(own, change), 6);
      t.equal(failed(c), 0, name);
      t.same(watch.challenge, { step: "operator", attemptsLeft: null }, `${name}: an operator is asked`);
      t.equal(c.rules().filter((rule) => rule === "challenge-undecided").length, 2, "not at once, and not in the end");
      c.clock.advance(720_000);
      watch.tick(c.clock.now());
      t.same(c.acts, ["quarantine", "sever quarantine-expired"], "and where none decides, it is over");
    }
  },
);

t.test("what stalls now and then while the words are typed costs evidence, and fails nobody", async (t) => {
  for (const what of ["link", "loop"])
    for (const every of [2, 5, 12]) {
      const c = court(t);
      const watch = await c.held();
      const late = new Set<number>();
      /** Each so many keys nothing arrives for 300 ms, and then all of it in one go. */
      const stalling: Hand = {
        type(text, at, session) {
          let blocked = Number.NEGATIVE_INFINITY;
          return (own.type(text, at, session) as Key[]).map((event, index) => {
            if (index % (2 * every) === 0) blocked = event.at + 300;
            if (event.at >= blocked) return event;
            late.add(blocked);
            return { ...event, at: blocked };
          });
        },
      };
      const key = watch.key.bind(watch);
      const from = c.clock.now();
      watch.key = (at, symbol, pressed) => {
        // as the tunnel does for each event of a read that was late
        if (what === "loop") watch.stalled(at);
        key(at, symbol, pressed);
      };
      c.givePhrase(watch, stalling, 6);
      t.ok(late.size > 0 && c.clock.now() > from);
      t.equal(failed(c), 0, `the ${what}, each ${every} keys`);
      t.ok(watch.verdict === "allow" || watch.challenge?.step === "operator", "passed, or an operator is asked");
    }
});

t.test(
  "typing errors, CapsLock, a fresh start and a sore hand that is a third slower do not hinder the agent",
  async (t) => {
    const upper = (events: Key[]): Key[] =>
      events.map((event) =>
        event.keysym >= 0x61 && event.keysym <= 0x7a ? { ...event, keysym: event.keysym - 0x20 } : event,
      );
    const press = (at: number, keysym: number): Key[] => [
      { kind: "key", at, keysym, pressed: true },
      { kind: "key", at: at + 80, keysym, pressed: false },
    ];
    const later = (events: readonly Key[], ms: number): Key[] =>
      events.map((event) => ({ ...event, at: event.at + ms }));
    /** Presses two wrong keys, takes them back, and goes on. */
    const slips = (events: Key[]): Key[] => {
      const wrong = [0x71, 0x7a, backspace, backspace].flatMap((keysym, index) => press(index * 200, keysym));
      return [...wrong, ...later(events, 900)];
    };
    const anew = (events: Key[]): Key[] => {
      const half = events.slice(0, 20);
      const end = (half.at(-1)?.at ?? 0) + 500;
      return [...half, ...press(end, escape), ...later(events, end + 900)];
    };
    const sore = (events: Key[]): Key[] => events.map((event) => ({ ...event, at: event.at * 1.3 }));
    for (const [name, change] of Object.entries({ upper, slips, anew, sore })) {
      const c = court(t);
      const watch = await c.held();
      c.givePhrase(watch, changed(own, change), 3);
      t.equal(watch.verdict, "allow", name);
      t.equal(failed(c), 0);
    }
  },
);

// --- somebody else

t.test("who types slowly, with pauses, or evenly passes no phrase", async (t) => {
  const stretch = (factor: number) => (events: Key[]) => events.map((event) => ({ ...event, at: event.at * factor }));
  const one = (gap: number, hold: number) => (events: Key[]) =>
    events
      .filter(({ pressed, keysym }) => pressed && keysym !== shift)
      .flatMap((event, index): Key[] => [
        { ...event, at: index * gap },
        { ...event, at: index * gap + hold, pressed: false },
      ]);
  const changes = {
    "twice as slow": stretch(2),
    "five times as slow": stretch(5),
    "a key each two seconds": one(2000, 90),
    "a program, evenly": one(180, 90),
    "a program, at once": one(0, 0),
  };
  for (const [name, change] of Object.entries(changes)) {
    const c = court(t);
    const watch = await c.held();
    c.givePhrase(watch, changed(other, change), 6);
    t.notOk(c.tally.challenges.has("passed"), name);
  }
});

t.test("whoever types more than is asked for adds nothing to what is compared", async (t) => {
  const c = court(t);
  const watch = await c.held();
  const [word = ""] = c.asked();
  // the agent's own hand, and somebody else's words: what the agent typed on top must not carry them
  for (let times = 0; times < 12; times++) {
    const from = c.clock.now() + 500;
    for (const event of own.type(word, 0, times) as Key[]) {
      c.clock.advance(from + event.at - c.clock.now());
      watch.key(c.clock.now(), event.keysym as never, event.pressed);
    }
    c.clock.advance(300);
    c.press(
      watch,
      Array.from({ length: word.length }, () => backspace),
    );
  }
  c.givePhrase(watch, other, 5);
  t.notOk(c.tally.challenges.has("passed"));
});

t.test(
  "coming back brings no new chance: what was lost stays lost, and who tried thrice waits for an operator",
  async (t) => {
    const c = court(t);
    for (const began of [0, 1, 2]) {
      const watch = began === 0 ? await c.held() : await c.open();
      t.match(watch.challenge, { step: "phrase", attemptsLeft: 3 });
      c.clock.advance(1000);
      c.givePhrase(watch, other, 1 / 5);
      t.equal(c.tally.challenges.get("undecided"), began + 1, "was not passed at once, and left");
      watch.close(c.clock.now(), null);
    }
    const last = await c.open();
    t.match(last.challenge, { step: "operator" });

    const d = court(t);
    const first = await d.held();
    while (first.challenge?.step === "phrase" && first.challenge.attemptsLeft !== 1)
      d.givePhrase(first, stranger, 1 / 5);
    t.match(first.challenge, { step: "phrase", attemptsLeft: 1 });
    first.close(d.clock.now(), null);
    const second = await d.open();
    d.clock.advance(1000);
    t.match(second.challenge, { step: "phrase", attemptsLeft: 1 });
    d.givePhrase(second, stranger, 3);
    t.equal(d.acts.at(-1), "sever challenge-failed");
  },
);

t.test("whoever has another key pressed between the letters has nothing compared", async (t) => {
  const c = court(t);
  const watch = await c.held();
  const between = (events: Key[]): Key[] =>
    events.flatMap((event) =>
      event.pressed
        ? [
            { ...event, at: event.at - 20, keysym: shift },
            { ...event, at: event.at - 10, keysym: shift, pressed: false },
            event,
          ]
        : [event],
    );
  c.givePhrase(watch, changed(own, between), 3);
  t.same(watch.challenge, { step: "operator", attemptsLeft: null });
});

t.test("a link that is not believed passes nobody, however long the phrase", async (t) => {
  const c = court(t);
  const watch = await c.held();
  for (let trip = 0; trip < 60; trip++) watch.roundTrip(c.clock.now(), millis(trip % 2 === 0 ? 10 : 400));
  c.givePhrase(watch, own, 3);
  t.same(watch.challenge, { step: "operator", attemptsLeft: null });
  t.equal(failed(c), 0);
});

t.test("two sessions of one agent share their attempts", async (t) => {
  const c = court(t);
  enrolCode(c.store, c.agent.id, "ann", "Example");
  const one = await c.held();
  const two = await c.open();
  t.equal(two.verdict, "quarantine");
  c.clock.advance(1000);
  c.giveCode(one, "000000");
  c.giveCode(two, "000000");
  c.giveCode(one, "000000");
  t.same(
    c.acts.filter((act) => act.startsWith("sever")),
    ["sever challenge-failed", "sever agent-locked"],
    "the third one in all",
  );
  t.not(c.store.lockOf(ann), null);
});

t.test("two processes at once spend a code once", async (t) => {
  const c = court(t);
  const ring = parseKeyRing(newKeyLine(new Date()), "t");
  const path = `${t.testdir()}/shared.db`;
  const stores = [0, 1].map(() => openStore({ path, keys: ring, clock: c.clock }));
  t.teardown(() => stores.forEach((store) => store.close()));
  const [first, second] = stores;
  if (first === undefined || second === undefined) throw new Error("no store");
  const { id } = first.enrol(ann);
  enrolCode(first, id, "ann", "Example");
  const now = c.clock.wall();
  const code = codeAt(second, id, now) ?? "";
  t.same([acceptCode(first, id, code, now), acceptCode(second, id, code, now)], [true, false]);
});

t.test("the agent's times replayed on other words do not pass", async (t) => {
  const c = court(t);
  const watch = await c.held();
  const seen = own.type("water mother garden window street yellow number letter winter summer", 0, 1) as Key[];
  const presses = seen.filter(({ pressed }) => pressed);
  const holds = presses.map(
    ({ at, keysym }) => (seen.find((e) => !e.pressed && e.keysym === keysym && e.at > at)?.at ?? at) - at,
  );
  const replay: Hand = {
    type: (text) =>
      Array.from(text)
        .flatMap((letter, index): Key[] => {
          const at = presses[index % presses.length].at + 20_000 * Math.floor(index / presses.length);
          const keysym = letter.charCodeAt(0);
          return [
            { kind: "key", at, keysym, pressed: true },
            { kind: "key", at: at + holds[index % holds.length], keysym, pressed: false },
          ];
        })
        .toSorted((a, b) => a.at - b.at),
  };
  c.givePhrase(watch, replay, 6);
  t.notOk(c.tally.challenges.has("passed"));
  c.press(watch, [enter]);
});
