/**
 * A small network that turns typing into a vector: each keystroke, seen with the one before it, passes two layers; the
 * mean over keystrokes passes a third. Means add up, so that an enrolment keeps one sum, whatever its length.
 */
import type { Contexts } from "./contexts.ts";
import { keyCount } from "./keys.ts";
import { type Keystroke, noKey } from "./keystroke.ts";
import { Layers } from "./layers.ts";
import { Random } from "./random.ts";
import { featureCount, pairOf, transformed } from "./times.ts";

/** Units of the hidden layers, and of the vector. */
export const hidden = 64;
export const embedded = 32;

/** Times seen: the three of a keystroke, then the three of the one before. */
const timeCount = 2 * featureCount;
/** A standardised time falls between two of these soft bins, from -2.8 to 2.8. */
const binCount = 8;
const binWidth = 0.8;
const furthest = 2.8;
/** The last row of a key table stands for "no key". */
const keyRows = keyCount + 1;
/** Each gain is a table by key that multiplies a time: which time, and by this key (0) or the key before (1). */
const gains = [
  [0, 0],
  [1, 0],
  [1, 1],
  [2, 0],
  [2, 1],
  [3, 1],
  [4, 1],
  [5, 1],
] as const;
const keyTables = 2 + gains.length;

/** Rows of the first layer that a keystroke touches. */
export const rowsPerKeystroke = keyTables + 2 * timeCount;

/** Where each layer starts among the parameters. */
const bins = keyTables * keyRows * hidden;
const firstBias = bins + timeCount * binCount * hidden;
const second = firstBias + hidden;
const secondBias = second + hidden * hidden;
const third = secondBias + hidden;
export const layout = { firstBias, second, secondBias, third, total: third + embedded * hidden } as const;

/** Turns a stream of keystrokes into rows of the first layer and their weights. */
export class NetworkInput {
  readonly #contexts: Contexts;
  readonly #times = new Float64Array(featureCount);
  readonly #z = new Float64Array(timeCount).fill(Number.NaN);
  #last = noKey;

  constructor(contexts: Contexts) {
    this.#contexts = contexts;
  }

  /** Writes `rowsPerKeystroke` offsets and weights from `at`; a weight is 0 where a time is unknown. */
  read(keystroke: Keystroke, offsets: Int32Array, weights: Float32Array, at: number): void {
    this.#standardise(keystroke);
    const z = this.#z;
    const before = keystroke.before === noKey ? keyCount : keystroke.before;
    let to = at;
    for (let table = 0; table < keyTables; table += 1) {
      const gain = table < 2 ? undefined : gains[table - 2];
      const byBefore = gain === undefined ? table === 1 : gain[1] === 1;
      const value = gain === undefined ? 1 : z[gain[0]];
      offsets[to] = (table * keyRows + (byBefore ? before : keystroke.key)) * hidden;
      weights[to] = Number.isNaN(value) ? 0 : value;
      to += 1;
    }
    for (let time = 0; time < timeCount; time += 1) {
      const value = z[time];
      const known = !Number.isNaN(value);
      const position = known ? Math.min((value + furthest) / binWidth, binCount - 1.001) : 0;
      const bin = Math.floor(position);
      offsets[to] = bins + (time * binCount + bin) * hidden;
      offsets[to + 1] = offsets[to] + hidden;
      weights[to] = known ? 1 - (position - bin) : 0;
      weights[to + 1] = known ? position - bin : 0;
      to += 2;
    }
  }

  /** Forgets the keystroke that was read last. */
  wipe(): void {
    this.#times.fill(0);
    this.#z.fill(Number.NaN);
    this.#last = noKey;
  }

  #standardise(keystroke: Keystroke): void {
    const { mean, deviation } = this.#contexts;
    const pair = pairOf(keystroke.before, keystroke.key);
    const chained = keystroke.before !== noKey && keystroke.before === this.#last;
    this.#last = keystroke.key;
    transformed(keystroke, this.#times);
    for (let feature = 0; feature < featureCount; feature += 1) {
      this.#z[featureCount + feature] = chained ? this.#z[feature] : Number.NaN;
      const context = this.#contexts.of(pair, feature);
      const value = context < 0 ? Number.NaN : (this.#times[feature] - mean[context]) / deviation[context];
      this.#z[feature] = Math.min(Math.max(value, -furthest), furthest);
    }
  }
}

/** Random parameters to start training from. */
export function initialParameters(seed: number): Float32Array {
  const random = new Random(seed);
  const scaleOf = (index: number): number => {
    if (index < firstBias) return 0.15;
    if (index < second || (index >= secondBias && index < third)) return 0;
    return Math.sqrt((index < third ? 2 : 1) / hidden);
  };
  return Float32Array.from({ length: layout.total }, (_, index) => scaleOf(index) * random.normal());
}

/** The third layer: a sum of hidden states to a vector of length one. */
export function embed(parameters: Float32Array, sum: Float64Array): Float64Array {
  const vector = new Float64Array(embedded);
  let length = 1e-12;
  // four numbers at a time: no sum waits for another
  for (let to = 0; to < embedded; to += 4) {
    let one = 0;
    let two = 0;
    let three = 0;
    let four = 0;
    for (let unit = 0, at = third + to * hidden; unit < hidden; unit += 1, at += 1) {
      const value = sum[unit];
      one += parameters[at] * value;
      two += parameters[at + hidden] * value;
      three += parameters[at + 2 * hidden] * value;
      four += parameters[at + 3 * hidden] * value;
    }
    vector[to] = one;
    vector[to + 1] = two;
    vector[to + 2] = three;
    vector[to + 3] = four;
  }
  for (const value of vector) length += value ** 2;
  const scale = 1 / Math.sqrt(length);
  return vector.map((value) => value * scale);
}

/** A trained network. */
export class Network {
  readonly contexts: Contexts;
  readonly layers = new Layers(layout, hidden);
  /** Tells sums of one network from those of another. Never 0. */
  readonly id: number;
  /** Whichever of its streams read last: the next one often reads the same. */
  newest: NetworkStream | null = null;

  constructor(contexts: Contexts, parameters: Float32Array) {
    this.contexts = contexts;
    this.layers.parameters.set(parameters);
    // FNV-1a over the parameters and the standardisation that they were trained on
    let hash = 0x811c9dc5;
    for (const table of [parameters, Float32Array.from(contexts.mean), Float32Array.from(contexts.deviation)]) {
      for (const byte of new Uint8Array(table.buffer, table.byteOffset, table.byteLength))
        hash = Math.imul(hash ^ byte, 0x01000193);
    }
    this.id = hash >>> 0 || 1;
  }

  get parameters(): Float32Array {
    return this.layers.parameters;
  }

  /** A reader of one stream of keystrokes. */
  stream(): NetworkStream {
    return new NetworkStream(this);
  }
}

/** The network's hidden states of a stream of keystrokes. */
export interface StateStream {
  /** The keystroke's second hidden layer; overwritten by the next call of any stream of the network. */
  read(keystroke: Keystroke): Float32Array;
  /** Forgets the keystroke that was read last. */
  wipe(): void;
}

/** Passes a stream of keystrokes through the hidden layers, one at a time. */
export class NetworkStream implements StateStream {
  readonly #network: Network;
  readonly #input: NetworkInput;
  readonly #offsets = new Int32Array(rowsPerKeystroke);
  readonly #weights = new Float32Array(rowsPerKeystroke);

  constructor(network: Network) {
    this.#network = network;
    this.#input = new NetworkInput(network.contexts);
  }

  wipe(): void {
    this.#input.wipe();
    this.#offsets.fill(0);
    this.#weights.fill(0);
    if (this.#network.newest !== this) return;
    this.#network.newest = null;
    this.#network.layers.wipe();
  }

  read(keystroke: Keystroke): Float32Array {
    this.#input.read(keystroke, this.#offsets, this.#weights, 0);
    const { newest, layers } = this.#network;
    // A session's keystroke is scored and kept for a lesson: the same work twice.
    if (newest !== null && newest !== this && this.#readsAs(newest)) return layers.second;
    layers.run(this.#offsets, this.#weights, 0, rowsPerKeystroke);
    this.#network.newest = this;
    return layers.second;
  }

  #readsAs(other: NetworkStream): boolean {
    const [offsets, weights, theirOffsets, theirWeights] = [
      this.#offsets,
      this.#weights,
      other.#offsets,
      other.#weights,
    ];
    for (let index = 0; index < rowsPerKeystroke; index += 1)
      if (offsets[index] !== theirOffsets[index] || weights[index] !== theirWeights[index]) return false;
    return true;
  }
}
