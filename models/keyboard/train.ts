/** Trains a keyboard model on a background population. The same people and seed give the same model. */
import { type Example, Calibration, logisticRegression } from "./calibration.ts";
import type { Contexts } from "./contexts.ts";
import { type Population, Likelihood, anybodyOf } from "./likelihood.ts";
import { KeyboardModel } from "./model.ts";
import { type PersonData, statisticsOf, sumsOf, trainPopulation } from "./population.ts";
import { Random } from "./random.ts";

export type { PersonData } from "./population.ts";

export interface TrainingOptions {
  readonly seed: number;
  /** Told what is done and the share of the work behind, 0 to 1. */
  readonly onProgress?: (what: string, share: number) => void;
}

/** Amounts of keystrokes at which calibration is learned. */
const amounts = [10, 25, 50, 100, 200, 400];
/** Of the people, how many only calibrate, and how many folds where that would be too few. */
const calibrationShare = 0.15;
const leastCalibrators = 60;
const folds = 4;
const impostorsEach = 20;

export function trainKeyboard(people: readonly PersonData[], options: TrainingOptions): KeyboardModel {
  const tell = options.onProgress ?? ((): void => {});
  const random = new Random(options.seed);
  const usable = people.filter((person) => person.sittings.reduce((sum, sitting) => sum + sitting.length, 0) >= 100);
  const shuffled = random.shuffle([...usable].sort((left, right) => (left.id < right.id ? -1 : 1)));
  const settings = { seed: options.seed, digraphs: 250, people: 32, windows: 8, iterations: 10, windowLength: 50 };
  const examples = amounts.map((): Example[] => []);
  const calibrators = Math.round(shuffled.length * calibrationShare);
  const parts = calibrators >= leastCalibrators ? 1 : folds;
  const size = parts === 1 ? calibrators : Math.ceil(shuffled.length / parts);
  for (let part = 0; part < parts; part += 1) {
    tell("calibrating on people kept apart", part / (parts + 1));
    const apart = shuffled.slice(part * size, (part + 1) * size);
    const { contexts, population } = trainPopulation(
      shuffled.filter((person) => !apart.includes(person)),
      settings,
    );
    collect(apart, contexts, population, random, examples);
  }
  const calibration = new Calibration(
    amounts,
    examples.map((list) => logisticRegression(list, 1e-5)),
  );
  tell("learning the population", parts / (parts + 1));
  const { contexts, population } = trainPopulation(shuffled, settings);
  tell("done", 1);
  return new KeyboardModel({ contexts, population, calibration });
}

/** Scores people against themselves and against others of the same set, for the calibration. */
function collect(
  people: readonly PersonData[],
  contexts: Contexts,
  population: Population,
  random: Random,
  examples: Example[][],
): void {
  const anybody = anybodyOf(population);
  const halves = people.map((person) => {
    const all = person.sittings.flat();
    const cut = Math.floor(all.length * 0.6);
    return {
      person,
      likelihood: new Likelihood(population, anybody, contexts.project(statisticsOf(all.slice(0, cut)))),
      later: all.slice(cut),
    };
  });
  for (const own of halves) {
    const others = random
      .shuffle(halves.filter((other) => other !== own && other.person.set === own.person.set))
      .slice(0, impostorsEach);
    amounts.forEach((amount, index) => {
      if (own.later.length < amount) return;
      const from = random.integer(own.later.length - amount + 1);
      const window = sumsOf(contexts, own.later.slice(from, from + amount));
      for (const claimed of [own, ...others]) {
        examples[index]?.push({
          scores: Float64Array.of(claimed.likelihood.ratio(window, amount)),
          genuine: claimed === own,
        });
      }
    });
  }
}
