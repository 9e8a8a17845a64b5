import t from "tap";
import { Background } from "../../models/background.ts";
import { random, Typist } from "../../test/parts/typist.ts";
import { keysym, millis } from "../core/units.ts";
import { Keystrokes } from "./keystrokes.ts";
import { ScriptedTyping } from "./scripted-typing.ts";

const { contexts } = Background.load().keyboard.parameters;
const text = "the parcel came too late, so we sent another one by train and wrote to the customer at once; ";

/** Presses and releases: when, which key, whether it goes down. */
type Key = readonly [at: number, symbol: number, pressed: boolean];

/** Hears keys in the order of their times. @returns the first sign, and after how many presses; null where none came */
function hear(keys: readonly Key[], believed = true): { sign: string; after: number; over: boolean } | null {
  const typing = new ScriptedTyping(contexts);
  let pressed = 0;
  let first: { sign: string; after: number } | null = null;
  const keystrokes = new Keystrokes((keystroke) => {
    if (typing.keystroke(keystroke, believed) && typing.sign !== null) first ??= { sign: typing.sign, after: pressed };
  });
  for (const [at, symbol, down] of keys.toSorted((a, b) => a[0] - b[0])) {
    if (down) pressed++;
    keystrokes.key(millis(at), keysym(symbol), down);
  }
  keystrokes.flush();
  return first === null ? null : { ...(first as { sign: string; after: number }), over: typing.sign === null };
}

/** Types the text over and over. @param hold how long a key is down @param next how long until the next one goes down, ms */
function typed(count: number, hold: () => number, next: () => number, from = 1000): Key[] {
  let at = from;
  return Array.from({ length: count }, (_, n): Key[] => {
    const symbol = text.charCodeAt(n % text.length);
    const down = at;
    at += next();
    const up = text.charCodeAt((n + 1) % text.length) === symbol ? Math.min(down + hold(), at - 1) : down + hold();
    return [
      [down, symbol, true],
      [up, symbol, false],
    ];
  }).flat();
}

const person = (seed: number, keys: number): Key[] =>
  new Typist(seed)
    .work(keys)
    .flatMap((event): Key[] => (event.kind === "key" ? [[event.at, event.keysym, event.pressed]] : []));

t.test("a person's typing has no sign, however it comes", (t) => {
  const next = random(1);
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const own = person(seed, 1500);
    t.equal(hear(own), null, `person ${seed}`);
    t.equal(hear(own.filter(([, , down]) => down || next() > 0.3)), null, "whose keys' releases are lost");
    t.equal(
      hear(
        own
          .filter(([, , down]) => down)
          .flatMap(([at, symbol]): Key[] => [
            [at, symbol, true],
            [at, symbol, false],
          ]),
      ),
      null,
      "whose client sends press and release at once",
    );
    t.equal(
      hear(own.map(([at, symbol, down]): Key => [Math.ceil(at / 400) * 400, symbol, down])),
      null,
      "over a link that delivers 400 ms at once",
    );
    t.equal(
      hear(own.map(([at, symbol, down]): Key => [at - 15 * Math.log(1 - next()), symbol, down])),
      null,
      "over a shaky link",
    );
    t.equal(
      hear(own.map(([at, symbol, down]): Key => [Math.ceil(at / 16) * 16, symbol, down])),
      null,
      "with a coarse clock",
    );
  }
  t.end();
});

t.test("keys that are held, repeated or played with are no sign", (t) => {
  const next = random(2);
  const repeated = Array.from({ length: 400 }, (_, n): Key[] => [
    [1000 + 50 * n, 0xff08, true],
    [1049 + 50 * n, 0xff08, false],
  ]).flat();
  t.equal(hear(repeated), null, "Guacamole's repeat of backspace");
  const letter = Array.from({ length: 400 }, (_, n): Key[] => [
    [1000 + 50 * n, 97, true],
    [1050 + 50 * n, 97, false],
  ]).flat();
  t.equal(hear(letter), null, "and of a letter");
  const turns = Array.from({ length: 400 }, (_, n): Key[] => {
    const symbol = [119, 97, 115, 100][n % 4];
    return [
      [1000 + 150 * n, symbol, true],
      [1090 + 150 * n, symbol, false],
    ];
  }).flat();
  t.equal(hear(turns), null, "four keys in turn, evenly");
  const game = Array.from({ length: 3000 }, (_, n): Key[] => {
    const symbol = [119, 97, 115, 100, 32, 101][Math.floor(next() * 6)];
    const at = 1000 + 180 * n + 120 * next();
    return [
      [at, symbol, true],
      [at + 60, symbol, false],
    ];
  }).flat();
  t.equal(hear(game), null, "a game's keys at random");
  t.end();
});

t.test("scripts are found within some tens of keys, or some hundreds where their times are random", (t) => {
  const next = random(3);
  const uniform = (low: number, high: number) => () => low + (high - low) * next();
  t.match(
    hear(
      typed(
        400,
        () => 50,
        () => 100,
      ),
    ),
    { sign: /even pace/, after: /^\d\d$/ },
    "constant times",
  );
  t.match(
    hear(typed(400, uniform(1, 3), uniform(49, 52))),
    { sign: /even pace/, after: /^\d\d$/ },
    "at once, 50 ms apart",
  );
  t.match(
    hear(
      typed(
        400,
        () => 6,
        () => 12,
      ),
    ),
    { sign: /even pace|60 keys in/, after: /^\d\d$/ },
    "xdotool",
  );
  t.match(
    hear(
      typed(
        400,
        () => 0,
        () => 0.1,
      ),
    ),
    { sign: /60 keys in 0\.\d s/, after: /^\d\d$/ },
    "all at once",
  );
  t.match(
    hear(typed(900, uniform(30, 60), uniform(60, 240))),
    { sign: /do not depend/, after: /^\d{3}$/ },
    "uniformly random times",
  );
  t.end();
});

t.test("what a link makes of times is not judged, and a sign ends once a person types", (t) => {
  t.equal(
    hear(
      typed(
        400,
        () => 50,
        () => 100,
      ),
      false,
    ),
    null,
    "a link that is not believed",
  );
  const script = typed(
    100,
    () => 50,
    () => 100,
  );
  const after = person(2, 500).map(([at, symbol, down]): Key => [at + 12_000, symbol, down]);
  t.match(hear([...script, ...after]), { sign: /even pace/, over: true });
  t.match(hear([...script, ...after.slice(0, 200)]), { over: false }, "not at once");
  t.end();
});

t.test("nothing stands after it was cleared, and a rush is not counted across a stall", (t) => {
  const typing = new ScriptedTyping(contexts);
  const keystroke = (n: number, at: number) => {
    const [before, key] = [1 + ((n * 7) % 26), 1 + ((n * 7 + 7) % 26)];
    return { at: millis(at), key, before, hold: 50, downDown: n === 0 ? Number.NaN : 100, upDown: 50 };
  };
  for (let n = 0; n < 64; n++) typing.keystroke(keystroke(n, n * 100), true);
  t.match(typing.sign, /even pace/);
  typing.clear();
  t.equal(typing.sign, null);
  for (let n = 0; n < 60; n++) {
    if (n % 30 === 0) typing.interrupt();
    typing.keystroke({ ...keystroke(n, 10_000), downDown: 0 }, true);
  }
  t.equal(typing.sign, null);
  t.end();
});
