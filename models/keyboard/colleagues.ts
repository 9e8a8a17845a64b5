/**
 * A farm's other agents as the alternative: a session that is typed like one of them is likelier theirs. Whoever
 * drives in the agent's stead is a colleague or an outsider, so that the alternative is a mixture of both, and a hand
 * that is like nobody known speaks less against the agent than one that is a colleague's to the life.
 */
import type { Density } from "./density.ts";

/** Another agent of the farm, as far as scoring needs. */
export interface Colleague {
  /** What the network makes of the enrolment. */
  readonly vector: Float64Array;
  readonly density: Density;
}

/** How likely it is, where it is not the agent, that it is one of the colleagues. Chosen on pace and freihaut. */
const colleagueShare = 0.9;
/** Of how many, the nearest by the network's vector, the likelihood is asked: the others add next to nothing. */
const asked = 4;
/** Keystrokes from which colleagues count in full: with little typed the nearest are so by chance. */
const enoughPresses = 25;

/** Fewer others than this are as much less likely to be the ones: of a farm that has just begun not all are enrolled. */
const enoughColleagues = 5;

export class Nearest {
  readonly #colleagues: readonly Colleague[];
  readonly #claimed: number;
  readonly #alike = new Float64Array(asked);
  readonly #who = new Int32Array(asked);

  /** @param claimed whom of them to leave out: the one who is verified; -1 for none */
  constructor(colleagues: readonly Colleague[], claimed: number) {
    this.#colleagues = colleagues;
    this.#claimed = claimed;
  }

  /**
   * The log-likelihood ratio of "a colleague or an outsider" against "an outsider"; 0 without colleagues.
   * @param llrOf one colleague's calibrated ratio against anybody, given its likeness
   */
  evidence(vector: Float64Array, presses: number, llrOf: (colleague: Colleague, alike: number) => number): number {
    const count = this.#colleagues.length - (this.#claimed < 0 ? 0 : 1);
    if (count <= 0) return 0;
    const near = this.#find(vector);
    let sum = 0;
    for (let place = 0; place < near; place += 1) {
      sum += Math.exp(llrOf(this.#colleagues[this.#who[place]], this.#alike[place]));
    }
    const share = colleagueShare * Math.min(1, presses / enoughPresses) * Math.min(1, count / enoughColleagues);
    return Math.log(1 - share + (share * sum) / count);
  }

  /** Puts the nearest into `#who` and `#alike`, nearest first. @returns how many */
  #find(vector: Float64Array): number {
    let found = 0;
    for (let index = 0; index < this.#colleagues.length; index += 1) {
      if (index === this.#claimed) continue;
      const alike = likeness(this.#colleagues[index].vector, vector);
      let place = found < asked ? found : asked - 1;
      if (found === asked && alike <= this.#alike[place]) continue;
      for (; place > 0 && this.#alike[place - 1] < alike; place -= 1) {
        this.#alike[place] = this.#alike[place - 1];
        this.#who[place] = this.#who[place - 1];
      }
      this.#alike[place] = alike;
      this.#who[place] = index;
      if (found < asked) found += 1;
    }
    return found;
  }
}

/** Ten times the cosine of two vectors of length one: of the order of a log-likelihood ratio. */
export function likeness(left: Float64Array, right: Float64Array): number {
  let cosine = 0;
  for (let index = 0; index < left.length; index += 1) cosine += left[index] * right[index];
  return 10 * cosine;
}
