import * as fc from "fast-check";
import t from "tap";
import { signalNames } from "../core/signal.ts";
import { millis } from "../core/units.ts";
import { play, ScoreTape } from "./score-tape.ts";

const windows = fc.array(
  fc.record({
    gap: fc.integer({ min: 0, max: 600_000 }),
    pointer: fc.boolean(),
    llr: fc.double({ min: -60, max: 60, noNaN: true }),
    weight: fc.double({ min: 0, max: 1, noNaN: true }),
    jitter: fc.double({ min: 0, max: 1000, noNaN: true }),
    signals: fc.subarray(["unverifiable-link", ...signalNames]),
  }),
  { minLength: 1, maxLength: 200 },
);

t.test("what is taped is played back, within what it is rounded to, over any number of chunks", (t) => {
  fc.assert(
    fc.property(windows, (given) => {
      const tape = new ScoreTape(16);
      const chunks: Uint8Array[] = [];
      let at = 5000;
      given.forEach(({ gap, pointer, llr, weight, jitter, signals }, index) => {
        at += gap;
        const modality = pointer ? "pointer" : "keyboard";
        tape.add({ at: millis(at), modality, llr, weight, keystrokes: index, actions: 2 * index }, jitter, signals);
        if (tape.full) chunks.push(tape.take());
      });
      chunks.push(tape.take());
      const played = [...play(chunks)];
      t.equal(played.length, given.length);
      let expected = 0;
      played.forEach((window, index) => {
        const { gap, pointer, llr, weight, jitter, signals } = given[index];
        if (index > 0) expected += gap;
        t.ok(Math.abs(window.at - expected) <= 100, "a tenth of a second, however long it lasts");
        t.equal(window.modality, pointer ? "pointer" : "keyboard");
        t.ok(Math.abs(window.llr - llr) <= 0.0011);
        t.ok(Math.abs(window.weight - weight) <= 0.003);
        t.ok(Math.abs(window.jitterMs - jitter) <= 0.051);
        t.same([window.keystrokes, window.actions, window.signals], [index, 2 * index, signals]);
      });
    }),
    { numRuns: 60 },
  );
  t.end();
});

t.test("what a window cannot say, of a long break or of input before there was evidence, the next ones do", (t) => {
  const tape = new ScoreTape();
  const base = { modality: "keyboard", llr: 1, weight: 1, actions: 0 } as const;
  const hours = 3_600_000;
  tape.add({ ...base, at: millis(0), keystrokes: 1000 }, 0, []);
  for (let window = 1; window <= 4; window++)
    tape.add({ ...base, at: millis(3 * hours + window * 3000), keystrokes: 1000 + 5 * window }, 0, []);
  const played = [...play([tape.take()])];
  t.ok(Math.abs((played.at(-1)?.at ?? 0) - (3 * hours + 12_000)) <= 100, "three hours later");
  t.equal(played.at(-1)?.keystrokes, 1020);
  t.end();
});
