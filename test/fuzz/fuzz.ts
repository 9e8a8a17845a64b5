/** Runs a target on mutants of its corpus; what is accepted joins the corpus, what breaks a promise ends the run. */
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Target } from "./targets.ts";

/** Beyond this many, a new seed takes the place of an old one that was grown here. */
const corpusLimit = 2000;

export interface Report {
  readonly runs: number;
  readonly accepted: number;
  readonly corpus: readonly Buffer[];
  /** The bytes that broke a promise, and how; null where none did. */
  readonly finding: { readonly bytes: Buffer; readonly error: unknown } | null;
}

/**
 * @param more says whether to go on, after each run
 * @param seed the same seed and the same number of runs try the same bytes
 */
export function fuzz(target: Target, seed: number, more: (runs: number) => boolean): Report {
  const random = new Random(seed);
  const corpus = [...target.seeds];
  let runs = 0;
  let accepted = 0;
  for (; more(runs); runs++) {
    const bytes = runs < target.seeds.length ? target.seeds[runs] : mutate(random.pick(corpus), corpus, random);
    try {
      if (!target.run(bytes, random)) continue;
    } catch (error) {
      return { runs, accepted, corpus, finding: { bytes, error } };
    }
    accepted++;
    if (corpus.length < corpusLimit) corpus.push(bytes);
    else corpus[target.seeds.length + random.below(corpusLimit - target.seeds.length)] = bytes;
  }
  return { runs, accepted, corpus, finding: null };
}
