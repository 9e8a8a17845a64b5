/**
 * `npm run cost -- [FOLDER]`: what scoring costs, with recorded typists (pace) and hands (balabit) as one farm: CPU of a
 * keystroke, a window, a session's score, a pointer event, and the bytes of a profile. The folder is by default the
 * `shared/data` beside the checkout. The least of some rounds is what the work takes where nothing disturbs it.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import type { InputSink } from "../gateway/core/input.ts";
import { Inspector } from "../gateway/inspect/inspector.ts";
import { Signals } from "../gateway/inspect/signals.ts";
import { undistorted } from "../gateway/offline/distortion.ts";
import { enrolFrom } from "../gateway/offline/enrolled.ts";
import { openSet, probeOf, type RecordedSet } from "../gateway/offline/set.ts";
import { keystrokesOf, readTape } from "../gateway/offline/tape.ts";
import { Background } from "../models/background.ts";
import { Farm } from "../models/farm.ts";
import { Profile } from "../models/profile.ts";
import { Verifier } from "../models/verifier.ts";
import { inputOf, type Told, tellAll } from "./recorded.ts";
import { figure } from "./statistics.ts";

const rounds = 15;
/** Sessions of each kind that a round goes through, and the pointer events that are taken of one. */
const sessions = 20;
const mostEvents = 4000;

const data = resolve(process.argv[2] ?? join(import.meta.dirname, "../../shared/data"));
if (!existsSync(join(data, "pace")) || !existsSync(join(data, "balabit"))) {
  process.stderr.write(`${data} has no sets pace and balabit: give the folder that holds them\n`);
  process.exit(2);
}

const background = Background.load();
const [typists, hands] = [openSet(join(data, "pace")), openSet(join(data, "balabit"))];
const enrolledOf = (set: RecordedSet): Profile[] =>
  [...set.agents.values()].map((files) =>
    enrolFrom(
      background,
      files.map((file) => readTape(file, undistorted)),
    ),
  );

/** Each typist with a hand, the hands in turn: a farm in which everybody has both. */
function farmOf(): Map<string, Profile> {
  const pointing = enrolledOf(hands);
  for (const profile of pointing) profile.trees = background.growTrees(profile);
  const names = [...typists.agents.keys()];
  return new Map(
    enrolledOf(typists).map((profile, index) => {
      const hand = pointing[index % pointing.length];
      profile.anchor.pointer.merge(hand.anchor.pointer);
      profile.trees = hand.trees;
      return [names[index], profile];
    }),
  );
}

const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

interface Row {
  readonly what: string;
  readonly unit: string;
  readonly goal: string;
  readonly values: readonly number[];
}

/** @param work returns how many units it did @returns µs of CPU a unit, one value a round */
function timed(what: string, goal: string, prepare: () => () => number): Row {
  const values: number[] = [];
  // the first rounds are for the compiler
  for (let round = -3; round < rounds; round++) {
    const work = prepare();
    const before = cpu();
    const units = work();
    if (round >= 0) values.push((cpu() - before) / units);
  }
  return { what, unit: "µs", goal, values };
}

const profiles = farmOf();
const farm = new Farm(background, profiles);
const claims = typists.trials.filter(({ genuine }) => genuine).slice(0, sessions);
const typed = claims.map(({ session }) => keystrokesOf(readTape(probeOf(typists, session) ?? "", undistorted)));
const pointed: Told[][] = hands.trials
  .slice(0, sessions)
  .map(({ session }) => inputOf(probeOf(hands, session) ?? "").slice(0, mostEvents));

const verifierOf = (claimed: string): Verifier =>
  new Verifier(farm.backgroundFor(claimed), profiles.get(claimed) as Profile);
const usual = claims.map(({ claimed }) => verifierOf(claimed));
const again = (): Verifier[] => usual.map((verifier) => verifier.again(null));
/** What a verifier works out as it goes is part of what its first session costs. */
const anew = (): Verifier[] => claims.map(({ claimed }) => verifierOf(claimed));

const type =
  (windows: boolean, made = again): (() => () => number) =>
  () => {
    const verifiers = made();
    if (!windows) for (const verifier of verifiers) verifier.withoutWindows();
    return () => {
      verifiers.forEach((verifier, index) => typed[index].forEach((keystroke) => verifier.keystroke(keystroke)));
      return typed.reduce((sum, { length }) => sum + length, 0);
    };
  };
const point =
  (scored: boolean): (() => () => number) =>
  () => {
    const inspectors = usual.map(
      (verifier) => new Inspector({ verifier: scored ? verifier.again(null) : null, enrolment: null }),
    );
    return () => {
      pointed.forEach((events, index) => tellAll(inspectors[index], events));
      return pointed.reduce((sum, { length }) => sum + length, 0);
    };
  };
const { contexts } = background.keyboard.parameters;
const typedSigns = () => {
  const signals = typed.map(() => new Signals(contexts));
  return () => {
    signals.forEach((each, index) => typed[index].forEach((keystroke) => each.keystroke(keystroke, 1)));
    return typed.reduce((sum, { length }) => sum + length, 0);
  };
};
const pointedSigns = () => {
  const sinks = pointed.map(() => {
    const signals = new Signals(contexts);
    const pointer: InputSink["pointer"] = (at, x, y, mask) => void signals.pointer(at, x, y, mask);
    return { key() {}, pointer };
  });
  return () => {
    pointed.forEach((events, index) => tellAll(sinks[index], events));
    return pointed.reduce((sum, { length }) => sum + length, 0);
  };
};
const score = () => {
  const verifiers = again().map((verifier) => verifier.withoutWindows());
  verifiers.forEach((verifier, index) => typed[index].forEach((keystroke) => verifier.keystroke(keystroke)));
  return () => {
    for (const verifier of verifiers) verifier.sessionLlr();
    return verifiers.length;
  };
};
const start = () => () => anew().length;
const stored = [...profiles.values()].slice(0, sessions).map((profile) => profile.encode());
const read = () => () => stored.map((bytes) => Profile.decode(bytes, background)).length;

const [plain, whole] = [
  timed("a keystroke, no windows", "", type(false)),
  timed("a keystroke, all windows", "20", type(true)),
];
/** A window is scored every fifth keystroke. */
const windows = whole.values.map((value, round) => (value - plain.values[round]) * 5);
const sizes = (what: string, goal: string, bytes: (profile: Profile) => number): Row => ({
  what,
  unit: "KB",
  goal,
  values: [...profiles.values()].map((profile) => bytes(profile) / 1024),
});
const rows: readonly Row[] = [
  whole,
  plain,
  timed("a keystroke of a verifier's first session, all windows", "", type(true, anew)),
  { what: "a window's score, colleagues included", unit: "µs", goal: "200", values: windows },
  timed("the score of a session of 500 keys", "", score),
  timed("a pointer event, all windows", "20", point(true)),
  timed("a pointer event, not scored", "", point(false)),
  timed("the signals of a keystroke", "", typedSigns),
  timed("the signals of a pointer event", "", pointedSigns),
  timed("a verifier at a session's start", "", start),
  timed("reading a profile", "", read),
  sizes("a whole profile", "64", (profile) => profile.encode().length),
  sizes("its keyboard", "", ({ anchor }) => anchor.keyboard.encode().length),
  sizes("its pointer", "", ({ anchor }) => anchor.pointer.encode().length),
  sizes("its trees", "", ({ trees }) => trees.length),
];
process.stdout.write(
  `${profiles.size} agents, each with ${profiles.size - 1} colleagues; CPU of one thread, ${rounds} rounds\n\n` +
    "| what | goal | median | least | most |\n|---|---|---|---|---|\n",
);
for (const { what, unit, goal, values } of rows) {
  const { median } = figure(values);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const cells = [median, least, most].map((value) => value.toFixed(1));
  process.stdout.write(`| ${what}, ${unit} | ${goal} | ${cells.join(" | ")} |\n`);
}
