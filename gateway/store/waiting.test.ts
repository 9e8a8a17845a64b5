import t from "tap";
import { silentLog } from "../core/log.ts";
import { Tally } from "../core/tally.ts";
import { SamehandError } from "../core/errors.ts";
import { Waiting } from "./waiting.ts";

/** As SQLite says that the file is busy. */
const busy = new SamehandError("store-unavailable", "busy", { errcode: 5 });

class Medium {
  works = false;
  readonly written: string[] = [];
  write = (what: string) => (): void => {
    if (!this.works) throw busy;
    this.written.push(what);
  };
}

t.test("what waits is bounded in number and in bytes; the oldest is given up, and counted, but never a lock", (t) => {
  for (const [limits, bytes] of [
    [{ writes: 3, bytes: 1e9 }, 1],
    [{ writes: 100, bytes: 300 }, 100],
  ] as const) {
    const tally = new Tally();
    const medium = new Medium();
    const waiting = new Waiting(silentLog, tally, limits);
    waiting.write("lock", medium.write("lock"), bytes);
    const settled: string[] = [];
    for (const name of ["a", "b", "c", "d"])
      waiting.write("profile", medium.write(name), bytes, () => settled.push(name));
    t.same(settled, ["a", "b"], "told once given up");
    t.equal(waiting.count, 3);
    t.equal(waiting.bytes, 3 * bytes);
    t.match(waiting.problem, { code: "store-unavailable" });
    t.equal(tally.writesGivenUp, 2);
    medium.works = true;
    waiting.flush();
    t.same(medium.written, ["lock", "c", "d"]);
    t.same(settled, ["a", "b", "c", "d"], "and once written");
    t.same([waiting.count, waiting.bytes, waiting.problem], [0, 0, null]);
  }
  t.end();
});

t.test("more locks than the bound are all kept", (t) => {
  const medium = new Medium();
  const waiting = new Waiting(silentLog, new Tally(), { writes: 2, bytes: 1e9 });
  for (let n = 0; n < 5; n++) waiting.write("lock", medium.write(`lock ${n}`));
  medium.works = true;
  waiting.flush();
  t.equal(medium.written.length, 5);
  t.end();
});

t.test("what cannot ever be written is given up, and what comes after it is written", (t) => {
  const tally = new Tally();
  const medium = new Medium();
  medium.works = true;
  const waiting = new Waiting(silentLog, tally);
  let settled = 0;
  const fault = (): void => {
    throw new RangeError("a fault of the model");
  };
  waiting.write("profile", fault, 1, () => (settled += 1));
  t.equal(settled, 1, "what holds on to something is told");
  waiting.write("profile", () => {
    throw new SamehandError("profile-unreadable", "changed by hand");
  });
  waiting.write("session", medium.write("session"));
  t.same(medium.written, ["session"]);
  t.equal(tally.writesGivenUp, 2);
  t.equal(waiting.bytes, 0);
  t.end();
});
