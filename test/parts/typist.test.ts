import t from "tap";
import { Typist } from "./typist.ts";

t.test("the same seed and session give the same input; another seed other habits", (t) => {
  t.same(new Typist(1).work(200, 3), new Typist(1).work(200, 3));
  t.notSame(new Typist(1).work(200, 3), new Typist(1).work(200, 4), "no session is typed twice");
  const duration = (seed: number): number => new Typist(seed).type("a plain line of text to type", 0).at(-1)?.at ?? 0;
  t.not(Math.round(duration(1)), Math.round(duration(2)));
  t.end();
});

t.test("each press has its release, and time never runs back", (t) => {
  const events = new Typist(5).work(300);
  const held = new Map<number, number>();
  let last = 0;
  for (const event of events) {
    t.ok(event.at >= last - 1e-9);
    last = event.at;
    if (event.kind === "key") held.set(event.keysym, (held.get(event.keysym) ?? 0) + (event.pressed ? 1 : -1));
  }
  t.ok([...held.values()].every((count) => count === 0));
  t.end();
});
