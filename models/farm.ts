/** A farm's own agents as the reference population: each is verified against the others, never against itself. */
import type { Background } from "./background.ts";
import type { Profile } from "./profile.ts";

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
      const others = [...this.#profiles].filter(([name]) => this.#group.get(name) !== group).map(([, each]) => each);
      made = this.#background.withFarm(
        others.map((profile) => profile.enrolled(this.#background)),
        others.map((profile) => profile.trees),
      );
      this.#made.set(group, made);
    }
    return made;
  }
}
