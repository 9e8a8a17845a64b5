/**
 * A small network that turns typing into a vector: each keystroke, seen with the one before it, passes two layers; the
 * mean over keystrokes passes a third. Means add up, so that an enrolment keeps one sum, whatever its length.
 */
import type { Contexts } from "./contexts.ts";
import { keyCount } from "./keys.ts";
import { type Keystroke, noKey } from "./keystroke.ts";
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

/** Rows of parameters that are added up, and their weights; empty between calls. */
const added = { from: new Int32Array(hidden), weight: new Float64Array(hidden) };

/** The two hidden layers of one keystroke, written into `first` and `second` from `at`. */
export function hiddenLayers(
  parameters: Float32Array,
  offsets: Int32Array,
  weights: Float32Array,
  row: number,
  out: { readonly first: Float32Array; readonly second: Float32Array; readonly at: number },
): void {
  const { first, second: top, at } = out;
  const { from, weight } = added;
  for (let unit = 0; unit < hidden; unit += 1) {
    first[at + unit] = parameters[firstBias + unit];
    top[at + unit] = parameters[secondBias + unit];
  }
  let rows = 0;
  for (let index = row; index < row + rowsPerKeystroke; index += 1) {
    if (weights[index] === 0) continue;
    from[rows] = offsets[index];
    weight[rows] = weights[index];
    rows += 1;
  }
  addRows(parameters, rows, first, at);
  rows = 0;
  for (let unit = 0; unit < hidden; unit += 1) {
    const value = first[at + unit];
    if (value <= 0) {
      first[at + unit] = 0;
      continue;
    }
    from[rows] = second + unit * hidden;
    weight[rows] = value;
    rows += 1;
  }
  addRows(parameters, rows, top, at);
  for (let unit = 0; unit < hidden; unit += 1) if (top[at + unit] < 0) top[at + unit] = 0;
}

/**
 * Adds weighted rows of parameters to a layer, four at a time, so that a unit is read and written once for all four;
 * rounded after each, as if they were added one by one. Wipes them: they tell which key it was.
 */
function addRows(parameters: Float32Array, rows: number, layer: Float32Array, at: number): void {
  const { from, weight } = added;
  // rows behind the last have no weight
  for (let row = 0; row < rows; row += 4) {
    const [from0, from1, from2, from3] = [from[row], from[row + 1], from[row + 2], from[row + 3]];
    const [weight0, weight1, weight2, weight3] = [weight[row], weight[row + 1], weight[row + 2], weight[row + 3]];
    for (let unit = 0; unit < hidden; unit += 1) {
      let sum = Math.fround(layer[at + unit] + weight0 * parameters[from0 + unit]);
      sum = Math.fround(sum + weight1 * parameters[from1 + unit]);
      sum = Math.fround(sum + weight2 * parameters[from2 + unit]);
      layer[at + unit] = sum + weight3 * parameters[from3 + unit];
    }
  }
  from.fill(0, 0, rows);
  weight.fill(0, 0, rows);
}

/** The third layer: a sum of hidden states to a vector of length one. */
export function embed(parameters: Float32Array, sum: Float64Array): Float64Array {
  const vector = new Float64Array(embedded);
  let length = 1e-12;
  for (let to = 0; to < embedded; to += 1) {
    let value = 0;
    for (let unit = 0; unit < hidden; unit += 1) value += parameters[third + to * hidden + unit] * sum[unit];
    vector[to] = value;
    length += value ** 2;
  }
  const scale = 1 / Math.sqrt(length);
  return vector.map((value) => value * scale);
}

/** A trained network. */
export class Network {
  readonly contexts: Contexts;
  readonly parameters: Float32Array;
  /** Tells sums of one network from those of another. Never 0. */
  readonly id: number;
  /** Whichever of its streams read last: the next one often reads the same. */
  newest: NetworkStream | null = null;

  constructor(contexts: Contexts, parameters: Float32Array) {
    this.contexts = contexts;
    this.parameters = parameters;
    // FNV-1a over the parameters and the standardisation that they were trained on
    let hash = 0x811c9dc5;
    for (const table of [parameters, Float32Array.from(contexts.mean), Float32Array.from(contexts.deviation)]) {
      for (const byte of new Uint8Array(table.buffer)) hash = Math.imul(hash ^ byte, 0x01000193);
    }
    this.id = hash >>> 0 || 1;
  }

  /** A reader of one stream of keystrokes. */
  stream(): NetworkStream {
    return new NetworkStream(this);
  }
}

/** The network's hidden states of a stream of keystrokes. */
export interface StateStream {
  /** The keystroke's second hidden layer; overwritten by the next call. */
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
  readonly #out = { first: new Float32Array(hidden), second: new Float32Array(hidden), at: 0 };

  constructor(network: Network) {
    this.#network = network;
    this.#input = new NetworkInput(network.contexts);
  }

  wipe(): void {
    if (this.#network.newest === this) this.#network.newest = null;
    this.#offsets.fill(0);
    this.#weights.fill(0);
    this.#out.first.fill(0);
    this.#out.second.fill(0);
  }

  read(keystroke: Keystroke): Float32Array {
    this.#input.read(keystroke, this.#offsets, this.#weights, 0);
    const { newest, parameters } = this.#network;
    // A session's keystroke is scored and kept for a lesson: the same work twice.
    if (newest !== null && newest !== this && this.#readsAs(newest)) return newest.#out.second;
    hiddenLayers(parameters, this.#offsets, this.#weights, 0, this.#out);
    this.#network.newest = this;
    return this.#out.second;
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
