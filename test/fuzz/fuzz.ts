/** Runs a target on mutants of its corpus; what is accepted joins the corpus, what breaks a promise ends the run. */
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Target } from "./target.ts";

/** Beyond this many, a new seed takes the place of an old one that was grown here. */
const corpusLimit = 2000;
/** Of one run, ms: what takes longer hangs, however busy the machine is. */
const longestRun = 5000;

export interface Report {
  readonly runs: number;
  /** The longest run, ms. */
  readonly slowest: number;
  readonly accepted: number;
  readonly corpus: readonly Buffer[];
  /** The bytes that broke a promise, and how; null where none did. */
  readonly finding: { readonly bytes: Buffer; readonly error: unknown } | null;
}

/**
 * @param known bytes of an earlier run's corpus, tried first and mutated further
 * @param more says whether to go on, after each run
 * @param seed the same seed and the same number of runs try the same bytes
 */
export async function fuzz(
  target: Target,
  seed: number,
  more: (runs: number) => boolean,
  known: readonly Buffer[] = [],
): Promise<Report> {
  const random = new Random(seed);
  const first = [...target.seeds, ...known];
  const corpus = [...first];
  let runs = 0;
  let slowest = 0;
  let accepted = 0;
  for (; more(runs); runs++) {
    const bytes = runs < first.length ? first[runs] : mutate(random.pick(corpus), corpus, random);
    const begun = performance.now();
    let taken: boolean | Promise<boolean>;
    try {
      taken = target.run(bytes, random);
      if (taken instanceof Promise) taken = await taken;
      slowest = Math.max(slowest, performance.now() - begun);
      if (slowest > longestRun) throw new Error(`took ${slowest} ms`);
    } catch (error) {
      return { runs, slowest, accepted, corpus, finding: { bytes, error } };
    }
    if (!taken) continue;
    accepted++;
    if (runs < first.length) continue;
    if (corpus.length < corpusLimit) corpus.push(bytes);
    else corpus[target.seeds.length + random.below(corpus.length - target.seeds.length)] = bytes;
  }
  return { runs, slowest, accepted, corpus, finding: null };
}
