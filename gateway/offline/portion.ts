/** A portion of an evaluation, as one thread does it: enrols agents, grows their trees, or scores claims. */
import { join } from "node:path";
import { Background } from "../../models/background.ts";
import type { Reading } from "../../models/keyboard/reading.ts";
import { Farm } from "../../models/farm.ts";
import { Profile } from "../../models/profile.ts";
import { Verifier } from "../../models/verifier.ts";
import { asSamehandError } from "../core/errors.ts";
import { millis } from "../core/units.ts";
import { Decider } from "../policy/decider.ts";
import { agentTerms } from "../policy/agent-terms.ts";
import { defaultPolicyFile, loadPolicy } from "../policy/policy-file.ts";
import type { Distortion } from "./distortion.ts";
import { enrolFrom } from "./enrolled.ts";
import type { Policy } from "../policy/rules.ts";
import { type Choice, chosen, nameIn, type RecordedSet, openSet, probeOf } from "./set.ts";
import { keystrokesOf, readTape, type Tape } from "./tape.ts";
import { judgeTape, momentOf, type ScoreRow, scoreTape, type VerdictRow } from "./trial.ts";

export interface EvaluationOptions extends Choice {
  readonly directory: string;
  readonly enrolDistortion: Distortion;
  readonly probeDistortion: Distortion;
  /** Whether the reference populations are those of the set's other agents, as in a live farm. */
  readonly farm: boolean;
  /** Control: every agent is enrolled from another one's recordings, so that no claim is true. */
  readonly permuted?: boolean;
}

export interface TrialResult {
  /** Its place in the set's list of trials. */
  readonly index: number;
  readonly start: number;
  /** When somebody else takes over, on the recording's clock, ms; null: never. */
  readonly takeoverMs: number | null;
  /** Time with input, ms: pauses of over ten seconds do not count. Up to the takeover, and after it. */
  readonly activeBefore: number;
  readonly activeAfter: number;
  readonly rows: readonly ScoreRow[];
  readonly verdicts: readonly VerdictRow[];
  /** Observations before the takeover. */
  readonly observationsBefore: number;
}

/** What a worker thread is given: agents to enrol, or to grow trees of, or claims to score. */
export type Portion = {
  readonly options: EvaluationOptions;
  readonly background: Uint8Array;
} & (
  | { readonly task: "enrol"; readonly agents: readonly string[] }
  | { readonly task: "grow"; readonly agents: readonly string[]; readonly profiles: EncodedProfiles }
  | { readonly task: "score"; readonly indices: readonly number[]; readonly profiles: EncodedProfiles }
);

export type EncodedProfiles = ReadonlyMap<string, Uint8Array>;

export type PortionMessage =
  | { readonly done: number }
  | { readonly warning: string }
  | { readonly profiles: EncodedProfiles }
  | { readonly results: readonly TrialResult[] };

const longestPause = 10_000;

/** A session to be verified, read once for all who are claimed. */
interface Probe {
  readonly tape: Tape;
  readonly reading: Reading | null;
}

/** Does a portion of the work in this thread. The last message that it tells is the outcome. */
export function runPortion(portion: Portion, tell: (message: PortionMessage) => void): void {
  const set = chosen(openSet(portion.options.directory), portion.options);
  const background = Background.decode(portion.background);
  if (portion.task === "score") {
    tell({ results: score(set, background, portion, tell) });
    return;
  }
  let profiles: ReadonlyMap<string, Profile>;
  if (portion.task === "enrol") profiles = enrolSome(set, background, portion, tell);
  else {
    profiles = decoded(portion.profiles, background);
    growAll(background, profiles, portion.options.farm, () => tell({ done: 1 }), portion.agents);
  }
  tell({ profiles: new Map(portion.agents.map((agent) => [agent, (profiles.get(agent) as Profile).encode()])) });
}

const decoded = (profiles: EncodedProfiles, background: Background): Map<string, Profile> =>
  new Map([...profiles].map(([agent, bytes]) => [agent, Profile.decode(bytes, background)]));

function score(
  set: RecordedSet,
  background: Background,
  { options, indices, profiles: encoded }: Extract<Portion, { task: "score" }>,
  tell: (message: PortionMessage) => void,
): TrialResult[] {
  const warn = (warning: string): void => tell({ warning });
  const profiles = decoded(encoded, background);
  const farm = new Farm(background, profiles);
  const byAgent = new Map<string, number[]>();
  for (const index of indices) {
    const claimed = set.trials[index].claimed;
    const list = byAgent.get(claimed) ?? [];
    list.push(index);
    byAgent.set(claimed, list);
  }
  const probes = new Map<string, Probe>();
  const probeOfSession = (session: string): Probe => {
    let probe = probes.get(session);
    if (probe === undefined) {
      const tape = readProbe(set, session, options.probeDistortion, warn);
      probe = { tape, reading: background.keyboard.reading(keystrokesOf(tape)) };
      probes.set(session, probe);
    }
    return probe;
  };
  const results: TrialResult[] = [];
  for (const [agent, claims] of byAgent) {
    let profile = profiles.get(agent);
    if (profile === undefined) {
      const { line } = set.trials[claims[0]];
      warn(`${set.table}:${line} claims "${agent}", who has no folder in enrol/: scored as nobody known`);
      profile = enrolFrom(background, []);
    }
    const own = options.farm ? farm.backgroundFor(agent) : background;
    const verifier = new Verifier(own, profile);
    for (const index of claims) {
      const { tape, reading } = probeOfSession(set.trials[index].session);
      const { takeoverMs, line } = set.trials[index];
      const takeover = takeoverMs === null ? null : momentOf(takeoverMs, tape);
      if (tape.seen.length > 0 && takeover !== null && takeover > tape.end)
        warn(`${set.table}:${line} takeover_ms is after the last input of the session`);
      results.push(runTrial(set, index, tape, takeover, verifier.again(reading), own, profile));
    }
    tell({ done: claims.length });
  }
  return results;
}

function enrolSome(
  set: RecordedSet,
  background: Background,
  { options, agents }: Extract<Portion, { task: "enrol" }>,
  tell: (message: PortionMessage) => void,
): Map<string, Profile> {
  const warn = (warning: string): void => tell({ warning });
  const names = [...set.agents.keys()];
  return new Map(
    agents.map((agent) => {
      const index = names.indexOf(agent) + (options.permuted === true ? 1 : 0);
      const tapes: Tape[] = [];
      for (const file of set.agents.get(names[index % names.length]) ?? []) {
        try {
          tapes.push(readWhole(set, file, options.enrolDistortion, warn));
        } catch (error) {
          warn(asSamehandError(error, "recording-malformed").message);
        }
      }
      if (!tapes.some(({ seen }) => seen.length > 0))
        warn(`${join(set.directory, "enrol", agent)} has nothing to enrol from`);
      tell({ done: 1 });
      return [agent, enrolFrom(background, tapes)] as const;
    }),
  );
}

/**
 * Grows agents' own trees, against the other agents where there is a farm.
 * @param agents whose trees to grow; by default everybody's
 */
export function growAll(
  background: Background,
  profiles: ReadonlyMap<string, Profile>,
  farmed: boolean,
  tell: () => void,
  agents: Iterable<string> = profiles.keys(),
): void {
  const farm = new Farm(background, profiles);
  const grown = [...agents].map((agent) => {
    const profile = profiles.get(agent) as Profile;
    const own = farmed ? farm.backgroundFor(agent) : background;
    const trees = profile.actions === 0 ? profile.trees : own.growTrees(profile);
    tell();
    return [profile, trees, own.pointer.others] as const;
  });
  for (const [profile, trees, others] of grown) profile.grown(trees, others);
}

function readProbe(set: RecordedSet, session: string, distortion: Distortion, warn: (text: string) => void): Tape {
  const file = probeOf(set, session);
  try {
    if (file !== null) return readWhole(set, file, distortion, warn);
    const first = set.trials.find((trial) => trial.session === session);
    warn(`${set.table}:${first?.line} session "${session}" has no recording in probe/`);
  } catch (error) {
    warn(asSamehandError(error, "recording-malformed").message);
  }
  return { name: session, start: millis(0), end: millis(0), seen: [] };
}

/** A recording as far as it can be read; warns where that is not all, and where it holds nothing. */
function readWhole(set: RecordedSet, file: string, distortion: Distortion, warn: (text: string) => void): Tape {
  let told = false;
  const tape = readTape(file, distortion, nameIn(set, file), (what) => {
    told = true;
    warn(what);
  });
  if (tape.seen.length === 0 && !told) warn(`${file} holds no keystroke and no pointing`);
  return tape;
}

function runTrial(
  set: RecordedSet,
  index: number,
  tape: Tape,
  takeoverMs: number | null,
  verifier: Verifier,
  background: Background,
  profile: Profile,
): TrialResult {
  const takeover = takeoverMs ?? Number.POSITIVE_INFINITY;
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
    takeoverMs,
    activeBefore: before,
    activeAfter: after,
    rows: scoreTape(tape, verifier.withoutWindows()),
    verdicts: set.takeovers ? judgeTakeover(tape, background, profile, takeoverMs) : [],
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
