/** Trains a background from sets of recordings: everybody's enrolment and their own later sessions. */
import { crc32 } from "node:zlib";
import { Background, type SetCredit, unmeasured } from "../../models/background.ts";
import { type PersonData, trainKeyboard } from "../../models/keyboard/train.ts";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import type { PointerAction } from "../../models/pointer/action.ts";
import { type PointerPerson, trainPointer } from "../../models/pointer/train.ts";
import { SamehandError } from "../core/errors.ts";
import { genuinePeaks } from "./calibrate.ts";
import { type Distortion, undistorted } from "./distortion.ts";
import { type RecordedSet, openSet, probeOf } from "./set.ts";
import { readTape, type Tape } from "./tape.ts";

export interface TrainOptions {
  readonly seed: number;
  /** False for people who must not be in the background, because they are to be tested with it. */
  readonly wanted?: (set: string, person: string) => boolean;
  readonly distortion?: Distortion;
  /** Steps of the keyboard network's training; the keyboard's default where not given, 0 for no network. */
  readonly networkSteps?: number;
  readonly onProgress?: (what: string) => void;
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

/** People are parted in so many for calibration: each part is measured with a background of the others. */
const calibrationFolds = 2;
/** The network of a calibration fold is trained less: it takes most of the time and changes the peaks little. */
const calibrationSteps = 800;

/**
 * Measures how high suspicion rises for people kept out of the training, and adds it to the background's facts.
 * Trains `calibrationFolds` more backgrounds on the way.
 */
export function calibrated(background: Background, directories: readonly string[], options: TrainOptions): Background {
  const peaks: number[] = [];
  for (let fold = 0; fold < calibrationFolds; fold++) {
    const apart = (set: string, person: string): boolean => numberOf(`${set}/${person}`) % calibrationFolds === fold;
    const wanted = (set: string, person: string): boolean => options.wanted?.(set, person) !== false;
    const rest = trainBackground(directories, {
      ...options,
      networkSteps: Math.min(options.networkSteps ?? calibrationSteps, calibrationSteps),
      wanted: (set, person) => wanted(set, person) && !apart(set, person),
      onProgress: (what) => options.onProgress?.(`calibration ${fold + 1} of ${calibrationFolds}: ${what}`),
    });
    options.onProgress?.(`calibration ${fold + 1} of ${calibrationFolds}: following people kept apart`);
    const tested = (set: string, person: string): boolean => wanted(set, person) && apart(set, person);
    peaks.push(...genuinePeaks(directories, rest, tested, options.seed));
  }
  return background.withFacts({ peaks: peaks.sort((a, b) => a - b).map((peak) => Math.round(peak * 100) / 100) });
}

/** An even number for a name, so that folds do not depend on who else is there. */
function numberOf(name: string): number {
  return crc32(name) >>> 8;
}

interface Population {
  readonly keyboard: PersonData[];
  readonly pointer: PointerPerson[];
  readonly credits: SetCredit[];
}

export const keystrokesOf = (tape: Tape): Keystroke[] =>
  tape.seen.flatMap((seen) => (seen.keystroke === undefined ? [] : [seen.keystroke]));
export const actionsOf = (tape: Tape): PointerAction[] =>
  tape.seen.flatMap((seen) => (seen.action === undefined ? [] : [seen.action]));

/**
 * Trains a background; the same recordings, seed and people give the same one. Sets with takeovers are passed
 * over: their sessions are of two people, and their agents are made from those of other sets.
 * @throws SamehandError `recording-malformed`; `usage` where nobody is left to learn from
 */
export function trainBackground(directories: readonly string[], options: TrainOptions): Background {
  const tell = options.onProgress ?? ((): void => {});
  const population: Population = { keyboard: [], pointer: [], credits: [] };
  for (const directory of directories) {
    tell(`reading ${directory}`);
    gather(openSet(directory), options, population);
  }
  const { keyboard, pointer } = population;
  if (keyboard.length + pointer.length === 0) throw new SamehandError("usage", "the sets have nobody to learn from");
  const { seed } = options;
  const keyboardModel = trainKeyboard(keyboard, {
    seed,
    ...(options.networkSteps === undefined ? {} : { networkSteps: options.networkSteps }),
    onProgress: (what, share) => tell(`keyboard: ${what} (${Math.round(share * 100)} %)`),
  });
  tell("pointer: learning");
  const pointerModel = trainPointer(pointer, { seed });
  const facts = {
    ...unmeasured,
    sets: population.credits,
    seed,
    keyboardPeople: keyboard.length,
    pointerPeople: pointer.length,
  };
  return new Background(facts, keyboardModel, pointerModel);
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
    const tapes = [...files, ...later].map((file) => readTape(file, options.distortion ?? undistorted));
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
