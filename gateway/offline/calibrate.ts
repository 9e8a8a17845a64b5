/**
 * How high suspicion rises for people who are not in the background's training: from this the thresholds are
 * derived. Few sets have both keyboard and pointer of the same people, so typists are paired with hands at random.
 */
import { type Background } from "../../models/background.ts";
import { Farm } from "../../models/farm.ts";
import { seeded } from "../../models/metrics.ts";
import { type Profile } from "../../models/profile.ts";
import { Verifier } from "../../models/verifier.ts";
import type { Modality } from "../core/input.ts";
import { millis } from "../core/units.ts";
import { peakMinutes } from "../policy/thresholds.ts";
import { TrustFilter } from "../policy/trust.ts";
import { undistorted } from "./distortion.ts";
import { enrolFrom } from "./enrolled.ts";
import { growAll } from "./evaluation.ts";
import { openSet, probeOf } from "./set.ts";
import { readTape, type Tape } from "./tape.ts";

/** One modality's evidence of one session, against active time. */
interface Track {
  readonly person: string;
  readonly modality: Modality;
  /** Active ms, LLR, alternating. */
  readonly evidence: readonly number[];
  readonly length: number;
}

/** Gaps count as this at most, ms: pauses are not active time. */
const longestGap = 2000;
const shortestTrack = 60_000;
/** People of a set who calibrate; more would only take longer. */
const mostPeople = 60;
/** Hands that each typist's session is paired with. */
const hands = 12;
/** One pair in so many has somebody else's hand from the start: as a new mouse would look. */
const strangerEvery = 60;

/** @param people false for people to pass over @returns the highest suspicion of each stretch, ascending */
export function genuinePeaks(
  directories: readonly string[],
  background: Background,
  wanted: (set: string, person: string) => boolean,
  seed: number,
): number[] {
  const genuine: Track[] = [];
  const strangers: Track[] = [];
  for (const directory of directories) follow(directory, background, wanted, genuine, strangers);
  return pairUp(genuine, strangers, seeded(seed)).sort((a, b) => a - b);
}

function follow(
  directory: string,
  background: Background,
  wanted: (set: string, person: string) => boolean,
  genuine: Track[],
  strangers: Track[],
): void {
  const set = openSet(directory);
  if (set.takeovers) return;
  const people = [...set.agents].filter(([agent]) => wanted(set.name, agent)).slice(0, mostPeople);
  const profiles = new Map<string, Profile>(
    people.map(([agent, files]) => [
      agent,
      enrolFrom(
        background,
        files.map((file) => readTape(file, undistorted)),
      ),
    ]),
  );
  growAll(background, profiles, true, () => {});
  const farm = new Farm(background, profiles);
  let before: Tape | null = null;
  for (const [agent, profile] of profiles) {
    const own = farm.backgroundFor(agent);
    const sessions = set.trials.filter((trial) => trial.genuine && trial.claimed === agent).slice(0, 4);
    for (const { session } of sessions) {
      const file = probeOf(set, session);
      if (file === null) continue;
      const tape = readTape(file, undistorted);
      genuine.push(...tracksOf(`${set.name}/${agent}`, tape, new Verifier(own, profile)));
      if (before !== null) strangers.push(...tracksOf(`${set.name}/${agent}`, before, new Verifier(own, profile)));
      before = tape;
    }
  }
}

function tracksOf(person: string, tape: Tape, verifier: Verifier): Track[] {
  const found: Record<Modality, number[]> = { keyboard: [], pointer: [] };
  let [active, last] = [0, tape.start as number];
  for (const seen of tape.seen) {
    active += Math.min(seen.at - last, longestGap);
    last = seen.at;
    const evidence = seen.keystroke === undefined ? verifier.action(seen.action) : verifier.keystroke(seen.keystroke);
    if (evidence !== null) found[evidence.modality].push(active, evidence.llr);
  }
  return (["keyboard", "pointer"] as const)
    .filter((modality) => found[modality].length > 0 && active >= shortestTrack)
    .map((modality) => ({ person, modality, evidence: found[modality], length: active }));
}

/** Share of active time in which a hand points while its owner also types (17 actions a minute of about 24). */
const pointerPace = 1.4;

function pairUp(genuine: readonly Track[], strangers: readonly Track[], random: () => number): number[] {
  const sessions = genuine.filter((track) => track.modality === "keyboard");
  const typists = [...sessions, ...joined(sessions)];
  const pointing = genuine.filter((track) => track.modality === "pointer");
  const others = strangers.filter((track) => track.modality === "pointer");
  const peaks: number[] = [];
  const pick = (tracks: readonly Track[]): Track | undefined => tracks[Math.floor(random() * tracks.length)];
  let pairs = 0;
  for (const typist of typists)
    for (let hand = 0; hand < hands; hand++) {
      const strange = ++pairs % strangerEvery === 0 && others.length > 0;
      const points = pick(strange ? others : pointing);
      walk(typist, points, random, peaks);
      if (points === undefined) break;
    }
  return peaks;
}

/** Each person's sessions one behind the other: a hand that is itself, and yet changes in mid-session. */
function joined(sessions: readonly Track[]): Track[] {
  const people = new Map<string, Track>();
  const several = new Set<string>();
  for (const track of sessions) {
    const before = people.get(track.person);
    if (before !== undefined) several.add(track.person);
    people.set(track.person, before === undefined ? track : behind(before, track));
  }
  return [...several].flatMap((person) => people.get(person) ?? []);
}

function behind(first: Track, second: Track): Track {
  const moved = second.evidence.map((value, index) => (index % 2 === 0 ? value + first.length : value));
  return { ...first, evidence: [...first.evidence, ...moved], length: first.length + second.length };
}

function walk(typist: Track, points: Track | undefined, random: () => number, peaks: number[]): void {
  const filter = new TrustFilter();
  const merged: [number, Modality, number][] = [];
  for (let index = 0; index < typist.evidence.length; index += 2)
    merged.push([typist.evidence[index], "keyboard", typist.evidence[index + 1]]);
  if (points !== undefined) {
    // A shorter hand starts over, so that it points as long as its owner types.
    const lasts = points.length * pointerPace;
    for (let from = -random() * lasts; from < typist.length; from += lasts)
      for (let index = 0; index < points.evidence.length; index += 2) {
        const at = from + points.evidence[index] * pointerPace;
        if (at >= 0 && at <= typist.length) merged.push([at, "pointer", points.evidence[index + 1]]);
      }
  }
  merged.sort((a, b) => a[0] - b[0]);
  const stretch = peakMinutes * 60_000;
  let [highest, until] = [Number.NEGATIVE_INFINITY, stretch];
  for (const [at, modality, llr] of merged) {
    if (at > until) {
      peaks.push(highest);
      highest = Number.NEGATIVE_INFINITY;
      until += stretch;
    }
    filter.observe(millis(at), modality, llr);
    highest = Math.max(highest, filter.suspicion);
  }
  // What is left of a stretch counts when it is most of one.
  if (until - typist.length < stretch / 3 && Number.isFinite(highest)) peaks.push(highest);
}
