/** Scores one session's actions against one agent, streaming. */
import { type Llr, llr } from "../../gateway/core/units.ts";
import type { Evidence, Scorer } from "../modality.ts";
import { featureCount, type PointerAction } from "./action.ts";
import { Explanation } from "./explanation.ts";
import { type Fusion, calibrated, fusedScore, inputCount, treesInput } from "./fusion.ts";
import type { Habits } from "./habits.ts";
import { kindCells } from "./histogram.ts";
import { codeCount, quantise } from "./quantise.ts";
import { type PointerStatistics, rowBytes } from "./statistics.ts";
import type { Trees } from "./trees.ts";

/** Actions in a window of evidence, and between windows. */
export const windowActions = 12;
export const strideActions = 4;
/** What the best-fitting other agent's trees take from the score. */
const cohortShare = 0.5;
/** No session's score says more than this, however long: sessions differ from enrolment in more than chance. */
const mostLlr = 12;

/** What an agent's scorer is made of. */
export interface Reference {
  readonly habits: Habits;
  readonly trees: Trees | null;
  /** Trees of other agents: whoever fits one of them better is less likely the agent claimed. */
  readonly cohort: readonly Trees[];
  readonly fusion: Fusion;
  /** How far the enrolment is believed, 0 to 1: with little enrolled, a score says little. */
  readonly belief: number;
  /** The most that a window may say for the agent, nats. */
  readonly mostFor: number;
}

/** Scores of actions added up: a sum a feature, then the trees', then each cohort member's. */
class Sums {
  readonly values: Float64Array;
  readonly #inputs = new Float32Array(inputCount);

  constructor(cohort: number) {
    this.values = new Float64Array(inputCount + cohort);
  }

  /** The fused mean of `actions` actions. */
  score(fusion: Fusion, actions: number): number {
    const n = Math.max(1, actions);
    for (let i = 0; i < inputCount; i++) this.#inputs[i] = this.values[i] / n;
    this.#inputs[treesInput] = treesMean(this.values, n);
    return fusedScore(fusion.weights, this.#inputs);
  }
}

/** The trees' mean log odds less a share of the best other agent's. */
export function treesMean(values: Float64Array, actions: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let i = inputCount; i < values.length; i++) if (values[i] > best) best = values[i];
  return (values[treesInput] - (values.length > inputCount ? cohortShare * best : 0)) / actions;
}

/**
 * Writes what one action says: a log ratio a feature, the trees' log odds, each cohort member's.
 * @returns how much of an action it counts as, 0 to 1: what nobody of the population does says nothing
 */
export function readAction(
  reference: Reference,
  kind: number,
  codes: Uint8Array,
  to: Float32Array,
  offset = 0,
): number {
  const { habits } = reference;
  habits.prepare(kind);
  const belief = habits.beliefs[kind];
  for (let f = 0, cells = kind * kindCells; f < featureCount; f++, cells += codeCount)
    to[offset + f] = habits.ratios[cells + codes[f]];
  to[offset + treesInput] = belief * (reference.trees?.score(codes) ?? 0);
  for (let c = 0; c < reference.cohort.length; c++)
    to[offset + inputCount + c] = belief * reference.cohort[c].score(codes);
  return belief;
}

export class PointerScorer implements Scorer<PointerAction> {
  windows = true;
  readonly #reference: Reference;
  readonly #codes = new Uint8Array(featureCount + 1);
  readonly #width: number;
  readonly #recent: Float32Array;
  /** How much each of the window's actions counts as, and all of the session's together. */
  readonly #weights = new Float64Array(windowActions);
  #weight = 0;
  readonly #session: Sums;
  readonly #window: Sums;
  readonly #explanation: Explanation;
  #count = 0;

  constructor(reference: Reference) {
    this.#reference = reference;
    this.#width = inputCount + reference.cohort.length;
    this.#recent = new Float32Array(windowActions * this.#width);
    this.#session = new Sums(reference.cohort.length);
    this.#window = new Sums(reference.cohort.length);
    this.#explanation = new Explanation(reference.habits.usual);
  }

  get count(): number {
    return this.#count;
  }

  add(action: PointerAction): Evidence | null {
    quantise(action.features, this.#codes);
    this.#codes[featureCount] = action.kind;
    const place = this.#count % windowActions;
    const offset = place * this.#width;
    const weight = readAction(this.#reference, action.kind, this.#codes, this.#recent, offset);
    this.#weights[place] = weight;
    this.#weight += weight;
    for (let i = 0; i < this.#width; i++) this.#session.values[i] += this.#recent[offset + i];
    this.#explanation.add(action.kind, this.#codes, this.#recent, offset);
    this.#count++;
    if (!this.windows || this.#count < windowActions || this.#count % strideActions !== 0) return null;
    let within = 0;
    for (const each of this.#weights) within += each;
    // Nothing was said: whoever does only such things has not pointed, for the rules on one modality alone either.
    if (within < 1) return null;
    this.#window.values.fill(0);
    for (let i = 0; i < this.#recent.length; i++) this.#window.values[i % this.#width] += this.#recent[i];
    const whole = this.#llrOf(this.#window, within);
    const tempered = Math.min((whole * strideActions) / windowActions, this.#reference.mostFor);
    return { at: action.at, modality: "pointer", llr: llr(tempered), observations: windowActions };
  }

  sessionLlr(): Llr {
    return llr(this.#count === 0 ? 0 : this.#llrOf(this.#session, this.#weight));
  }

  #llrOf(sums: Sums, actions: number): number {
    return llrOf(this.#reference, sums.score(this.#reference.fusion, actions), actions);
  }

  /** What was pointed at spells nothing. */
  wipe(): void {}

  again(): PointerScorer {
    return new PointerScorer(this.#reference);
  }

  explain(most: number): readonly string[] {
    return this.#explanation.tell(most);
  }
}

function llrOf({ fusion, belief }: Reference, score: number, actions: number): number {
  const value = belief * calibrated(fusion, score, actions);
  return mostLlr * Math.tanh(value / mostLlr);
}

/** The calibrated LLR of actions of which only statistics are kept. */
export function likenessOf(reference: Reference, shown: PointerStatistics): number {
  const sums = new Sums(reference.cohort.length);
  const read = new Float32Array(inputCount + reference.cohort.length);
  let weight = 0;
  for (let row = 0; row < shown.kept; row++) {
    const codes = shown.rows.subarray(row * rowBytes, (row + 1) * rowBytes);
    weight += readAction(reference, codes[featureCount], codes, read);
    for (let i = 0; i < read.length; i++) sums.values[i] += read[i];
  }
  const share = weight / Math.max(1, shown.kept);
  return llrOf(reference, sums.score(reference.fusion, weight), share * shown.count);
}
