/** Runs a set's trials: enrols the agents, scores every claim, judges takeovers. Spread over worker threads. */
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Background } from "../../models/background.ts";
import type { Profile } from "../../models/profile.ts";
import { Verifier } from "../../models/verifier.ts";
import { asSamehandError } from "../core/errors.ts";
import { millis } from "../core/units.ts";
import { Decider } from "../policy/decider.ts";
import { agentTerms } from "../policy/agent-terms.ts";
import { defaultPolicyFile, loadPolicy } from "../policy/policy-file.ts";
import type { Distortion } from "./distortion.ts";
import { enrolFrom } from "./enrolled.ts";
import { Farm } from "../../models/farm.ts";
import type { Policy } from "../policy/rules.ts";
import { type RecordedSet, type Trial, openSet, probeOf } from "./set.ts";
import { readTape, type Tape } from "./tape.ts";
import { judgeTape, type ScoreRow, scoreTape, type VerdictRow } from "./trial.ts";

export interface EvaluationOptions {
  readonly directory: string;
  readonly enrolDistortion: Distortion;
  readonly probeDistortion: Distortion;
  /** Whether the reference populations are those of the set's other agents, as in a live farm. */
  readonly farm: boolean;
  /** Control: every agent is enrolled from another one's recordings, so that no claim is true. */
  readonly permuted?: boolean;
}

/** One background, and the claims that it may test. */
export interface Fold {
  readonly background: Background;
  readonly wants: (trial: Trial) => boolean;
}

export interface TrialResult {
  /** Its place in the set's list of trials. */
  readonly index: number;
  readonly start: number;
  /** Time with input, ms: pauses of over ten seconds do not count. Up to the takeover, and after it. */
  readonly activeBefore: number;
  readonly activeAfter: number;
  readonly rows: readonly ScoreRow[];
  readonly verdicts: readonly VerdictRow[];
  /** Observations before the takeover. */
  readonly observationsBefore: number;
}

/** What a worker thread is given. */
export interface Portion {
  readonly options: EvaluationOptions;
  readonly background: Uint8Array;
  readonly indices: readonly number[];
}

export type PortionMessage =
  | { readonly done: number }
  | { readonly warning: string }
  | { readonly results: readonly TrialResult[] };

const longestPause = 10_000;

/** Runs a portion of the trials in this thread. */
export function runPortion(portion: Portion, tell: (message: PortionMessage) => void): TrialResult[] {
  const { options } = portion;
  const set = openSet(options.directory);
  const background = Background.decode(portion.background);
  const warn = (warning: string): void => tell({ warning });
  const profiles = enrolAll(set, background, options, warn);
  growAll(background, profiles, options.farm, tell);
  const farm = new Farm(background, profiles);
  const byAgent = new Map<string, number[]>();
  for (const index of portion.indices) {
    const claimed = set.trials[index].claimed;
    const list = byAgent.get(claimed) ?? [];
    list.push(index);
    byAgent.set(claimed, list);
  }
  const tapes = new Map<string, Tape>();
  const tapeOf = (session: string): Tape => {
    let tape = tapes.get(session);
    if (tape === undefined) {
      tape = readProbe(set, session, options.probeDistortion, warn);
      tapes.set(session, tape);
    }
    return tape;
  };
  const results: TrialResult[] = [];
  for (const [agent, indices] of byAgent) {
    let profile = profiles.get(agent);
    if (profile === undefined) {
      warn(`trials claim ${agent}, who has no folder in enrol/: scored as nobody known`);
      profile = enrolFrom(background, []);
    }
    const own = options.farm ? farm.backgroundFor(agent) : background;
    for (const index of indices) results.push(runTrial(set, index, tapeOf(set.trials[index].session), own, profile));
    tell({ done: indices.length });
  }
  return results;
}

function enrolAll(
  set: RecordedSet,
  background: Background,
  options: EvaluationOptions,
  warn: (text: string) => void,
): Map<string, Profile> {
  const profiles = new Map<string, Profile>();
  const everybody = [...set.agents];
  for (const [index, [agent]] of everybody.entries()) {
    const [, files] = everybody[options.permuted === true ? (index + 1) % everybody.length : index];
    const tapes: Tape[] = [];
    for (const file of files) {
      try {
        tapes.push(readTape(file, options.enrolDistortion));
      } catch (error) {
        warn(asSamehandError(error, "recording-malformed").message);
      }
    }
    profiles.set(agent, enrolFrom(background, tapes));
    if (tapes.length === 0) warn(`${agent} has nothing to enrol from`);
  }
  return profiles;
}

/** Grows each agent's own trees, against the other agents where there is a farm. */
export function growAll(
  background: Background,
  profiles: ReadonlyMap<string, Profile>,
  farmed: boolean,
  tell: (message: PortionMessage) => void,
): void {
  const farm = new Farm(background, profiles);
  const grown = [...profiles].map(([agent, profile]) => {
    const trees =
      profile.actions === 0 ? profile.trees : (farmed ? farm.backgroundFor(agent) : background).growTrees(profile);
    tell({ done: 0 });
    return [profile, trees] as const;
  });
  for (const [profile, trees] of grown) profile.trees = trees;
}

function readProbe(set: RecordedSet, session: string, distortion: Distortion, warn: (text: string) => void): Tape {
  const file = probeOf(set, session);
  try {
    if (file !== null) return readTape(file, distortion);
    warn(`session ${session} has no recording in probe/`);
  } catch (error) {
    warn(asSamehandError(error, "recording-malformed").message);
  }
  return { name: session, start: millis(0), end: millis(0), seen: [] };
}

function runTrial(set: RecordedSet, index: number, tape: Tape, background: Background, profile: Profile): TrialResult {
  const trial = set.trials[index];
  const takeover = trial.takeoverMs ?? Number.POSITIVE_INFINITY;
  let [before, after, last, observationsBefore] = [0, 0, tape.start as number, 0];
  for (const { at } of tape.seen) {
    const gap = at - last;
    last = at;
    if (at < takeover) observationsBefore++;
    if (gap > longestPause) continue;
    if (at < takeover) before += gap;
    else after += gap;
  }
  return {
    index,
    start: tape.start,
    activeBefore: before,
    activeAfter: after,
    rows: scoreTape(tape, new Verifier(background, profile).withoutWindows()),
    verdicts: set.takeovers ? judgeTakeover(tape, background, profile, trial.takeoverMs) : [],
    observationsBefore,
  };
}

/** Whole trust filter and default policy, as a live gateway that knows the agent well would have them. */
export function judgeTakeover(
  tape: Tape,
  background: Background,
  profile: Profile,
  takeover: number | null,
): VerdictRow[] {
  const { keystrokes, actions } = profile;
  const decider = new Decider({
    ...agentTerms(defaultPolicy(), background.facts.peaks, profile.peaks),
    mode: "enforce",
    agent: { name: "", maturity: keystrokes + actions > 0 ? "mature" : "enrolling", keystrokes, actions },
  });
  return judgeTape(tape, new Verifier(background, profile), decider, takeover);
}

let policy: Policy | null = null;
/** The policy that a gateway follows where none is named; read once a thread. */
const defaultPolicy = (): Policy => (policy ??= loadPolicy(defaultPolicyFile));

/**
 * Runs all trials that a fold wants, each once, over the machine's cores.
 * @param tell progress and warnings, for people
 * @returns results in the order of the set's trials
 */
export async function runTrials(
  options: EvaluationOptions,
  folds: readonly Fold[],
  tell: (text: string) => void,
): Promise<TrialResult[]> {
  const set = openSet(options.directory);
  const results: TrialResult[] = [];
  for (const fold of folds) {
    const indices = set.trials.flatMap((trial, index) => (fold.wants(trial) ? [index] : []));
    const background = fold.background.encode();
    const warned = new Set<string>();
    let done = 0;
    const onMessage = (message: PortionMessage): void => {
      if ("warning" in message && !warned.has(message.warning)) {
        warned.add(message.warning);
        tell(`warning: ${message.warning}`);
      }
      if ("done" in message) {
        done += message.done;
        tell(`${set.name}: ${done} of ${indices.length} trials`);
      }
    };
    const portions = split(set, indices).map((part) => ({ options, background, indices: part }));
    for (const part of await Promise.all(portions.map((portion) => inWorker(portion, onMessage))))
      results.push(...part);
  }
  return results.sort((a, b) => a.index - b.index);
}

/** Shares trials out so that all claims to be one agent stay together. */
function split(set: RecordedSet, indices: readonly number[]): number[][] {
  const workers = Math.max(1, Math.min(availableParallelism(), 8));
  const parts: number[][] = Array.from({ length: workers }, () => []);
  const place = new Map<string, number>();
  for (const index of indices) {
    const { claimed } = set.trials[index];
    let part = place.get(claimed);
    if (part === undefined) {
      part = place.size % workers;
      place.set(claimed, part);
    }
    parts[part].push(index);
  }
  return parts.filter((part) => part.length > 0);
}

function inWorker(portion: Portion, onMessage: (message: PortionMessage) => void): Promise<readonly TrialResult[]> {
  const file = new URL(`./evaluation-worker${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
  return new Promise((resolve, reject) => {
    let results: readonly TrialResult[] | null = null;
    const worker = new Worker(file, { workerData: portion });
    worker.on("message", (message: PortionMessage) => {
      if ("results" in message) results = message.results;
      else onMessage(message);
    });
    worker.on("error", reject);
    worker.on("exit", (code) => {
      if (results === null) reject(new Error(`a worker ended with code ${code}`));
      else resolve(results);
    });
  });
}
