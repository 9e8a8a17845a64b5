/** Scores one session's keystrokes against one enrolled typist, streaming. */
import { type Llr, llr } from "../../gateway/core/units.ts";
import type { Evidence, Scorer } from "../modality.ts";
import { type Contexts, WindowSums } from "./contexts.ts";
import { explanations } from "./explanation.ts";
import type { Keystroke } from "./keystroke.ts";
import { type Nearest, likeness } from "./colleagues.ts";
import type { Density } from "./density.ts";
import { forgetWindow, Likelihood } from "./likelihood.ts";
import type { KeyboardParameters } from "./model.ts";
import { type StateStream, embed, hidden } from "./network.ts";
import type { Reading } from "./reading.ts";
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

/** What is asked of a session: what its scorer shares with those of other sessions of the same claim. */
export class Claim {
  readonly parameters: KeyboardParameters;
  readonly likelihood: Likelihood;
  /** The enrolled vector; null where the enrolment was not seen by this network. */
  readonly vector: Float64Array | null;
  readonly belief: number;
  colleagues: Nearest;

  constructor(parameters: KeyboardParameters, anybody: Density, enrolled: KeyboardStatistics, colleagues: Nearest) {
    const { population, contexts, network } = parameters;
    this.parameters = parameters;
    this.likelihood = new Likelihood(population, anybody, contexts.project(enrolled));
    this.vector =
      network !== null && enrolled.networkCount >= leastForVector ? embed(network.parameters, enrolled.hidden) : null;
    this.belief = enrolled.count / (enrolled.count + halfBelieved);
    this.colleagues = colleagues;
  }
}

export class KeyboardScorer implements Scorer<Keystroke> {
  windows = true;
  readonly #claim: Claim;
  readonly #contexts: Contexts;
  readonly #session: WindowSums;
  readonly #window: WindowSums;
  /** The last keystrokes' contexts (-1: none) and standardised times: a ring of `lookBack` keystrokes. */
  readonly #recentContexts = new Int32Array(lookBack * featureCount).fill(-1);
  readonly #recentValues = new Float64Array(lookBack * featureCount);
  readonly #at = new Int32Array(featureCount);
  readonly #values = new Float64Array(featureCount);
  /** The network's stream; null where nothing was enrolled that its vector could be compared with. */
  #stream: StateStream | null = null;
  readonly #recentStates = new Float32Array(windowKeystrokes * hidden);
  readonly #windowStates = new Float64Array(hidden);
  readonly #sessionStates = new Float64Array(hidden);
  readonly #scores: Float64Array;
  #count = 0;

  constructor(claim: Claim) {
    const { contexts, network } = claim.parameters;
    this.#claim = claim;
    this.#contexts = contexts;
    this.#session = new WindowSums(contexts.count);
    this.#window = new WindowSums(contexts.count);
    if (network !== null && claim.vector !== null) this.#stream = network.stream();
    this.#scores = new Float64Array(this.#stream === null ? 1 : 2);
  }

  again(): KeyboardScorer {
    return new KeyboardScorer(this.#claim);
  }

  /** What comes is a recording from its start, which was read already: the network is not asked again. */
  follow(reading: Reading): void {
    if (this.#stream !== null) this.#stream = reading.stream();
  }

  /** The agents of the farm from now on, for all scorers of this claim: no window knows of them before it is full. */
  meet(colleagues: Nearest): void {
    this.#claim.colleagues = colleagues;
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
    const { parameters, likelihood } = this.#claim;
    return explanations(this.#contexts, parameters.population.noise, likelihood, {
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
    }
    for (const states of [this.#recentStates, this.#windowStates, this.#sessionStates]) states.fill(0);
    this.#stream?.wipe();
  }

  #calibrated(sums: WindowSums, states: Float64Array, presses: number): number {
    const value = this.#claim.belief * this.#evidence(sums, states, presses);
    forgetWindow();
    return value;
  }

  #evidence(sums: WindowSums, states: Float64Array, presses: number): number {
    const { likelihood, vector: enrolled, colleagues } = this.#claim;
    const { network, calibration, plainCalibration } = this.#claim.parameters;
    this.#scores[0] = likelihood.ratio(sums, presses);
    if (network === null || enrolled === null) return plainCalibration.apply(this.#scores, presses);
    const vector = embed(network.parameters, states);
    this.#scores[1] = likeness(enrolled, vector);
    const own = calibration.apply(this.#scores, presses);
    const other = colleagues.evidence(vector, presses, ({ density }, alike) => {
      this.#scores[0] = likelihood.ratioOf(density);
      this.#scores[1] = alike;
      return calibration.apply(this.#scores, presses);
    });
    return own - other;
  }

  #readStates(keystroke: Keystroke): void {
    if (this.#stream === null) return;
    const states = this.#stream.read(keystroke);
    const slot = (this.#count % windowKeystrokes) * hidden;
    const ofWindow = this.#windowStates;
    const recent = this.#recentStates;
    const ofSession = this.#sessionStates;
    for (let unit = 0; unit < hidden; unit += 1) {
      const state = states[unit];
      ofWindow[unit] += state - recent[slot + unit];
      recent[slot + unit] = state;
      ofSession[unit] += state;
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

/**
 * Tells the calibrated LLR of typing of which only statistics are kept, as `sessionLlr` would of the keystrokes. What it
 * needs of the enrolment is made once: it is most of the work.
 */
export function likenessTo(
  { contexts, population, network, calibration, plainCalibration }: KeyboardParameters,
  anybody: Density,
  enrolled: KeyboardStatistics,
): (shown: KeyboardStatistics) => number {
  const likelihood = new Likelihood(population, anybody, contexts.project(enrolled));
  return (shown) => {
    const presses = shown.count;
    const ratio = likelihood.ratio(contexts.project(shown), presses);
    forgetWindow();
    if (network === null || enrolled.networkCount < leastForVector || shown.networkCount === 0)
      return plainCalibration.apply(Float64Array.of(ratio), presses);
    const { parameters } = network;
    const cosine = likeness(embed(parameters, enrolled.hidden), embed(parameters, shown.hidden));
    return calibration.apply(Float64Array.of(ratio, cosine), presses);
  };
}
