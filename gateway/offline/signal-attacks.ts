/** What share of generated input the signals find, and after how much of it. */
import type { Contexts } from "../../models/keyboard/contexts.ts";
import { isModifier } from "../../models/keyboard/keys.ts";
import type { InputSink } from "../core/input.ts";
import { Inspector } from "../inspect/inspector.ts";
import { Signals } from "../inspect/signals.ts";
import type { Attack, Victim } from "./attack.ts";
import { DistortedSink, undistorted } from "./distortion.ts";
import { hearAll, peopleOf } from "./signal-people.ts";
import type { RecordedSet } from "./set.ts";

export interface AttackOutcome {
  readonly attack: string;
  /** Mean of the network's delays, ms. */
  readonly jitter: number;
  readonly tried: number;
  readonly found: number;
  /** Keys, or clicks, until it was found: median and 90 % of those that were; NaN where none was. */
  readonly median: number;
  readonly most: number;
}

/** An attack lasts so many keys: about two minutes. */
const keysTyped = 800;

/** Victims of a set: people who typed enough, evenly over the set. */
export function victimsOf(set: RecordedSet, most: number): Victim[] {
  const people = [...peopleOf(set).values()];
  const every = Math.max(1, Math.floor(people.length / most));
  return people
    .filter((_, index) => index % every === 0)
    .slice(0, most)
    .map(victimOf)
    .filter(({ text, holds, intervals }) => text.length >= 100 && holds.length >= 50 && intervals.length >= 50);
}

/** The text goes round where it is too short; keys that print nothing are left out. */
function victimOf(files: readonly string[]): Victim {
  const [symbols, holds, intervals]: [number[], number[], number[]] = [[], [], []];
  const inspector = new Inspector({
    verifier: null,
    enrolment: null,
    onKeystroke({ key, hold, downDown }) {
      if (isModifier(key)) return;
      if (hold > 0) holds.push(hold);
      if (downDown > 0) intervals.push(downDown);
    },
  });
  const sink: InputSink = {
    key(at, symbol, pressed) {
      if (pressed && symbol >= 0x20 && symbol < 0x7f) symbols.push(symbol);
      inspector.key(at, symbol, pressed);
    },
    pointer() {},
  };
  hearAll(files, undistorted, sink, () => inspector.stalled());
  inspector.flush();
  const text = symbols.length === 0 ? [] : Array.from({ length: keysTyped }, (_, n) => symbols[n % symbols.length]);
  return { text, holds, intervals };
}

/** Tries an attack with each victim's text and times. */
export function tryAttack(
  attack: Attack,
  victims: readonly Victim[],
  jitter: number,
  contexts: Contexts,
): AttackOutcome {
  const after = victims.map((victim, seed) => foundAfter(attack, victim, seed + 1, jitter, contexts));
  const found = after.filter(Number.isFinite).sort((a, b) => a - b);
  const quantile = (share: number): number =>
    found[Math.min(found.length - 1, Math.floor(share * found.length))] ?? Number.NaN;
  return {
    attack: attack.name,
    jitter,
    tried: victims.length,
    found: found.length,
    median: quantile(0.5),
    most: quantile(0.9),
  };
}

/** After how many presses of keys or buttons a signal began; infinite where none did. */
function foundAfter(attack: Attack, victim: Victim, seed: number, jitter: number, contexts: Contexts): number {
  const signals = new Signals(contexts);
  let pressed = 0;
  let found = Number.POSITIVE_INFINITY;
  const inspector = new Inspector({
    verifier: null,
    enrolment: null,
    signals,
    onSignal() {
      if (signals.standing.length > 0) found = Math.min(found, pressed);
    },
  });
  let mask = 0;
  const sink: InputSink = {
    key(at, symbol, down) {
      if (down) pressed++;
      inspector.key(at, symbol, down);
    },
    pointer(at, x, y, now) {
      if ((now & ~mask) !== 0) pressed++;
      mask = now;
      inspector.pointer(at, x, y, now);
    },
  };
  const to = jitter === 0 ? sink : new DistortedSink(sink, { jitter, stalls: false, seed }, attack.name);
  for (const [, send] of attack.events(victim, seed)) send(to);
  inspector.flush();
  return found;
}
