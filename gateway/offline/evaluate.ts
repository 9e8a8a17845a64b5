/** Evaluates a set of recordings from start to end, with one background or by cross-validation over people. */
import { Background } from "../../models/background.ts";
import { SamehandError } from "../core/errors.ts";
import { type Fold, runTrials } from "./evaluation.ts";
import type { EvaluationOptions, TrialResult } from "./portion.ts";
import { chosen, names, ownersOf, type RecordedSet, openSet, type Trial } from "./set.ts";
import { trainBackground } from "./train.ts";

/** Training that keeps the people tested out of the background that tests them. */
export interface CrossFolding {
  readonly folds: number;
  readonly seed: number;
  /** Other sets to train on besides the other folds' people. */
  readonly sets: readonly string[];
  /** People of other sets who must not be trained on, as `set/person`; a `*` at the end stands for any rest. */
  readonly leaveOut: readonly string[];
  /** Steps of the keyboard network's training, 0 for none; the keyboard's default where not given. */
  readonly networkSteps?: number;
}

/** So many warnings are told as they come. */
const mostTold = 25;

/**
 * Runs all trials.
 * @returns the results in order, with cross-validation those whose people were all kept apart; and all warnings
 * @throws SamehandError `set-malformed`, `usage` where no trial is left
 */
export async function evaluate(
  options: EvaluationOptions,
  source: Background | CrossFolding,
  tell: (text: string) => void,
): Promise<{ readonly set: RecordedSet; readonly results: TrialResult[]; readonly warnings: string[] }> {
  const whole = openSet(options.directory);
  if (whole.trials.length === 0) throw new SamehandError("set-malformed", `${whole.table} has no trial`);
  const set = chosen(whole, options);
  if (set.trials.length === 0)
    throw new SamehandError(
      "usage",
      `--only ${options.only.join(", ")}: no trial of ${whole.table} is of these people`,
    );
  const warnings = new Set<string>();
  const warn = (text: string): void => {
    if (warnings.has(text)) return;
    warnings.add(text);
    if (warnings.size <= mostTold) tell(`warning: ${text}`);
  };
  const folds =
    source instanceof Background ? [{ background: source, wants: () => true }] : foldsOf(set, source, tell, warn);
  const results = await runTrials(options, folds, tell, warn);
  if (warnings.size > mostTold) tell(`warning: and ${warnings.size - mostTold} more (--out DIR writes all of them)`);
  return { set, results, warnings: [...warnings] };
}

function foldsOf(
  set: RecordedSet,
  folding: CrossFolding,
  tell: (text: string) => void,
  warn: (text: string) => void,
): Fold[] {
  const agents = [...set.agents.keys()];
  if (folding.folds < 2 || folding.folds > agents.length)
    throw new SamehandError("usage", `--cross-fold ${folding.folds}: between 2 and the ${agents.length} agents`);
  const foldOf = new Map(agents.map((agent, index) => [agent, index % folding.folds]));
  const owners = ownersOf(set);
  return Array.from({ length: folding.folds }, (_, fold) => {
    const wants = ({ session, claimed }: Trial): boolean => {
      const owner = owners.get(session);
      return foldOf.get(claimed) === fold && (owner === undefined || foldOf.get(owner) === fold);
    };
    const background = trainBackground([set.directory, ...folding.sets], {
      seed: folding.seed,
      ...(folding.networkSteps === undefined ? {} : { networkSteps: folding.networkSteps }),
      wanted: (name, person) =>
        name === set.name
          ? foldOf.get(person) !== fold
          : !folding.leaveOut.some((pattern) => names(pattern, `${name}/${person}`)),
      onWarning: warn,
      onProgress: (what) => tell(`fold ${fold + 1} of ${folding.folds}: ${what}`),
    });
    return { background, wants };
  });
}
