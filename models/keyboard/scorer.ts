/** Scores one session's keystrokes against one enrolled typist, streaming. */
import { type Llr, llr } from "../../gateway/core/units.ts";
import type { Evidence, Scorer } from "../modality.ts";
import { ContextSums, type Contexts } from "./contexts.ts";
import { explanations } from "./explanation.ts";
import type { Keystroke } from "./keystroke.ts";
import { type Colleague, Nearest, likeness } from "./colleagues.ts";
import type { Density } from "./density.ts";
import { forgetWindow, Likelihood } from "./likelihood.ts";
import type { KeyboardParameters } from "./model.ts";
import { type NetworkStream, embed, embedded, hidden } from "./network.ts";
import type { KeyboardStatistics } from "./statistics.ts";
import { featureCount } from "./times.ts";

/** Keystrokes of a window of evidence, and how many are new in the next one. */
export const windowKeystrokes = 25;
export const strideKeystrokes = 5;
/** An enrolment of fewer keystrokes has no vector worth comparing. */
export const leastForVector = 50;
/** Enrolled keystrokes at which scores are believed by half: against nothing enrolled, nothing is said. */
const halfBelieved = 10;
/** Keystrokes that an explanation looks back on. */
const lookBack = 100;

export class KeyboardScorer implements Scorer<Keystroke> {
  windows = true;
  readonly #parameters: KeyboardParameters;
  readonly #contexts: Contexts;
  readonly #likelihood: Likelihood;
  readonly #session: ContextSums;
  readonly #window: ContextSums;
  /** The last keystrokes' contexts (-1: none) and standardised times: a ring of `lookBack` keystrokes. */
  readonly #recentContexts = new Int32Array(lookBack * featureCount).fill(-1);
  readonly #recentValues = new Float64Array(lookBack * featureCount);
  readonly #at = new Int32Array(featureCount);
  readonly #values = new Float64Array(featureCount);
  /** The network's stream and the enrolled vector; null where the enrolment was not seen by this network. */
  readonly #stream: NetworkStream | null = null;
  readonly #enrolled: Float64Array = new Float64Array(embedded);
  readonly #recentStates = new Float32Array(windowKeystrokes * hidden);
  readonly #windowStates = new Float64Array(hidden);
  readonly #sessionStates = new Float64Array(hidden);
  readonly #scores: Float64Array;
  readonly #belief: number;
  readonly #colleagues: Nearest;
  #count = 0;

  /** @param colleagues the farm's agents @param claimed which of them is verified, -1 for none */
  constructor(
    parameters: KeyboardParameters,
    anybody: Density,
    enrolled: KeyboardStatistics,
    colleagues: readonly Colleague[] = [],
    claimed = -1,
  ) {
    this.#parameters = parameters;
    this.#contexts = parameters.contexts;
    this.#likelihood = new Likelihood(parameters.population, anybody, parameters.contexts.project(enrolled));
    this.#session = new ContextSums(parameters.contexts.count);
    this.#window = new ContextSums(parameters.contexts.count);
    const { network } = parameters;
    if (network !== null && enrolled.networkCount >= leastForVector) {
      this.#stream = network.stream();
      this.#enrolled = embed(network.parameters, enrolled.hidden);
    }
    this.#scores = new Float64Array(this.#stream === null ? 1 : 2);
    this.#belief = enrolled.count / (enrolled.count + halfBelieved);
    this.#colleagues = new Nearest(colleagues, claimed);
  }

  get count(): number {
    return this.#count;
  }

  add(keystroke: Keystroke): Evidence | null {
    const known = this.#contexts.read(keystroke, this.#at, this.#values);
    this.#forget(this.#count - windowKeystrokes);
    const slot = (this.#count % lookBack) * featureCount;
    for (let index = 0; index < featureCount; index += 1) {
      const context = index < known ? this.#at[index] : -1;
      this.#recentContexts[slot + index] = context;
      if (context < 0) continue;
      const value = this.#values[index];
      this.#recentValues[slot + index] = value;
      this.#session.add(context, value);
      this.#window.add(context, value);
    }
    this.#readStates(keystroke);
    this.#count += 1;
    if (!this.windows || this.#count < windowKeystrokes || this.#count % strideKeystrokes !== 0) return null;
    const full = this.#calibrated(this.#window, this.#windowStates, windowKeystrokes);
    return {
      at: keystroke.at,
      modality: "keyboard",
      llr: llr(full * (strideKeystrokes / windowKeystrokes)),
      observations: windowKeystrokes,
    };
  }

  sessionLlr(): Llr {
    return llr(this.#count === 0 ? 0 : this.#calibrated(this.#session, this.#sessionStates, this.#count));
  }

  explain(most: number): readonly string[] {
    return explanations(this.#contexts, this.#parameters.population.noise, this.#likelihood, {
      contexts: this.#recentContexts,
      values: this.#recentValues,
    }).slice(0, most);
  }

  wipe(): void {
    this.#recentContexts.fill(-1);
    this.#recentValues.fill(0);
    for (const sums of [this.#session, this.#window]) {
      sums.n.fill(0);
      sums.sum.fill(0);
      sums.squares.fill(0);
    }
    for (const states of [this.#recentStates, this.#windowStates, this.#sessionStates]) states.fill(0);
    this.#stream?.wipe();
  }

  #calibrated(sums: ContextSums, states: Float64Array, presses: number): number {
    const value = this.#belief * this.#evidence(sums, states, presses);
    forgetWindow();
    return value;
  }

  #evidence(sums: ContextSums, states: Float64Array, presses: number): number {
    const { network, calibration, plainCalibration } = this.#parameters;
    this.#scores[0] = this.#likelihood.ratio(sums, presses);
    if (network === null || this.#stream === null) return plainCalibration.apply(this.#scores, presses);
    const vector = embed(network.parameters, states);
    this.#scores[1] = likeness(this.#enrolled, vector);
    const own = calibration.apply(this.#scores, presses);
    const other = this.#colleagues.evidence(vector, presses, ({ density }, alike) => {
      this.#scores[0] = this.#likelihood.ratioOf(density);
      this.#scores[1] = alike;
      return calibration.apply(this.#scores, presses);
    });
    return own - other;
  }

  #readStates(keystroke: Keystroke): void {
    if (this.#stream === null) return;
    const states = this.#stream.read(keystroke);
    const slot = (this.#count % windowKeystrokes) * hidden;
    for (let unit = 0; unit < hidden; unit += 1) {
      const state = states[unit];
      this.#windowStates[unit] += state - this.#recentStates[slot + unit];
      this.#recentStates[slot + unit] = state;
      this.#sessionStates[unit] += state;
    }
  }

  #forget(index: number): void {
    if (index < 0) return;
    const slot = (index % lookBack) * featureCount;
    for (let feature = 0; feature < featureCount; feature += 1) {
      const context = this.#recentContexts[slot + feature];
      if (context >= 0) this.#window.remove(context, this.#recentValues[slot + feature]);
    }
  }
}

/** The calibrated LLR of typing of which only statistics are kept, as `sessionLlr` would tell of the keystrokes. */
export function likenessOf(
  { contexts, population, network, calibration, plainCalibration }: KeyboardParameters,
  anybody: Density,
  enrolled: KeyboardStatistics,
  shown: KeyboardStatistics,
): number {
  const presses = shown.count;
  const ratio = new Likelihood(population, anybody, contexts.project(enrolled)).ratio(contexts.project(shown), presses);
  forgetWindow();
  if (network === null || enrolled.networkCount < leastForVector || shown.networkCount === 0)
    return plainCalibration.apply(Float64Array.of(ratio), presses);
  const { parameters } = network;
  const cosine = likeness(embed(parameters, enrolled.hidden), embed(parameters, shown.hidden));
  return calibration.apply(Float64Array.of(ratio, cosine), presses);
}
