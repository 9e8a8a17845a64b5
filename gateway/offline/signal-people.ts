/** How often people are taken for scripts, and how near they come to it: recorded people through the live signals. */
import type { Contexts } from "../../models/keyboard/contexts.ts";
import type { InputSink } from "../core/input.ts";
import { type SignalName, signalNames } from "../core/signal.ts";
import { type Millis, millis } from "../core/units.ts";
import { Inspector } from "../inspect/inspector.ts";
import { ScriptedPointing } from "../inspect/scripted-pointing.ts";
import { ScriptedTyping } from "../inspect/scripted-typing.ts";
import { Signals } from "../inspect/signals.ts";
import { RecordingReader } from "../protocol/guacamole/recording.ts";
import { DistortedSink, type Distortion, isClean } from "./distortion.ts";
import { onDvorak } from "./other-layout.ts";
import { ownersOf, probeOf, type RecordedSet } from "./set.ts";
import { bytesOf } from "./tape.ts";

/** Longer without input is no active time, ms; and what lies between two recordings of a person. */
const longestPause = 10_000;
const betweenRecordings = 60_000;

/** So many keystrokes apart it is looked how near they come: as seldom as the signal itself looks. */
const nearnessEvery = 16;

/** How people's input is seen: through which link, and on which layout. */
export interface Seeing {
  readonly distortion: Distortion;
  readonly dvorak: boolean;
}

/** What some people did, and what it was taken for. */
export interface PeopleOutcome {
  readonly set: string;
  readonly half: 1 | 2;
  people: number;
  keystrokes: number;
  actions: number;
  /** ms. */
  active: number;
  /** Signals that began. */
  readonly signals: Record<SignalName, number>;
  /** The nearest that anybody came: as `nearness` of the two detectors. */
  readonly nearest: { rush: number; pace: number; dependence: number; even: number; straight: number; back: number };
}

/** Every person's recordings, in order; of sessions whose owner is not known each is a person. */
export function peopleOf(set: RecordedSet): Map<string, string[]> {
  const people = new Map([...set.agents].map(([name, files]) => [name, [...files]]));
  const owners = ownersOf(set);
  for (const session of new Set(set.trials.map((trial) => trial.session))) {
    const file = probeOf(set, session);
    if (file === null) continue;
    const owner = owners.get(session) ?? session;
    people.set(owner, [...(people.get(owner) ?? []), file]);
  }
  return people;
}

/** One person's recordings as one session: each goes on where the one before ended. */
export function hearAll(files: readonly string[], distortion: Distortion, sink: InputSink, paused: () => void): void {
  let end = 0;
  for (const file of files) {
    let offset = Number.NaN;
    const shifted = (at: Millis): Millis => {
      if (Number.isNaN(offset)) offset = end === 0 ? 0 : end + betweenRecordings - at;
      end = Math.max(end, at + offset);
      return millis(at + offset);
    };
    const onward: InputSink = {
      key: (at, symbol, pressed) => sink.key(shifted(at), symbol, pressed),
      pointer: (at, x, y, mask) => sink.pointer(shifted(at), x, y, mask),
    };
    const reader = new RecordingReader(
      file,
      isClean(distortion) ? onward : new DistortedSink(onward, distortion, file),
    );
    paused();
    reader.read(bytesOf(file, null));
    reader.end();
  }
}

/** The people of one half of a set, by turns: limits are chosen on the first, and told of the second. */
export function measurePeople(set: RecordedSet, half: 1 | 2, contexts: Contexts, seen: Seeing): PeopleOutcome {
  const outcome: PeopleOutcome = {
    set: set.name,
    half,
    people: 0,
    keystrokes: 0,
    actions: 0,
    active: 0,
    signals: { "scripted-typing": 0, "scripted-pointing": 0 },
    nearest: {
      rush: Number.POSITIVE_INFINITY,
      pace: Number.POSITIVE_INFINITY,
      dependence: Number.POSITIVE_INFINITY,
      even: 0,
      straight: 0,
      back: 0,
    },
  };
  [...peopleOf(set).values()]
    .filter((_, index) => index % 2 === half - 1)
    .forEach((files) => {
      outcome.people++;
      measure(files, contexts, seen, outcome);
    });
  return outcome;
}

function measure(files: readonly string[], contexts: Contexts, seen: Seeing, outcome: PeopleOutcome): void {
  const { nearest } = outcome;
  const typing = new ScriptedTyping(contexts);
  const pointing = new ScriptedPointing();
  const signals = new Signals(contexts);
  let standing: readonly SignalName[] = [];
  let last = Number.NEGATIVE_INFINITY;
  const inspector = new Inspector({
    verifier: null,
    enrolment: null,
    signals,
    onSignal() {
      const now = signals.standing.map(({ name }) => name);
      for (const name of signalNames) if (now.includes(name) && !standing.includes(name)) outcome.signals[name]++;
      standing = now;
    },
    onKeystroke(keystroke) {
      typing.keystroke(keystroke, true);
      if (inspector.keystrokes % nearnessEvery !== 0) return;
      const near = typing.nearness();
      for (const sign of ["rush", "pace", "dependence"] as const) nearest[sign] = Math.min(nearest[sign], near[sign]);
    },
  });
  const passed = (at: Millis): void => {
    if (at - last < longestPause) outcome.active += at - last;
    last = at;
  };
  const sink: InputSink = {
    key(at, symbol, pressed) {
      passed(at);
      inspector.key(at, symbol, pressed);
    },
    pointer(at, x, y, mask) {
      passed(at);
      inspector.pointer(at, x, y, mask);
      pointing.pointer(at, x, y, mask);
      const near = pointing.nearness();
      for (const sign of ["even", "straight", "back"] as const) nearest[sign] = Math.max(nearest[sign], near[sign]);
    },
  };
  hearAll(files, seen.distortion, seen.dvorak ? onDvorak(sink) : sink, () => {
    inspector.stalled();
    typing.interrupt();
    pointing.interrupt();
  });
  inspector.flush();
  outcome.keystrokes += inspector.keystrokes;
  outcome.actions += inspector.actions;
}
