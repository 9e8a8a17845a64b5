/** Trains a keyboard model on a background population. The same people and seed give the same model. */
import { SamehandError } from "../../gateway/core/errors.ts";
import { Calibration, type Example, logisticRegression } from "./calibration.ts";
import type { Contexts } from "./contexts.ts";
import { shaken } from "./distorted.ts";
import { type Population, anybodyOf } from "./density.ts";
import { Likelihood } from "./likelihood.ts";
import { KeyboardModel } from "./model.ts";
import { trainNetwork } from "./network-training.ts";
import { type Network, embed } from "./network.ts";
import { type PersonData, statisticsOf, sumsOf, trainPopulation } from "./population.ts";
import { Random } from "./random.ts";
import { likeness } from "./colleagues.ts";

export type { PersonData } from "./population.ts";

export interface TrainingOptions {
  readonly seed: number;
  /** Told what is done and the share of the work behind, 0 to 1. */
  readonly onProgress?: (what: string, share: number) => void;
  /** People who only calibrate and teach nothing: whom the model is to be measured with, or whose data allow no more. */
  readonly calibrators?: readonly PersonData[];
  /** Steps of the network's training, `defaultNetworkSteps` where not given; 0 for no network. */
  readonly networkSteps?: number;
}

const defaultNetworkSteps = 3_000;
/** Fewer people than this cannot train a network that holds for others. */
const leastForNetwork = 300;
/** Amounts of keystrokes at which calibration is learned. */
const amounts = [10, 25, 50, 100, 200, 400];
/** The share of a set's people who only calibrate; of a small set more, to learn how sessions differ. */
const calibrationShare = 0.15;
const calibratorsOfSmallSet = 25;
/** With too few people to keep some apart, each part of so many calibrates the model of the others. */
const folds = 4;
const impostorsEach = 20;
const leastKeystrokes = 100;
/** Fewer genuine examples at an amount say nothing about it. */
const leastGenuine = 3;
const ridge = 1e-4;
/** Mean delay of the link that calibration sees half of the stretches through, ms. */
const shake = 20;
const settings = { digraphs: 250, people: 32, windows: 8, iterations: 10, windowLength: 50 };

/** What two scorers say, to be calibrated. */
interface Trained {
  readonly contexts: Contexts;
  readonly population: Population;
  readonly network: Network | null;
}

/** A trained model, and the ids of those whom it only was calibrated on: what is measured with them is nearly honest. */
export interface TrainedKeyboard {
  readonly model: KeyboardModel;
  /** Empty where there were too few people to keep some apart. */
  readonly apart: readonly string[];
}

/**
 * Deterministic in the people (in any order) and the seed.
 * @throws SamehandError `background-unreadable` where nobody typed enough to learn from
 */
export const trainKeyboard = (people: readonly PersonData[], options: TrainingOptions): KeyboardModel =>
  trainKeyboardApart(people, options).model;

/** As `trainKeyboard`, telling who was kept apart. */
export function trainKeyboardApart(people: readonly PersonData[], options: TrainingOptions): TrainedKeyboard {
  const tell = options.onProgress ?? ((): void => {});
  const random = new Random(options.seed);
  const { shuffled, more } = inOrder(people, options, random);
  const steps = options.networkSteps ?? defaultNetworkSteps;
  if (shuffled.length >= leastForNetwork && steps > 0) {
    const { apart: kept, ...trained } = learn(shuffled, options.seed, steps, tell);
    const apart = [...kept, ...more];
    tell("calibrating on people kept apart", 0.9);
    return { model: calibrated(trained, collect(apart, trained, random)), apart: apart.map(({ id }) => id) };
  }
  const examples = amounts.map((): Example[] => []);
  for (let part = 0; part < folds; part += 1) {
    tell("calibrating on people kept apart", part / (folds + 1));
    const apart = [...shuffled.filter((_, index) => index % folds === part), ...more];
    const rest = shuffled.filter((_, index) => index % folds !== part);
    const trained = { ...trainPopulation(rest, { ...settings, seed: options.seed }), network: null };
    collect(apart, trained, random).forEach((more, index) => examples[index].push(...more));
  }
  tell("learning the population", folds / (folds + 1));
  const trained = { ...trainPopulation(shuffled, { ...settings, seed: options.seed }), network: null };
  const model = calibrated(trained, examples);
  tell("done", 1);
  return { model, apart: more.map(({ id }) => id) };
}

/**
 * A model that was trained with a network before, calibrated anew on those whom that training kept apart: after a change
 * of what the likelihood says, what a whole training would give.
 */
export function calibratedAgain(
  people: readonly PersonData[],
  options: TrainingOptions,
  { parameters }: KeyboardModel,
): TrainedKeyboard {
  const random = new Random(options.seed);
  const { shuffled, more } = inOrder(people, options, random);
  const apart = [...calibrators(shuffled), ...more];
  return { model: calibrated(parameters, collect(apart, parameters, random)), apart: apart.map(({ id }) => id) };
}

/** Everybody who typed enough: those to learn from in the seed's order, and those who only calibrate. */
function inOrder(
  people: readonly PersonData[],
  options: TrainingOptions,
  random: Random,
): { readonly shuffled: readonly PersonData[]; readonly more: readonly PersonData[] } {
  const enough = (of: readonly PersonData[]): PersonData[] =>
    of
      .filter(({ sittings }) => sittings.reduce((sum, each) => sum + each.length, 0) >= leastKeystrokes)
      .sort((left, right) => (left.id < right.id ? -1 : 1));
  return { shuffled: random.shuffle(enough(people)), more: enough(options.calibrators ?? []) };
}

/** Learns population and network from all but the calibrators. */
function learn(
  people: readonly PersonData[],
  seed: number,
  steps: number,
  tell: (what: string, share: number) => void,
): Trained & { readonly apart: readonly PersonData[] } {
  const apart = calibrators(people);
  const rest = people.filter((person) => !apart.includes(person));
  tell("learning the population", 0);
  const trained = trainPopulation(rest, { ...settings, seed });
  const onProgress = (share: number): void => tell("training the network", 0.1 + 0.8 * share);
  return { ...trained, network: trainNetwork(rest, trained.contexts, { seed, steps, onProgress }), apart };
}

function calibrators(people: readonly PersonData[]): PersonData[] {
  return [...new Set(people.map((person) => person.set))].flatMap((set) => {
    const members = people.filter((person) => person.set === set);
    const wanted = Math.max(members.length * calibrationShare, Math.min(members.length / 2, calibratorsOfSmallSet));
    return members.slice(0, Math.round(wanted));
  });
}

function calibrated(trained: Trained, examples: readonly Example[][]): KeyboardModel {
  const known = amounts
    .map((amount, index) => ({ amount, list: examples[index] }))
    .filter(({ list }) => {
      return list.filter((example) => example.genuine).length >= leastGenuine;
    });
  if (known.length === 0) throw new SamehandError("background-unreadable", "too few people with enough typing");
  const fit = (width: number): Calibration =>
    new Calibration(
      known.map(({ amount }) => amount),
      known.map(({ list }) =>
        logisticRegression(
          list.map((each) => ({ ...each, scores: each.scores.subarray(0, width) })),
          ridge,
        ),
      ),
    );
  return new KeyboardModel({
    ...trained,
    calibration: fit(trained.network === null ? 1 : 2),
    plainCalibration: fit(1),
  });
}

/** Raw scores of people against themselves and against others of the same set, for each amount. */
function collect(people: readonly PersonData[], trained: Trained, random: Random): Example[][] {
  const { contexts, population, network } = trained;
  const anybody = anybodyOf(population);
  const examples = amounts.map((): Example[] => []);
  const halves = people.map(({ set, sittings }) => {
    const all = sittings.flat();
    const cut = Math.floor(all.length * 0.6);
    const enrolled = statisticsOf(all.slice(0, cut), network);
    return {
      set,
      likelihood: new Likelihood(population, anybody, contexts.project(enrolled)),
      vector: network === null ? null : embed(network.parameters, enrolled.hidden),
      later: all.slice(cut),
    };
  });
  const sizes = new Map<string, number>();
  for (const { set } of halves) sizes.set(set, (sizes.get(set) ?? 0) + 1);
  for (const own of halves) {
    const others = random
      .shuffle(halves.filter((other) => other !== own && other.set === own.set))
      .slice(0, impostorsEach);
    // a set counts by the root of its people: a small set of later sessions is heard, a few people do not decide
    const weight = 1 / Math.sqrt(sizes.get(own.set) ?? 1);
    amounts.forEach((amount, index) => {
      if (own.later.length < amount) return;
      const from = random.integer(own.later.length - amount + 1);
      const clean = own.later.slice(from, from + amount);
      // through a bad link as well: a ratio must not claim more there than it is worth
      for (const strokes of [clean, shaken(clean, shake, random)]) {
        const sums = sumsOf(contexts, strokes);
        const vector = network === null ? null : embed(network.parameters, statisticsOf(strokes, network).hidden);
        for (const claimed of [own, ...others]) {
          const scores = [claimed.likelihood.ratio(sums, amount)];
          if (vector !== null && claimed.vector !== null) scores.push(likeness(claimed.vector, vector));
          examples[index].push({ scores: Float64Array.from(scores), genuine: claimed === own, weight });
        }
      }
    });
  }
  return examples;
}
