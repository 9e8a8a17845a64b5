/** The keyboard model: what a background taught, and the scorers that it makes. */
import { SamehandError } from "../../gateway/core/errors.ts";
import type { ModalityModel, Scorer, Statistics } from "../modality.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { Calibration } from "./calibration.ts";
import { Contexts } from "./contexts.ts";
import type { Factors } from "./factor-analysis.ts";
import type { Keystroke } from "./keystroke.ts";
import { type Density, type Population, anybodyOf, colleagueOf, densityOf } from "./density.ts";
import { Network, embed, hidden, layout } from "./network.ts";
import { type Colleague, Nearest } from "./colleagues.ts";
import { Reading } from "./reading.ts";
import { Claim, KeyboardScorer, leastForVector, likenessTo } from "./scorer.ts";
import { KeyboardStatistics } from "./statistics.ts";

const magic = 0x4b_42_00_02;

export interface KeyboardParameters {
  readonly contexts: Contexts;
  readonly population: Population;
  /** The second scorer; null where there were too few people to train one. */
  readonly network: Network | null;
  /** For likelihood and network together, and for the likelihood alone. */
  readonly calibration: Calibration;
  readonly plainCalibration: Calibration;
}

export class KeyboardModel implements ModalityModel<Keystroke> {
  readonly parameters: KeyboardParameters;
  /** Shared by all scorers. */
  readonly anybody: Density;
  /** The farm's agents without the one who is verified. */
  readonly colleagues: Nearest;

  /** @param colleagues the farm's agents @param claimed which of them is verified, -1 for none */
  constructor(parameters: KeyboardParameters, colleagues: readonly Colleague[] = [], claimed = -1, anybody?: Density) {
    this.parameters = parameters;
    this.anybody = anybody ?? anybodyOf(parameters.population);
    this.colleagues = new Nearest(colleagues, claimed);
  }

  /** The same model, which knows the farm's agents: what was typed like another of them speaks against the one claimed. */
  withColleagues(colleagues: readonly Colleague[], claimed: number): KeyboardModel {
    return new KeyboardModel(this.parameters, colleagues, claimed, this.anybody);
  }

  /** What scoring needs of an agent as a colleague; null where too little was enrolled, or there is no network. */
  colleague(enrolled: KeyboardStatistics): Colleague | null {
    const { contexts, population, network } = this.parameters;
    if (network === null || enrolled.networkCount < leastForVector) return null;
    const vector = embed(network.parameters, enrolled.hidden);
    return { vector, density: colleagueOf(population, contexts.project(enrolled)) };
  }

  /** A colleague's density as `colleague` gave it, of its means and variances. */
  colleagueDensity(means: Float64Array, variances: Float64Array): Density {
    return densityOf(means, variances);
  }

  statistics(): KeyboardStatistics {
    return new KeyboardStatistics(this.parameters.network);
  }

  decode(bytes: Uint8Array): KeyboardStatistics {
    return KeyboardStatistics.decode(bytes, this.parameters.network);
  }

  /** @throws SamehandError `profile-unreadable` for statistics of another kind */
  scorer(enrolled: Statistics<Keystroke>): Scorer<Keystroke> {
    return new KeyboardScorer(new Claim(this.parameters, this.anybody, typed(enrolled), this.colleagues));
  }

  /** Reads a recording that several agents are to be asked about; null without a network. */
  reading(keystrokes: readonly Keystroke[]): Reading | null {
    const { network } = this.parameters;
    return network === null ? null : new Reading(network, keystrokes);
  }

  /**
   * What an enrolment says of other typing by its statistics alone: the calibrated LLR of all of it.
   * @throws SamehandError `profile-unreadable` for statistics of another kind, as what it returns does
   */
  likenessTo(enrolled: Statistics<Keystroke>): (shown: Statistics<Keystroke>) => number {
    const tell = likenessTo(this.parameters, this.anybody, typed(enrolled));
    return (shown) => tell(typed(shown));
  }

  encode(): Uint8Array {
    const { contexts, population, network, calibration, plainCalibration } = this.parameters;
    const writer = new ByteWriter()
      .number(magic)
      .numbers(contexts.digraphs)
      .numbers(contexts.mean)
      .numbers(contexts.deviation);
    for (const factors of [population.people, population.windows]) {
      writer.number(factors.dimensions).numbers(factors.loadings).numbers(factors.specific);
    }
    writer.numbers(population.noise).number(population.windowLength);
    writer.rows(network?.parameters ?? new Float32Array(), hidden);
    for (const { amounts, weights } of [calibration, plainCalibration]) {
      writer.numbers(amounts);
      for (const each of weights) writer.numbers(each);
    }
    return writer.bytes();
  }

  /** @throws SamehandError `background-unreadable` */
  static decode(bytes: Uint8Array): KeyboardModel {
    const reader = new ByteReader(bytes);
    if (reader.number() !== magic) throw new SamehandError("background-unreadable", "keyboard: unknown version");
    const contexts = new Contexts(Uint16Array.from(reader.numbers()), reader.numbers(), reader.numbers());
    const factors = (): Factors => {
      const read = { dimensions: reader.number(), loadings: reader.numbers(), specific: reader.numbers() };
      same(read.specific.length, contexts.count);
      same(read.loadings.length, contexts.count * read.dimensions);
      return read;
    };
    same(contexts.mean.length, contexts.count);
    const people = factors();
    const windows = factors();
    const noise = reader.numbers();
    same(noise.length, contexts.count);
    const windowLength = reader.number();
    const parameters = reader.rows(hidden);
    if (parameters.length > 0) same(parameters.length, layout.total);
    const network = parameters.length > 0 ? new Network(contexts, parameters) : null;
    const calibrationOf = (scores: number): Calibration => {
      const amounts = [...reader.numbers()];
      const weights = amounts.map(() => reader.numbers());
      for (const each of weights) same(each.length, scores + 1);
      return new Calibration(amounts, weights);
    };
    const calibration = calibrationOf(network === null ? 1 : 2);
    const plainCalibration = calibrationOf(1);
    reader.end();
    return new KeyboardModel({
      contexts,
      population: { people, windows, noise, windowLength },
      network,
      calibration,
      plainCalibration,
    });
  }
}

function typed(statistics: Statistics<Keystroke>): KeyboardStatistics {
  if (!(statistics instanceof KeyboardStatistics))
    throw new SamehandError("profile-unreadable", "not keyboard statistics");
  return statistics;
}

function same(length: number, expected: number): void {
  if (length !== expected) throw new SamehandError("background-unreadable", "keyboard: tables of different lengths");
}
