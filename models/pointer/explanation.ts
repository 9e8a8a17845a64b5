/** What weighed lately, in words: which features spoke most, and whether there was more or less of them than usual. */
import { featureCount, features } from "./action.ts";
import { centre, codeCount, missing } from "./quantise.ts";

/** How much of what was said before is kept at each action: about the last 20 actions count. */
const memory = 0.95;
/** A difference under this share of the usual value is not told in figures. */
const leastShare = 0.05;
const mostShare = 9.99;

/** Differences of fewer standard errors are chance; from so many on they are told though no feature's ratio spoke. */
const leastStandardErrors = 2.5;
const tellingStandardErrors = 4;
/** A code is never known better than to this, in codes. */
const leastDeviation = 1;

/** Each kind's and feature's mean code and its deviation; NaN where there is none. */
export interface Usual {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/** Works out one kind. @param counts of the agent's codes of that kind */
export function usualOf(counts: Float32Array, kind: number, { mean, deviation }: Usual): void {
  for (let f = 0; f < featureCount; f++) {
    let sum = 0;
    let squares = 0;
    let all = 0;
    for (let code = missing + 1; code < codeCount; code++) {
      const times = counts[f * codeCount + code];
      sum += times * code;
      squares += times * code * code;
      all += times;
    }
    const table = kind * featureCount + f;
    mean[table] = all > 0 ? sum / all : Number.NaN;
    const variance = Math.max(0, squares / all - mean[table] * mean[table]);
    deviation[table] = Math.max(leastDeviation, Math.sqrt(variance));
  }
}

export class Explanation {
  readonly #usual: Usual;
  /** Lately: what each feature said, by how many bins it differed from usual, and how much of it there was. */
  readonly #said = new Float64Array(featureCount);
  readonly #differed = new Float64Array(featureCount);
  readonly #seen = new Float64Array(featureCount);
  readonly #level = new Float64Array(featureCount);
  /** The differences in the agent's own deviations, and the variance of that sum by chance. */
  readonly #off = new Float64Array(featureCount);
  readonly #chance = new Float64Array(featureCount);

  constructor(usual: Usual) {
    this.#usual = usual;
  }

  /** Takes in an action's codes and, from `offset` on, each feature's log ratio. */
  add(kind: number, codes: Uint8Array, ratios: Float32Array, offset: number): void {
    const { mean, deviation } = this.#usual;
    for (let f = 0; f < featureCount; f++) {
      this.#said[f] *= memory;
      this.#differed[f] *= memory;
      this.#seen[f] *= memory;
      this.#level[f] *= memory;
      this.#off[f] *= memory;
      this.#chance[f] *= memory * memory;
      const usual = mean[kind * featureCount + f];
      if (codes[f] === missing || Number.isNaN(usual)) continue;
      const more = codes[f] - usual;
      this.#said[f] += ratios[offset + f];
      this.#differed[f] += more;
      this.#seen[f]++;
      this.#level[f] += usual;
      this.#off[f] += more / deviation[kind * featureCount + f];
      this.#chance[f]++;
    }
  }

  /** The strongest first, each thing said once. */
  tell(most: number): string[] {
    const strength = this.#off.map((off, f) => Math.abs(off) / Math.sqrt(Math.max(1, this.#chance[f])));
    const order = [...strength.keys()]
      .filter((f) => features[f].more !== "" && this.#seen[f] > 1)
      .filter((f) => strength[f] >= (this.#said[f] < 0 ? leastStandardErrors : tellingStandardErrors))
      .sort((a, b) => strength[b] - strength[a]);
    const told = new Map<string, string>();
    for (const f of order) {
      if (told.size >= most) break;
      const words = this.#differed[f] > 0 ? features[f].more : features[f].less;
      if (!told.has(words)) told.set(words, words + this.#figure(f));
    }
    return [...told.values()];
  }

  /** Such as ` (30 % more than usual)` where a share can be told. */
  #figure(f: number): string {
    const usual = centre(f, this.#level[f] / this.#seen[f]);
    const now = centre(f, (this.#level[f] + this.#differed[f]) / this.#seen[f]);
    const share = now / usual - 1;
    if (features[f].scale !== "log" || !Number.isFinite(share) || Math.abs(share) < leastShare || share > mostShare)
      return "";
    return ` (${Math.round(Math.abs(share) * 100)} % ${share > 0 ? "more" : "less"} than usual)`;
  }
}
