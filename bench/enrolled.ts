/** Enrolled agents for the gateway under load: the hand of the script, mature, written into a store. */
import { Enrolment, Inspector } from "../gateway/inspect/inspector.ts";
import type { KeyRing } from "../gateway/core/key-ring.ts";
import { agentName, buttonMask, keysym, millis } from "../gateway/core/units.ts";
import type { InputSink } from "../gateway/core/input.ts";
import { openStore } from "../gateway/store/open-store.ts";
import { Background } from "../models/background.ts";
import { Profile } from "../models/profile.ts";
import { makeInput } from "./parts/hand.ts";

/** Tells a sink the script's input, as if it came live. @returns when it ended */
export function play(sink: InputSink, events: readonly ScriptEvent[], from: number): number {
  for (const event of events) {
    const at = millis(from + event.at);
    if (event.kind === "key") sink.key(at, keysym(event.a), event.b === 1);
    else sink.pointer(at, event.a, event.b, buttonMask(event.c));
  }
  return from + (events.at(-1)?.at ?? 0);
}

export interface ScriptEvent {
  readonly at: number;
  readonly kind: "key" | "mouse";
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** The script of one person as numbers instead of instructions. */
export function scriptEvents(seed: number, duration: number): ScriptEvent[] {
  return makeInput(seed, duration).map(({ at, text }) => {
    const [kind, a, b, c] = text
      .slice(0, -1)
      .split(",")
      .map((element) => element.slice(element.indexOf(".") + 1));
    return { at, kind: kind === "key" ? "key" : "mouse", a: Number(a), b: Number(b), c: Number(c ?? 0) };
  });
}

/**
 * The profile of the script's hand after a quarter of an hour, pointer trees grown. It stays below the actions at
 * which the gateway would grow trees itself, beside what is measured.
 */
export function enrolledProfile(background: Background): Profile {
  const enrolment = new Enrolment(background);
  const inspector = new Inspector({ verifier: null, enrolment });
  play(inspector, scriptEvents(1, 800_000), 0);
  inspector.flush();
  const profile = Profile.empty(background);
  profile.learn(enrolment, 20_000);
  profile.sealed = true;
  profile.grown(background.growTrees(profile), background.pointer.others);
  return profile;
}

let made: Profile | undefined;

export const agentAt = (index: number): string => `agent-${index}`;

/** Writes `count` agents with that profile into the store at `path`. */
export function enrolAgents(path: string, keys: KeyRing, count: number): void {
  made ??= enrolledProfile(Background.load());
  const learned = { ...made.amount, body: made.encode() };
  const store = openStore({ path, keys });
  try {
    for (let index = 0; index < count; index++) {
      const agent = store.enrol(agentName(agentAt(index)));
      store.updateProfile(agent.id, () => learned);
    }
  } finally {
    store.close();
  }
}
