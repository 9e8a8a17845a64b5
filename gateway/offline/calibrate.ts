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
import { TrustFilter } from "../policy/trust.ts";
import { undistorted } from "./distortion.ts";
import { enrolFrom } from "./enrolled.ts";
import { growAll } from "./portion.ts";
import { openSet, probeOf, type RecordedSet } from "./set.ts";
import { readTape, type Tape } from "./tape.ts";

/** One modality's evidence of one session, against active time. */
export interface Track {
  readonly person: string;
  readonly modality: Modality;
  /** Active ms, LLR, alternating. */
  readonly evidence: readonly number[];
  readonly length: number;
}

const shortestTrack = 60_000;
/** People of a set who are followed with one background; more would only take longer. */
const mostPeople = 30;
/** Sessions of each. */
const mostSessions = 4;
/** Peaks kept, evenly among all by size. */
const mostPeaks = 800;
/** Hands that each typist's session is paired with. */
const hands = 30;

/** Whom to follow with a background: people whom it did not learn from. */
export interface Followed {
  /** False for people who must not be seen at all; the others make up the farm. */
  readonly known: (set: string, person: string) => boolean;
  readonly followed: (set: string, person: string, modality: Modality) => boolean;
}

/** Sessions of people kept apart, followed window by window. */
export function tracks(directories: readonly string[], background: Background, whom: Followed): Track[] {
  return directories.flatMap((directory) => {
    const set = openSet(directory);
    return set.takeovers ? [] : follow(set, background, whom);
  });
}

/** @returns the highest suspicion of each session of about four minutes, ascending */
export function genuinePeaks(genuine: readonly Track[], seed: number): number[] {
  const peaks = pairUp(genuine, seeded(seed)).sort((a, b) => a - b);
  const every = Math.max(1, peaks.length / mostPeaks);
  const kept = Math.min(peaks.length, mostPeaks);
  return Array.from({ length: kept }, (_, index) => peaks[Math.floor((index + 0.5) * every)]);
}

function follow(set: RecordedSet, background: Background, { known, followed }: Followed): Track[] {
  const wanted = ([agent]: readonly [string, unknown]): boolean =>
    followed(set.name, agent, "keyboard") || followed(set.name, agent, "pointer");
  const all = [...set.agents].filter(([agent]) => known(set.name, agent));
  const tested = all.filter(wanted).slice(0, mostPeople);
  const people = tested.length === 0 ? [] : [...tested, ...all.filter((each) => !wanted(each))].slice(0, mostPeople);
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
  return tested.flatMap(([agent]) => {
    const own = farm.backgroundFor(agent);
    const profile = profiles.get(agent) as Profile;
    const sessions = set.trials.filter((trial) => trial.genuine && trial.claimed === agent).slice(0, mostSessions);
    return sessions
      .map(({ session }) => probeOf(set, session))
      .filter((file) => file !== null)
      .flatMap((file) =>
        tracksOf(`${set.name}/${agent}`, readTape(file, undistorted), new Verifier(own, profile)).filter(
          ({ modality }) => followed(set.name, agent, modality),
        ),
      );
  });
}

/** Mixed work: so many keystrokes and pointer actions in an active minute, whatever the sets' own pace. */
const perMinute: Readonly<Record<Modality, number>> = { keyboard: 120, pointer: 17 };

function tracksOf(person: string, tape: Tape, verifier: Verifier): Track[] {
  const found: Record<Modality, number[]> = { keyboard: [], pointer: [] };
  const spent: Record<Modality, number> = { keyboard: 0, pointer: 0 };
  for (const seen of tape.seen) {
    spent[seen.keystroke === undefined ? "pointer" : "keyboard"]++;
    const evidence = seen.keystroke === undefined ? verifier.action(seen.action) : verifier.keystroke(seen.keystroke);
    if (evidence === null) continue;
    const { modality, llr } = evidence;
    found[modality].push((spent[modality] * 60_000) / perMinute[modality], llr);
  }
  return (["keyboard", "pointer"] as const)
    .map((modality) => ({
      person,
      modality,
      evidence: found[modality],
      length: (spent[modality] * 60_000) / perMinute[modality],
    }))
    .filter(({ length }) => length >= shortestTrack);
}

function pairUp(genuine: readonly Track[], random: () => number): number[] {
  const sessions = genuine.filter((track) => track.modality === "keyboard");
  const typists = [...sessions, ...joined(sessions)];
  const pointing = genuine.filter((track) => track.modality === "pointer");
  const peaks: number[] = [];
  const pick = (tracks: readonly Track[]): Track | undefined => tracks[Math.floor(random() * tracks.length)];
  for (const typist of typists)
    for (let hand = 0; hand < hands; hand++) {
      const points = pick(pointing);
      walk(typist, points, random, peaks);
      if (points === undefined) break;
    }
  return peaks;
}

/** Halves of each person's sessions one behind the other: a hand that is itself, and yet changes in mid-session. */
function joined(sessions: readonly Track[]): Track[] {
  const last = new Map<string, Track>();
  const found: Track[] = [];
  for (const track of sessions) {
    const before = last.get(track.person);
    if (before !== undefined) found.push(behind(half(before), half(track)));
    last.set(track.person, track);
  }
  return found;
}

function half(track: Track): Track {
  const length = track.length / 2;
  const kept = track.evidence.findIndex((value, index) => index % 2 === 0 && value > length);
  return { ...track, evidence: kept < 0 ? track.evidence : track.evidence.slice(0, kept), length };
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
    const lasts = points.length;
    for (let from = -random() * lasts; from < typist.length; from += lasts)
      for (let index = 0; index < points.evidence.length; index += 2) {
        const at = from + points.evidence[index];
        if (at >= 0 && at <= typist.length) merged.push([at, "pointer", points.evidence[index + 1]]);
      }
  }
  merged.sort((a, b) => a[0] - b[0]);
  // One peak a session: after a first alarm and a passed challenge the filter knows which modality had changed.
  let highest = Number.NEGATIVE_INFINITY;
  for (const [at, modality, llr] of merged) {
    filter.observe(millis(at), modality, llr);
    highest = Math.max(highest, filter.suspicion);
  }
  if (Number.isFinite(highest)) peaks.push(highest);
}
