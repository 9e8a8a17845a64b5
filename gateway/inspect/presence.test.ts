/** Each way to keep a session awake that is known from tools, threads and reviews is a test here. */
import t from "tap";
import { buttonMask, keysym, millis } from "../core/units.ts";
import { Presence } from "./presence.ts";

const minute = 60_000;
const limit = 15 * minute;

/** A fixed sequence of numbers from 0 to 1 (Park and Miller). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

class Session {
  readonly presence = new Presence(millis(0));
  at = 0;
  x = 500;
  y = 400;
  /** The longest that nobody seemed to be there, ms. */
  longest = 0;

  wait(ms: number): void {
    for (const until = this.at + ms; this.at < until;) {
      this.at = Math.min(until, this.at + 1000);
      this.longest = Math.max(this.longest, this.presence.idleFor(millis(this.at), limit));
    }
  }

  move(x: number, y: number, after = 0): void {
    this.at += after;
    [this.x, this.y] = [Math.round(x), Math.round(y)];
    this.presence.pointer(millis(this.at), this.x, this.y, buttonMask(0));
  }

  /** Steps that a programme makes: of one length each, along a straight line or an arc. */
  glide(x: number, y: number, steps: number, every: number, bend = 0): void {
    const [fromX, fromY] = [this.x, this.y];
    for (let n = 1; n <= steps; n++) {
      const aside = bend * Math.sin((Math.PI * n) / steps);
      this.move(fromX + ((x - fromX) * n) / steps + aside, fromY + ((y - fromY) * n) / steps - aside, every);
    }
  }

  /** A hand's reach: slow, fast, slow (minimum jerk), frame by frame. */
  reach(x: number, y: number): void {
    const [fromX, fromY] = [this.x, this.y];
    for (let n = 1; n <= 30; n++) {
      const s = n / 30;
      const part = s ** 3 * (10 - 15 * s + 6 * s * s);
      this.move(fromX + (x - fromX) * part, fromY + (y - fromY) * part, 16.7);
    }
  }

  press(mask: number, held = 80): void {
    this.presence.pointer(millis(this.at), this.x, this.y, buttonMask(mask));
    this.at += held;
    this.presence.pointer(millis(this.at), this.x, this.y, buttonMask(0));
  }

  type(sym: number, held = 80): void {
    this.presence.key(millis(this.at), keysym(sym), true);
    this.at += held;
    this.presence.key(millis(this.at), keysym(sym), false);
  }
}

const [spaceKey, shift, f15, scrollLock, ctrl] = [0x20, 0xffe1, 0xffcc, 0xff14, 0xffe3];

const jigglers: Readonly<Record<string, (session: Session, random: () => number) => void>> = {
  "one pixel there and back each minute": (s) => {
    s.move(s.x + 1, s.y);
    s.move(s.x - 1, s.y, 20);
    s.wait(minute);
  },
  "one pixel further each minute": (s) => {
    s.move(s.x + 1, s.y);
    s.wait(minute);
  },
  "zero displacement (zen)": (s) => {
    s.move(s.x, s.y);
    s.wait(30_000);
  },
  "F15 each minute": (s) => {
    s.type(f15);
    s.wait(minute);
  },
  "Shift at random times": (s, random) => {
    s.type(shift);
    s.wait(20_000 + 60_000 * random());
  },
  "Scroll Lock twice, then Ctrl": (s, random) => {
    s.type(scrollLock);
    s.type(scrollLock);
    s.type(ctrl);
    s.wait(50_000 + 9000 * random());
  },
  "the space bar each 50 seconds, with a programme's jitter": (s, random) => {
    s.type(spaceKey);
    s.wait(50_000 + 100 * random());
  },
  "a weight on a key, repeated by Guacamole's client as release and press each 50 ms": (s) => {
    for (let n = 0; n < 200; n++) {
      s.presence.key(millis(s.at), keysym(0x61), true);
      s.at += 50;
      s.presence.key(millis(s.at), keysym(0x61), false);
    }
    s.wait(1000);
  },
  "a weight on a key, repeated as presses": (s) => {
    for (let n = 0; n < 200; n++) {
      s.presence.key(millis(s.at), keysym(0x61), true);
      s.at += 33;
    }
    s.wait(1000);
  },
  "a straight line there and back at random times": (s, random) => {
    s.glide(s.x + 200, s.y + 50, 20, 15);
    s.at += 600;
    s.glide(s.x - 200, s.y - 50, 20, 15);
    s.wait(20_000 + 40_000 * random());
  },
  "straight lines to random places, even steps": (s, random) => {
    s.glide(random() * 1000, random() * 700, 25, 10 + 20 * random());
    s.wait(20_000 + 40_000 * random());
  },
  "a curve with steps of 10 to 30 ms that ends where it began": (s, random) => {
    const [x, y] = [s.x, s.y];
    for (let n = 1; n <= 40; n++)
      s.move(x + 90 * Math.sin((n * Math.PI) / 20), y + 60 - 60 * Math.cos((n * Math.PI) / 20), 10 + 20 * random());
    s.wait(30_000 + 30_000 * random());
  },
  "arcs to random places each 30 seconds": (s, random) => {
    s.glide(random() * 1000, random() * 700, 40, 20, 80 * random());
    s.wait(30_000);
  },
  "a turntable below the mouse, without a pause": (s) => {
    for (let n = 0; n < 600; n++) s.move(500 + 40 * Math.cos(n / 20), 400 + 40 * Math.sin(n / 20), 16.7);
    s.wait(1);
  },
  "a click on one spot each 30 seconds": (s, random) => {
    s.press(1);
    s.wait(30_000 + 50 * random());
  },
  "the wheel up and down each 45 seconds": (s) => {
    s.press(8, 1);
    s.wait(45_000);
    s.press(16, 1);
    s.wait(45_000);
  },
};

for (const [name, act] of Object.entries(jigglers))
  t.test(`nobody is there: ${name}`, (t) => {
    const session = new Session();
    const random = uniform(name.length);
    while (session.at < 40 * minute) act(session, random);
    t.ok(session.longest >= limit, `idle ${(session.longest / minute).toFixed(1)} min`);
    t.end();
  });

t.test("the best jiggler, which reaches like a hand at random times, is found by its having nothing to do", (t) => {
  const session = new Session();
  const random = uniform(3);
  while (session.at < 29 * minute) {
    session.reach(random() * 1000, random() * 700);
    session.wait(5000 + 40_000 * random());
  }
  t.ok(session.longest < limit, "motion alone counts for as long again as may be idle");
  while (session.at < 46 * minute) {
    session.reach(random() * 1000, random() * 700);
    session.wait(5000 + 40_000 * random());
  }
  t.ok(session.longest >= limit);
  t.end();
});

const people: Readonly<Record<string, (session: Session, random: () => number) => void>> = {
  "reads and scrolls, and does nothing else": (s, random) => {
    for (let n = Math.ceil(random() * 5); n > 0; n--) {
      s.press(16, 1);
      s.at += 16 + 90 * random();
    }
    s.wait(15_000 + 120_000 * random());
  },
  "reads by the Page Down key alone": (s, random) => {
    s.type(0xff56);
    s.wait(20_000 + 60_000 * random());
  },
  "reads with the hand on the mouse, and clicks each ten minutes": (s, random) => {
    for (let n = 0; n < 12; n++) {
      s.reach(200 + 600 * random(), 150 + 400 * random());
      s.wait(20_000 + 60_000 * random());
    }
    s.press(1);
  },
  "types an hour's work": (s, random) => {
    for (let n = 0; n < 40; n++) {
      s.type(0x61 + Math.floor(26 * random()), 60 + 60 * random());
      s.wait(60 + 200 * random());
    }
    s.wait(240_000 * random());
  },
};

for (const [name, act] of Object.entries(people))
  t.test(`somebody is there who ${name}`, (t) => {
    const session = new Session();
    const random = uniform(name.length);
    while (session.at < 8 * 60 * minute) act(session, random);
    t.ok(session.longest < limit, `idle ${(session.longest / minute).toFixed(1)} min at most`);
    t.end();
  });

t.test("silence is idle, and the first input ends it", (t) => {
  const session = new Session();
  session.wait(16 * minute);
  t.equal(session.longest, 16 * minute);
  session.type(0x61);
  t.ok(session.presence.idleFor(millis(session.at), limit) < 100);
  t.end();
});
