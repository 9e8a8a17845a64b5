/** A set of recordings on disk: who enrols from what, and which session claims to be whom. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { SamehandError } from "../core/errors.ts";
import { parseCsv } from "./csv.ts";
import { isRecording } from "./files.ts";

/** One claim to be decided. */
export interface Trial {
  readonly session: string;
  readonly claimed: string;
  readonly genuine: boolean;
  /** For sets with takeovers: when somebody else takes over, ms of the recording; null: never. */
  readonly takeoverMs: number | null;
  /** Who takes over, where known. */
  readonly impostor: string | null;
  /** Of the set's table, from 1. */
  readonly line: number;
}

export interface RecordedSet {
  readonly name: string;
  readonly directory: string;
  /** Each agent's recordings to enrol from, in order of name. */
  readonly agents: ReadonlyMap<string, readonly string[]>;
  readonly trials: readonly Trial[];
  /** Whether the sessions may be taken over half way. */
  readonly takeovers: boolean;
  /** The file of the trials, for errors. */
  readonly table: string;
}

/** Which of a set's claims to look at. */
export interface Choice {
  /** Only claims to be these people, by sessions of these people as far as it is known whose they are; empty: all. */
  readonly only: readonly string[];
  /** Each such session against each of those people, whatever the table of trials says. */
  readonly everybody: boolean;
}

/** Whether a pattern such as `pace/p00` or `mauth/*` names a person; `*` at the end stands for any rest. */
export const names = (pattern: string, person: string): boolean =>
  pattern.endsWith("*") ? person.startsWith(pattern.slice(0, -1)) : person === pattern;

/** The same set with only the trials that are chosen. */
export function chosen(set: RecordedSet, { only, everybody }: Choice): RecordedSet {
  const wanted = (person: string): boolean => only.length === 0 || only.some((pattern) => names(pattern, person));
  const own = set.trials.filter(({ genuine }) => genuine);
  const owners = ownersOf(set);
  const isWanted = ({ session, claimed }: Trial): boolean => wanted(claimed) && wanted(owners.get(session) ?? claimed);
  if (!everybody || set.takeovers) return { ...set, trials: set.trials.filter(isWanted) };
  const people = [...set.agents.keys()].filter(wanted);
  const sessions = new Map(own.map((trial) => [trial.session, trial]));
  const trials = [...sessions.values()].flatMap((trial) =>
    wanted(trial.claimed)
      ? people.map((claimed): Trial => ({ ...trial, claimed, genuine: claimed === trial.claimed }))
      : [],
  );
  return { ...set, trials };
}

/** Whose each session is, of those that somebody rightly claims. */
export const ownersOf = ({ trials }: RecordedSet): Map<string, string> =>
  new Map(trials.filter(({ genuine }) => genuine).map(({ session, claimed }) => [session, claimed]));

/** @throws SamehandError `set-malformed` where it is not a set, saying what is missing in which file and line */
export function openSet(directory: string): RecordedSet {
  const enrol = join(directory, "enrol");
  if (!existsSync(enrol))
    throw new SamehandError("set-malformed", `${directory} has no folder enrol/${setsBelow(directory)}`);
  const agents = new Map<string, readonly string[]>();
  for (const agent of readdirSync(enrol).sort()) {
    const folder = join(enrol, agent);
    if (!statSync(folder).isDirectory()) continue;
    agents.set(
      agent,
      readdirSync(folder)
        .filter(isRecording)
        .sort()
        .map((name) => join(folder, name)),
    );
  }
  if (agents.size === 0) throw new SamehandError("set-malformed", `${enrol} has no folder of an agent's recordings`);
  const takeovers = existsSync(join(directory, "takeovers.csv"));
  const table = join(directory, takeovers ? "takeovers.csv" : "trials.csv");
  const trials = takeovers ? takeoverTrials(table) : plainTrials(table);
  return { name: basename(resolve(directory)), directory, agents, trials, takeovers, table };
}

/** Where a folder of sets was named instead of one of them: which there are. */
function setsBelow(directory: string): string {
  if (!existsSync(directory)) return ": it does not exist";
  if (!statSync(directory).isDirectory()) return ": it is a file";
  const sets = readdirSync(directory).filter((name) => existsSync(join(directory, name, "enrol")));
  return sets.length === 0 ? "" : `, but these in it do: ${sets.join(", ")}`;
}

/** A recording's name from the set's own on: the same wherever the set lies and whoever asks from where. */
export const nameIn = ({ name, directory }: RecordedSet, file: string): string => join(name, relative(directory, file));

/** The file of a probe session, or null where there is none. */
export function probeOf(set: RecordedSet, session: string): string | null {
  // A session's name comes from a file: it must not lead out of the set.
  if (basename(session) !== session) return null;
  for (const suffix of [".guac.gz", ".guac"]) {
    const file = join(set.directory, "probe", session + suffix);
    if (existsSync(file)) return file;
  }
  return null;
}

function plainTrials(file: string): Trial[] {
  if (!existsSync(file)) throw new SamehandError("set-malformed", `${file} is missing`);
  return parseCsv(readFileSync(file, "utf8"), ["session", "claimed", "genuine"], file).map((row) => {
    const { session, claimed, genuine, line } = row;
    if (genuine !== "0" && genuine !== "1")
      throw new SamehandError("set-malformed", `${file}:${line} genuine is neither 0 nor 1`);
    return { session, claimed, genuine: genuine === "1", takeoverMs: null, impostor: null, line };
  });
}

function takeoverTrials(file: string): Trial[] {
  const columns = ["session", "claimed", "takeover_ms", "impostor"] as const;
  return parseCsv(readFileSync(file, "utf8"), columns, file).map((row) => {
    const { session, claimed, impostor, line } = row;
    const takeoverMs = row.takeover_ms === "" ? null : Number(row.takeover_ms);
    if (takeoverMs !== null && !(takeoverMs >= 0 && Number.isFinite(takeoverMs)))
      throw new SamehandError("set-malformed", `${file}:${line} takeover_ms is not a number of milliseconds`);
    return {
      session,
      claimed,
      genuine: takeoverMs === null,
      takeoverMs,
      impostor: impostor === "" ? null : impostor,
      line,
    };
  });
}
