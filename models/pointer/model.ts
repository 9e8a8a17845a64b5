/** Pointer verification: one session's actions against one enrolled agent, relative to a reference population. */
import { SamehandError } from "../../gateway/core/errors.ts";
import { llr, type Llr } from "../../gateway/core/units.ts";
import type { Evidence, ModalityModel, Scorer, Statistics } from "../modality.ts";
import { featureCount, type PointerAction } from "./action.ts";
import { cellCount, coarsen, histogramOf, logRatios, populationOf } from "./histogram.ts";
import { codeCount, quantise } from "./quantise.ts";
import { PointerStatistics } from "./statistics.ts";

const magic = 0x50_54_4d_31; // "PTM1"
const bins = 12;
const relevance = 10;
/** Actions in a window of evidence, and between windows. */
const windowActions = 10;
const strideActions = 5;

/** One person of a training population: sessions in the order of time, each a list of actions. */
export interface PointerPerson {
  readonly name: string;
  readonly sessions: readonly (readonly PointerAction[])[];
}

export interface TrainingOptions {
  readonly seed: number;
  /** Told the share done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** Trained per-agent trees as bytes, made by `PointerModel.grow`, kept beside the profile. */
export type PointerTrees = Uint8Array;

export class PointerModel implements ModalityModel<PointerAction> {
  readonly #population: Float32Array;
  readonly #map: Uint8Array;

  constructor(population: Float32Array) {
    this.#population = population;
    this.#map = coarsen(population, bins);
  }

  statistics(): PointerStatistics {
    return new PointerStatistics();
  }

  decode(bytes: Uint8Array): PointerStatistics {
    return PointerStatistics.decode(bytes);
  }

  /** The same model with the farm's other agents (never the one claimed) as its reference population. */
  adaptToFarm(others: readonly PointerStatistics[]): PointerModel {
    const known = others.filter((each) => each.count > 0);
    return known.length === 0 ? this : new PointerModel(populationOf(known.map((each) => histogramOf(each))));
  }

  /**
   * Trains the agent's own trees against the reference population; takes seconds, made for a worker thread.
   * Empty where there is too little to train from.
   */
  grow(_enrolled: PointerStatistics, _options: TrainingOptions): PointerTrees {
    return new Uint8Array();
  }

  scorer(enrolled: Statistics<PointerAction>, _trees: PointerTrees = new Uint8Array()): Scorer<PointerAction> {
    if (!(enrolled instanceof PointerStatistics)) throw new TypeError("not pointer statistics");
    return new PointerScorer(logRatios(histogramOf(enrolled), this.#population, this.#map, bins, relevance));
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(4 + cellCount * 4);
    new DataView(bytes.buffer).setUint32(0, magic);
    bytes.set(new Uint8Array(this.#population.buffer, this.#population.byteOffset, cellCount * 4), 4);
    return bytes;
  }

  /** @throws SamehandError `background-unreadable` for bytes that `encode` did not make */
  static decode(bytes: Uint8Array): PointerModel {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length !== 4 + cellCount * 4 || view.getUint32(0) !== magic) {
      throw new SamehandError("background-unreadable", "pointer model");
    }
    return new PointerModel(new Float32Array(new Uint8Array(bytes.subarray(4)).buffer));
  }
}

/** A reference population from people's actions. Fusion weights are learned from people in the role of targets. */
export function trainPointer(people: readonly PointerPerson[], options: TrainingOptions): PointerModel {
  const histograms = people.map((person, i) => {
    const statistics = new PointerStatistics();
    for (const session of person.sessions) for (const action of session) statistics.add(action);
    options.onProgress?.((i + 1) / people.length);
    return histogramOf(statistics);
  });
  return new PointerModel(populationOf(histograms));
}

class PointerScorer implements Scorer<PointerAction> {
  readonly #ratios: Float32Array;
  readonly #codes = new Uint8Array(featureCount);
  readonly #recent = new Float64Array(windowActions);
  #count = 0;
  #sum = 0;

  constructor(ratios: Float32Array) {
    this.#ratios = ratios;
  }

  get count(): number {
    return this.#count;
  }

  add(action: PointerAction): Evidence | null {
    quantise(action.features, this.#codes);
    let score = 0;
    for (let f = 0; f < featureCount; f++) {
      score += this.#ratios[(action.kind * featureCount + f) * codeCount + this.#codes[f]];
    }
    score /= bins;
    this.#recent[this.#count % windowActions] = score;
    this.#sum += score;
    this.#count++;
    if (this.#count < windowActions || this.#count % strideActions !== 0) return null;
    let window = 0;
    for (const each of this.#recent) window += each;
    const tempered = (window * strideActions) / windowActions / (1 + windowActions / 10);
    return { at: action.at, modality: "pointer", llr: llr(tempered), observations: windowActions };
  }

  sessionLlr(): Llr {
    return llr(this.#count === 0 ? 0 : this.#sum / (1 + this.#count / 10));
  }

  explain(_most: number): readonly string[] {
    return [];
  }
}
