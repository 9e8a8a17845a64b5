/** Trains a background from sets of recordings: everybody's enrolment and their own later sessions. */
import { crc32 } from "node:zlib";
import { Background, type SetCredit, unmeasured } from "../../models/background.ts";
import { calibratedAgain, type PersonData, trainKeyboard, trainKeyboardApart } from "../../models/keyboard/train.ts";
import { type PointerPerson, trainPointer } from "../../models/pointer/train.ts";
import { SamehandError } from "../core/errors.ts";
import { type Followed, genuinePeaks, type Track, tracks } from "./calibrate.ts";
import { undistorted } from "./distortion.ts";
import { type RecordedSet, openSet, probeOf } from "./set.ts";
import { actionsOf, keystrokesOf, readTape } from "./tape.ts";

export interface TrainOptions {
  readonly seed: number;
  /** False for people who must not be in the background, because they are to be tested with it. */
  readonly wanted?: (set: string, person: string) => boolean;
  /** Sets whose people only calibrate and give peaks: nothing is learned from them. */
  readonly calibrate?: readonly string[];
  /** Steps of the keyboard network's training; the keyboard's default where not given, 0 for no network. */
  readonly networkSteps?: number;
  readonly onProgress?: (what: string) => void;
  /** Hears where a recording breaks off; it is then learned from up to there. Not given: that ends the training. */
  readonly onWarning?: (what: string) => void;
}

/** Credits of the sets that the project was developed with; other sets are credited to their owner. */
const credits: Readonly<Record<string, Pick<SetCredit, "licence" | "citation">>> = {
  aalto: {
    licence: "free for non-commercial use with attribution",
    citation:
      "Dhakal, Feit, Kristensson, Oulasvirta: Observations on Typing from 136 Million Keystrokes, CHI 2018, doi 10.1145/3173574.3174220",
  },
  pace: {
    licence: "BSD-3 repository; some data need permission",
    citation:
      "Monaco, Tappert: The partially observable HMM and its application to keystroke dynamics, Pattern Recognition 2018",
  },
  freihaut: { licence: "GPL-3 repository", citation: "Freihaut, Göritz 2022, doi 10.5281/zenodo.6772378" },
  balabit: {
    licence: "offered to researchers, asks for citation",
    citation: "Fülöp, Kovács, Kurics, Windhager-Pokol: Balabit Mouse Dynamics Challenge data set, 2016",
  },
  sapimouse: {
    licence: "Apache-2.0 / MIT repositories",
    citation: "Antal, Fejér, Buza: SapiMouse, IEEE SACI 2021, doi 10.1109/SACI51354.2021.9465583",
  },
  mauth: { licence: "none stated", citation: "mAuth research project, 2023" },
};
const ownData = { licence: "the operator's own recordings", citation: "" };

/** People are parted in so many: each part is followed with models of the others. */
const parts = 2;
/** Fewer typists than this cannot train a model to follow the others with: those are then left out. */
const fewestTypists = 8;

/**
 * Trains a background, and measures with it how high suspicion rises for people whom it did not learn from: the
 * typists who were kept apart from the keyboard's training, and each half of the hands with a pointer model of the
 * other half. The same recordings, seed and people give the same background.
 * @throws SamehandError as `trainBackground`
 */
export function trainMeasured(directories: readonly string[], options: TrainOptions): Background {
  const population = gatherAll(directories, options);
  const { background, apart } = trainOn(population, options);
  return measured(directories, options, population, background, apart);
}

/**
 * Calibrates and measures suspicion anew with a background that was trained like this before: after a change of the
 * likelihood's bounds or of the trust filter, what a whole training would give. Without a network it is a whole training.
 * @throws SamehandError as `trainBackground`
 */
export function measureAgain(
  directories: readonly string[],
  options: TrainOptions,
  background: Background,
): Background {
  if (background.keyboard.parameters.network === null)
    return trainMeasured(directories, { ...options, networkSteps: 0 });
  const population = gatherAll(directories, options);
  const { seed } = options;
  const { model, apart } = calibratedAgain(
    population.keyboard,
    { seed, calibrators: population.calibrators },
    background.keyboard,
  );
  const calibrated = background.withModels(model, background.pointer);
  return measured(directories, options, population, calibrated, new Set(apart));
}

function measured(
  directories: readonly string[],
  options: TrainOptions,
  population: Population,
  background: Background,
  apart: ReadonlySet<string>,
): Background {
  const tell = options.onProgress ?? ((): void => {});
  const genuine: Track[] = [];
  for (let part = 0; part < parts; part++) {
    tell(`measuring suspicion of people kept apart, ${part + 1} of ${parts}`);
    const held = (id: string): boolean => numberOf(id) % parts === part;
    const rest = {
      ...population,
      keyboard: population.keyboard.filter(({ id }) => !held(id)),
      pointer: population.pointer.filter(({ name }) => !held(name)),
    };
    if (rest.keyboard.length + rest.pointer.length === 0) continue;
    const again = background.keyboard.parameters.network === null && rest.keyboard.length >= fewestTypists;
    const models = new Background(
      background.facts,
      again ? trainKeyboard(rest.keyboard, { seed: options.seed, networkSteps: 0 }) : background.keyboard,
      trainPointer(rest.pointer, { seed: options.seed }),
    );
    const known = (set: string, person: string): boolean => options.wanted?.(set, person) !== false;
    const followed: Followed["followed"] = (set, person, modality) => {
      const id = `${set}/${person}`;
      return held(id) && (modality === "pointer" || again || apart.has(id));
    };
    genuine.push(...tracks([...directories, ...(options.calibrate ?? [])], models, { known, followed }));
  }
  const peaks = genuinePeaks(genuine, options.seed).map((peak) => Math.round(peak * 100) / 100);
  return background.withFacts({ peaks });
}

/** An even number for a name, so that folds do not depend on who else is there. */
function numberOf(name: string): number {
  return crc32(name) >>> 8;
}

interface Population {
  readonly calibrators: PersonData[];
  readonly keyboard: PersonData[];
  readonly pointer: PointerPerson[];
  readonly credits: SetCredit[];
}

/**
 * Trains a background; the same recordings, seed and people give the same one. Sets with takeovers are passed
 * over: their sessions are of two people, and their agents are made from those of other sets.
 * @throws SamehandError `recording-malformed`; `usage` where nobody is left to learn from
 */
export const trainBackground = (directories: readonly string[], options: TrainOptions): Background =>
  trainOn(gatherAll(directories, options), options).background;

function gatherAll(directories: readonly string[], options: TrainOptions): Population {
  const population: Population = { calibrators: [], keyboard: [], pointer: [], credits: [] };
  for (const directory of directories) {
    options.onProgress?.(`reading ${directory}`);
    gather(openSet(directory), options, population);
  }
  for (const directory of options.calibrate ?? []) {
    options.onProgress?.(`reading ${directory}`);
    gather(openSet(directory), options, { ...population, keyboard: population.calibrators, pointer: [] });
  }
  const { keyboard, pointer } = population;
  if (keyboard.length + pointer.length === 0) throw new SamehandError("usage", "the sets have nobody to learn from");
  return population;
}

/** @returns the background, and the typists who only calibrated it */
function trainOn(
  { calibrators, keyboard, pointer, credits: sets }: Population,
  options: TrainOptions,
): { readonly background: Background; readonly apart: ReadonlySet<string> } {
  const tell = options.onProgress ?? ((): void => {});
  const { seed } = options;
  const trained = trainKeyboardApart(keyboard, {
    seed,
    calibrators,
    ...(options.networkSteps === undefined ? {} : { networkSteps: options.networkSteps }),
    onProgress: (what, share) => tell(`keyboard: ${what} (${Math.round(share * 100)} %)`),
  });
  tell("pointer: learning");
  const pointerModel = trainPointer(pointer, { seed });
  const facts = { ...unmeasured, sets, seed, keyboardPeople: keyboard.length, pointerPeople: pointer.length };
  return { background: new Background(facts, trained.model, pointerModel), apart: new Set(trained.apart) };
}

function gather(set: RecordedSet, options: TrainOptions, into: Population): void {
  if (set.takeovers) return;
  const genuine = new Map<string, string[]>();
  for (const trial of set.trials) {
    if (!trial.genuine) continue;
    const sessions = genuine.get(trial.claimed) ?? [];
    sessions.push(trial.session);
    genuine.set(trial.claimed, sessions);
  }
  let people = 0;
  for (const [agent, files] of set.agents) {
    if (options.wanted?.(set.name, agent) === false) continue;
    const later = (genuine.get(agent) ?? []).map((session) => probeOf(set, session)).filter((file) => file !== null);
    const tapes = [...files, ...later].map((file) => readTape(file, undistorted, file, options.onWarning ?? null));
    const sittings = tapes.map(keystrokesOf).filter((sitting) => sitting.length > 0);
    const sessions = tapes.map(actionsOf).filter((session) => session.length > 0);
    const id = `${set.name}/${agent}`;
    if (sittings.length > 0) into.keyboard.push({ id, set: set.name, sittings });
    if (sessions.length > 0) into.pointer.push({ name: id, sessions });
    if (sittings.length + sessions.length > 0) people++;
  }
  const credit = Object.hasOwn(credits, set.name) ? credits[set.name] : undefined;
  if (people > 0) into.credits.push({ set: set.name, people, ...(credit ?? ownData) });
}
