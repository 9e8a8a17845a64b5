/** Agents enrolled from recordings, and the background as each of them is verified with. */
import type { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import type { Tape } from "./tape.ts";

/** Enrols one agent from recordings; each counts as a day of its own, from 0 on. */
export function enrolFrom(background: Background, tapes: readonly Tape[]): Profile {
  const profile = Profile.empty(background);
  tapes.forEach((tape, day) => {
    const part = { keyboard: background.keyboard.statistics(), pointer: background.pointer.statistics() };
    for (const seen of tape.seen) {
      if (seen.keystroke !== undefined) part.keyboard.add(seen.keystroke);
      else part.pointer.add(seen.action);
    }
    profile.learn(part, day);
  });
  return profile;
}

/** Agents are left out of the farm's background in groups of this many, where there are more than `mostAlone`. */
const groups = 20;
const mostAlone = 80;

/** The backgrounds of a farm: for each agent one that was made from the others only. */
export class Farm {
  readonly #background: Background;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #made = new Map<number, Background>();
  readonly #group = new Map<string, number>();

  constructor(background: Background, profiles: ReadonlyMap<string, Profile>) {
    this.#background = background;
    this.#profiles = profiles;
    let index = 0;
    for (const name of profiles.keys()) this.#group.set(name, profiles.size > mostAlone ? index++ % groups : index++);
  }

  /** The background that verifies claims to be `agent`. */
  backgroundFor(agent: string): Background {
    const group = this.#group.get(agent) ?? -1;
    let made = this.#made.get(group);
    if (made === undefined) {
      const others = [...this.#profiles].filter(([name]) => this.#group.get(name) !== group);
      made = this.#background.withFarm(others.map(([, profile]) => profile.enrolled(this.#background)));
      this.#made.set(group, made);
    }
    return made;
  }
}
