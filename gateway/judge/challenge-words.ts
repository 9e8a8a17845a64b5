/** Chooses the words of a phrase: at random, among those that the agent's profile knows best. */
import { randomInt } from "node:crypto";
import { wordFamiliarity } from "../../models/keyboard/familiarity.ts";
import type { KeyboardStatistics } from "../../models/keyboard/statistics.ts";

/** Of a language's words, how many are known best: enough that six of them are never foreseen. */
const choice = 90;

/** Words that the profile knows best, best first. @param statistics null: no word is better than another */
export function bestWords(words: readonly string[], statistics: KeyboardStatistics | null): readonly string[] {
  if (statistics === null) return words;
  return words
    .map((word) => ({ word, known: wordFamiliarity(statistics, word) }))
    .sort((a, b) => b.known - a.known)
    .slice(0, choice)
    .map(({ word }) => word);
}

/** So many different words at random, none of `used`. Fewer where there are not so many. */
export function drawWords(words: readonly string[], count: number, used: ReadonlySet<string>): string[] {
  const left = words.filter((word) => !used.has(word));
  const drawn: string[] = [];
  while (drawn.length < count && left.length > 0) {
    const [word = ""] = left.splice(randomInt(left.length), 1);
    drawn.push(word);
  }
  return drawn;
}
