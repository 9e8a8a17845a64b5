/** The keyboard model: what a background taught, and the scorers that it makes. */
import { SamehandError } from "../../gateway/core/errors.ts";
import type { ModalityModel, Scorer, Statistics } from "../modality.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { Calibration } from "./calibration.ts";
import { Contexts } from "./contexts.ts";
import type { Factors } from "./factor-analysis.ts";
import type { Keystroke } from "./keystroke.ts";
import { type Density, type Population, anybodyOf } from "./likelihood.ts";
import { KeyboardScorer } from "./scorer.ts";
import { KeyboardStatistics } from "./statistics.ts";

const magic = 0x4b_42_00_01;

export interface KeyboardParameters {
  readonly contexts: Contexts;
  readonly population: Population;
  /** For all keystrokes of a session, by how many there are. */
  readonly calibration: Calibration;
}

export class KeyboardModel implements ModalityModel<Keystroke> {
  readonly parameters: KeyboardParameters;
  /** Shared by all scorers. */
  readonly anybody: Density;

  constructor(parameters: KeyboardParameters) {
    this.parameters = parameters;
    this.anybody = anybodyOf(parameters.population);
  }

  statistics(): KeyboardStatistics {
    return new KeyboardStatistics();
  }

  decode(bytes: Uint8Array): KeyboardStatistics {
    return KeyboardStatistics.decode(bytes);
  }

  /** @throws SamehandError `profile-unreadable` for statistics of another kind */
  scorer(enrolled: Statistics<Keystroke>): Scorer<Keystroke> {
    if (!(enrolled instanceof KeyboardStatistics))
      throw new SamehandError("profile-unreadable", "not keyboard statistics");
    return new KeyboardScorer(this.parameters, this.anybody, enrolled);
  }

  encode(): Uint8Array {
    const { contexts, population, calibration } = this.parameters;
    const writer = new ByteWriter()
      .number(magic)
      .numbers(contexts.digraphs)
      .numbers(contexts.mean)
      .numbers(contexts.deviation);
    for (const factors of [population.people, population.windows]) {
      writer.number(factors.dimensions).numbers(factors.loadings).numbers(factors.specific);
    }
    writer.numbers(population.noise).number(population.windowLength).numbers(calibration.amounts);
    for (const weights of calibration.weights) writer.numbers(weights);
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
    const amounts = [...reader.numbers()];
    const weights = amounts.map(() => reader.numbers());
    reader.end();
    return new KeyboardModel({
      contexts,
      population: { people, windows, noise, windowLength },
      calibration: new Calibration(amounts, weights),
    });
  }
}

function same(length: number, expected: number): void {
  if (length !== expected) throw new SamehandError("background-unreadable", "keyboard: tables of different lengths");
}
