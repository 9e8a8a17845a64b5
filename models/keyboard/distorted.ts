/** The same typing as a coarse clock or a shaky link would have shown it: what a model must stand, it must have seen. */
import type { Keystroke } from "./keystroke.ts";
import type { Random } from "./random.ts";

const coarseClock = 16;

/** Keystrokes with the times of their events moved; unknown times stay unknown. */
function retimed(strokes: readonly Keystroke[], presses: Float64Array, releases: Float64Array): Keystroke[] {
  return strokes.map((stroke, index) => ({
    ...stroke,
    hold: releases[index] - presses[index],
    downDown: Number.isNaN(stroke.downDown) ? Number.NaN : presses[index] - (presses[index - 1] ?? Number.NaN),
    upDown: Number.isNaN(stroke.upDown) ? Number.NaN : presses[index] - (releases[index - 1] ?? Number.NaN),
  }));
}

/** As a clock of 16 ms sees it, such as some browsers and old systems have. */
export function coarse(strokes: readonly Keystroke[]): Keystroke[] {
  const tick = (time: number): number => Math.floor(time / coarseClock) * coarseClock;
  const presses = Float64Array.from(strokes, (stroke) => tick(stroke.at));
  return retimed(
    strokes,
    presses,
    Float64Array.from(strokes, (stroke) => tick(stroke.at + stroke.hold)),
  );
}

/**
 * As a link with an exponential delay shows it; events arrive in the order in which they were sent.
 * @param mean of the delay, ms
 */
export function shaken(strokes: readonly Keystroke[], mean: number, random: Random): Keystroke[] {
  const count = strokes.length;
  const times = new Float64Array(2 * count);
  strokes.forEach((stroke, index) => {
    times[2 * index] = stroke.at;
    times[2 * index + 1] = stroke.at + stroke.hold;
  });
  const order = Array.from(times, (_, index) => index)
    .filter((index) => !Number.isNaN(times[index]))
    .sort((left, right) => times[left] - times[right] || left - right);
  let last = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    last = Math.max(last, Math.round(times[index] - mean * Math.log(1 - random.next())));
    times[index] = last;
  }
  return retimed(
    strokes,
    Float64Array.from(strokes, (_, index) => times[2 * index]),
    Float64Array.from(strokes, (_, index) => times[2 * index + 1]),
  );
}
