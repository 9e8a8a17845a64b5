/** A farm's own agents as the reference population: each is verified against the others, never against itself. */
import type { Background } from "./background.ts";
import type { Part, Profile } from "./profile.ts";

/** Agents are left out of the farm's background in groups of this many, where there are more than `mostAlone`. */
const groups = 20;
const mostAlone = 80;

/** The backgrounds of a farm: for each agent one that was made from the others only. */
export class Farm {
  readonly #background: Background;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #made = new Map<number, Background>();
  readonly #group = new Map<string, number>();
  /** Everybody's statistics, put together once and shared by all the backgrounds. */
  readonly #parts = new Map<Profile, Part>();

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
      const others = [...this.#profiles].filter(([name]) => this.#group.get(name) !== group).map(([, each]) => each);
      made = this.#background.withFarm(
        others.map((profile) => this.#partOf(profile)),
        others.map((profile) => profile.trees),
      );
      this.#made.set(group, made);
    }
    return made;
  }

  #partOf(profile: Profile): Part {
    let part = this.#parts.get(profile);
    if (part === undefined) {
      part = profile.enrolled(this.#background);
      this.#parts.set(profile, part);
    }
    return part;
  }
}
