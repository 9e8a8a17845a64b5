/**
 * How a challenge's phrase would have gone for recorded people: words that a person typed in a probe are taken as if
 * they had been asked for, those that the claimed agent's profile knows best, and scored as a live phrase is.
 */
import type { Background } from "../../models/background.ts";
import { pairFamiliarity } from "../../models/keyboard/familiarity.ts";
import { keyOf } from "../../models/keyboard/keys.ts";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import { KeyboardStatistics } from "../../models/keyboard/statistics.ts";
import { phraseWords } from "../policy/challenge.ts";
import { undistorted, type Distortion } from "./distortion.ts";
import { enrolFrom } from "./enrolled.ts";
import { type Imitation, imitated } from "./imitation.ts";
import { nameIn, openSet, probeOf } from "./set.ts";
import { readTape } from "./tape.ts";

/** One claim: how many keystrokes there were and what they said, after the first words and each time that more were asked for. */
export interface PhraseTrial {
  readonly claimed: string;
  readonly genuine: boolean;
  readonly looks: readonly { readonly keystrokes: number; readonly llr: number }[];
}

/** Recorded words are shorter than those that are asked for: as many are taken as make as many keystrokes. */
const wordKeystrokes = 5;

const space = keyOf(0x20);
const isLetter = (key: number): boolean => key >= keyOf(0x61) && key <= keyOf(0x7a);
const shortest = 3;
/** A probe of fewer words is left out. */
const fewest = 14;
/** Of the words that a probe holds, the share that may be asked for. */
const share = 0.6;

/** The words between spaces, each with the space after it. */
function wordsOf(keystrokes: readonly Keystroke[]): Keystroke[][] {
  const words: Keystroke[][] = [];
  let word: Keystroke[] = [];
  for (const keystroke of keystrokes) {
    if (isLetter(keystroke.key)) word.push(keystroke);
    else {
      if (keystroke.key === space && word.length >= shortest && word[0].before === space)
        words.push([...word, keystroke]);
      word = [];
    }
  }
  return words;
}

const known = (statistics: KeyboardStatistics, word: readonly Keystroke[]): number =>
  word.reduce((sum, { before, key }) => sum + pairFamiliarity(statistics, before, key), 0) / word.length;

/** The words that the profile knows best, in the order in which they were typed. */
function asked(statistics: KeyboardStatistics, words: readonly Keystroke[][]): Keystroke[][] {
  const ranked = words.map((word, index) => ({ word, index, known: known(statistics, word) }));
  ranked.sort((a, b) => b.known - a.known);
  const best = ranked.slice(0, Math.max(fewest, Math.ceil(share * ranked.length)));
  return best.sort((a, b) => a.index - b.index).map(({ word }) => word);
}

/**
 * Tries each claim of a set once.
 * @param everyImpostor of other people's claims only each so many is tried
 * @param imitation of the agent, by those who are not
 * @param from claims on agents whose names come before this one are left out
 * @throws SamehandError `recording-malformed`
 */
export function tryPhrases(
  directory: string,
  background: Background,
  everyImpostor: number,
  from = "",
  distortion: Distortion = undistorted,
  imitation: Imitation = "none",
): PhraseTrial[] {
  const set = openSet(directory);
  const enrolled = new Map<string, KeyboardStatistics>();
  for (const [agent, files] of set.agents) {
    if (agent < from) continue;
    const { keyboard } = enrolFrom(
      background,
      files.map((file) => readTape(file, undistorted)),
    ).enrolled(background);
    if (keyboard instanceof KeyboardStatistics) enrolled.set(agent, keyboard);
  }
  const probes = new Map<string, Keystroke[][]>();
  const probe = (session: string): Keystroke[][] => {
    const file = probeOf(set, session);
    const seen = file === null ? [] : readTape(file, distortion, nameIn(set, file)).seen;
    const words = wordsOf(seen.flatMap(({ keystroke }) => (keystroke === undefined ? [] : [keystroke])));
    probes.set(session, words);
    return words;
  };
  let impostors = 0;
  return set.trials.flatMap(({ session, claimed, genuine }) => {
    const statistics = enrolled.get(claimed);
    if (statistics === undefined || (!genuine && impostors++ % everyImpostor !== 0)) return [];
    const words = asked(statistics, probes.get(session) ?? probe(session));
    if (words.length < fewest) return [];
    const typed = genuine || imitation === "none" ? words : imitated(imitation, statistics, words);
    return [{ claimed, genuine, looks: scored(background, statistics, typed) }];
  });
}

function scored(background: Background, statistics: KeyboardStatistics, words: readonly Keystroke[][]) {
  const scorer = background.keyboard.scorer(statistics);
  const looks: { keystrokes: number; llr: number }[] = [];
  let due: number = phraseWords.first;
  for (const word of words) {
    for (const keystroke of word) scorer.add(keystroke);
    if (scorer.count < due * wordKeystrokes) continue;
    looks.push({ keystrokes: scorer.count, llr: scorer.sessionLlr() });
    due += phraseWords.more;
    if (due > phraseWords.most) break;
  }
  return looks;
}
