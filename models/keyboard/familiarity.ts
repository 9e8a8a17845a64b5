/** How well an enrolled typist's pairs of keys are known: what a phrase is chosen by, so that few words say much. */
import { keyOf } from "./keys.ts";
import type { KeyboardStatistics } from "./statistics.ts";
import { pairOf } from "./times.ts";

/** Occurrences at which a pair is half known. */
const half = 5;
const space = keyOf(0x20);

/** How well one pair is known, 0 to 1. */
export function pairFamiliarity(statistics: KeyboardStatistics, before: number, key: number): number {
  // the second feature is the time from press to press: a pair that was typed in one go
  const at = statistics.pairs.find(pairOf(before, key));
  const count = at < 0 ? 0 : statistics.pairs.moments[at + 3];
  return count / (count + half);
}

/** How well a word in lower case is known, as typed after a space: the mean over its pairs, 0 to 1. */
export function wordFamiliarity(statistics: KeyboardStatistics, word: string): number {
  let before = space;
  let sum = 0;
  for (let index = 0; index < word.length; index += 1) {
    const key = keyOf(word.charCodeAt(index));
    sum += pairFamiliarity(statistics, before, key);
    before = key;
  }
  return word.length === 0 ? 0 : sum / word.length;
}
