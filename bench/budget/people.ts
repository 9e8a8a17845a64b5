/** Recorded people by modality, in farms: who types and who points, what they enrol from, and their later sessions. */
import { enrolFrom } from "../../gateway/offline/enrolled.ts";
import { undistorted } from "../../gateway/offline/distortion.ts";
import { growAll } from "../../gateway/offline/portion.ts";
import { names, openSet, probeOf } from "../../gateway/offline/set.ts";
import { readTape, type Seen, type Tape } from "../../gateway/offline/tape.ts";
import type { Background } from "../../models/background.ts";
import { Farm } from "../../models/farm.ts";
import type { Profile } from "../../models/profile.ts";

export type Part = "keyboard" | "pointer";

/** One person's one modality. */
export interface Person {
  /** `set/person`. */
  readonly id: string;
  readonly enrol: readonly Tape[];
  /** Later sessions, the observations of this modality only. */
  readonly sessions: readonly (readonly Seen[])[];
}

/** People who are verified against one another. */
export interface Colleagues {
  readonly people: readonly Person[];
  /** The background that verifies one of them, as a live farm has it. */
  readonly backgroundOf: (id: string) => Background;
  readonly profileOf: (id: string) => Profile;
}

/** Fewer observations than this make no session. */
const fewest: Readonly<Record<Part, number>> = { keyboard: 100, pointer: 30 };
/** Sessions of one person that are used, spread over all of them. */
const mostSessions = 12;

/** Reads one modality of a set. @param wanted patterns such as `pace/p00*`; empty: everybody */
export function readPeople(directory: string, part: Part, wanted: readonly string[], most: number): Person[] {
  const set = openSet(directory);
  const people: Person[] = [];
  for (const [agent, files] of set.agents) {
    const id = `${set.name}/${agent}`;
    if (people.length >= most) break;
    if (wanted.length > 0 && !wanted.some((pattern) => names(pattern, id))) continue;
    const genuine = set.trials.filter((trial) => trial.genuine && trial.claimed === agent);
    const sessions = spread(
      genuine
        .map(({ session }) => probeOf(set, session))
        .filter((file) => file !== null)
        .map((file) => readTape(file, undistorted).seen.filter((seen) => partOf(seen) === part))
        .filter((session) => session.length >= fewest[part]),
    );
    const enrol = files.map((file) => readTape(file, undistorted));
    if (sessions.length > 0) people.push({ id, enrol, sessions });
  }
  return people;
}

const partOf = (seen: Seen): Part => (seen.keystroke === undefined ? "pointer" : "keyboard");

function spread<Of>(all: readonly Of[]): Of[] {
  const every = Math.max(1, all.length / mostSessions);
  return Array.from({ length: Math.min(all.length, mostSessions) }, (_, index) => all[Math.floor(index * every)]);
}

/** Parts people into farms of about a size, every so-manieth into the same. */
export function farmsOf(background: Background, people: readonly Person[], size: number): Colleagues[] {
  const count = Math.max(1, Math.round(people.length / size));
  return Array.from({ length: count }, (_, farm) =>
    farmOf(
      background,
      people.filter((_, index) => index % count === farm),
    ),
  );
}

function farmOf(background: Background, people: readonly Person[]): Colleagues {
  const profiles = new Map(people.map(({ id, enrol }) => [id, enrolFrom(background, enrol)]));
  growAll(background, profiles, true, () => {});
  const farm = new Farm(background, profiles);
  return { people, backgroundOf: (id) => farm.backgroundFor(id), profileOf: (id) => profiles.get(id)! };
}
