/**
 * Trains the network to tell people apart: in each step some people each give a long stretch of typing and a short
 * one, and every short stretch must be nearest to its own person's long one (a symmetric contrastive loss, after Oord
 * et al. 2018; Adam by Kingma and Ba 2015). Part of the steps sees a clock of 16 ms, part a link that delays events.
 */
import { ByteReader, ByteWriter } from "./bytes.ts";
import type { Contexts } from "./contexts.ts";
import { coarse, shaken } from "./distorted.ts";
import type { Keystroke } from "./keystroke.ts";
import { Layers } from "./layers.ts";
import { Network, NetworkInput, embedded, hidden, initialParameters, layout, rowsPerKeystroke } from "./network.ts";
import type { PersonData } from "./population.ts";
import { Random } from "./random.ts";

export interface NetworkOptions {
  readonly seed: number;
  readonly steps: number;
  readonly onProgress: (share: number) => void;
}

/** People of one step. */
const batch = 48;
/** Sharpness of the loss: the cosine is multiplied by it. */
const sharpness = 12;
const rate = 0.003;
const decay = 0.001;
const warmUp = 50;
/** Lengths of the long and the short stretch: the least, and how many more at most. */
const longStretch = [120, 130] as const;
const shortStretch = [25, 60] as const;
/** How the long and the short stretch of a step are seen (0: as they were, 1: coarse, 2: shaken), and how often. */
const views = [
  { long: 0, short: 0, share: 0.45 },
  { long: 1, short: 1, share: 0.2 },
  { long: 2, short: 2, share: 0.2 },
  { long: 0, short: 2, share: 0.15 },
] as const;
type View = (typeof views)[number];
/** Mean delays of shaken sittings, ms: the least, and how much more at most. */
const shakes = [5, 25] as const;
/** A set of few people is drawn as if it had this share of all. */
const leastSetShare = 0.1;

/** A sitting as the network's inputs. */
interface Packed {
  readonly count: number;
  readonly offsets: Int32Array;
  readonly weights: Float32Array;
}

/** A stretch of a sitting on its way through the network. */
interface Stretch {
  readonly packed: Packed;
  readonly from: number;
  readonly count: number;
  /** Where its hidden states start. */
  readonly at: number;
  readonly mean: Float64Array;
  readonly vector: Float64Array;
  readonly gradient: Float64Array;
  length: number;
}

function pack(contexts: Contexts, strokes: readonly Keystroke[]): Packed {
  const input = new NetworkInput(contexts);
  const offsets = new Int32Array(strokes.length * rowsPerKeystroke);
  const weights = new Float32Array(strokes.length * rowsPerKeystroke);
  strokes.forEach((stroke, index) => input.read(stroke, offsets, weights, index * rowsPerKeystroke));
  return { count: strokes.length, offsets, weights };
}

/** One person's typing as it was, by a coarse clock, and through a shaky link, sitting by sitting. */
interface Trainee {
  readonly set: string;
  readonly sittings: readonly (readonly Packed[])[];
}

class Trainer {
  readonly #layers = new Layers(layout, hidden);
  readonly #random: Random;
  readonly #trainees: readonly Trainee[];
  /** Trainees of each set, and the chance of each set. */
  readonly #sets: readonly { readonly members: readonly Trainee[]; readonly share: number }[];
  readonly #gradient = new Float32Array(layout.total);
  readonly #first = new Float32Array(layout.total);
  readonly #second = new Float32Array(layout.total);
  readonly #states: { readonly first: Float32Array; readonly second: Float32Array };

  constructor(trainees: readonly Trainee[], seed: number) {
    this.#trainees = trainees;
    this.#random = new Random(seed);
    this.parameters.set(initialParameters(seed));
    const names = [...new Set(trainees.map((trainee) => trainee.set))];
    const shares = names.map((name) => {
      const members = trainees.filter((trainee) => trainee.set === name);
      return { members, share: Math.max(members.length / trainees.length, leastSetShare) };
    });
    const total = shares.reduce((sum, { share }) => sum + share, 0);
    this.#sets = shares.map(({ members, share }) => ({ members, share: share / total }));
    const most = batch * (longStretch[0] + longStretch[1] + shortStretch[0] + shortStretch[1]);
    this.#states = { first: new Float32Array(most * hidden), second: new Float32Array(most * hidden) };
  }

  get parameters(): Float32Array {
    return this.#layers.parameters;
  }

  step(number: number, steps: number): void {
    const stretches = this.#stretches();
    for (const stretch of stretches) this.#forward(stretch);
    this.#loss(stretches);
    this.#gradient.fill(0);
    for (const stretch of stretches) this.#backward(stretch);
    this.#update(
      number,
      rate * Math.min(1, number / warmUp) * (0.5 + 0.5 * Math.cos((Math.PI * number) / steps)) + 1e-5,
    );
  }

  #draw(): Trainee {
    let chance = this.#random.next();
    const set = this.#sets.find(({ share }) => (chance -= share) < 0) ?? this.#sets[0];
    return set.members[this.#random.integer(set.members.length)];
  }

  /** The long stretches of a batch, then the short ones in the same order. */
  #stretches(): Stretch[] {
    const chosen = new Set<Trainee>();
    const wanted = Math.min(batch, this.#trainees.length);
    for (let tries = 0; chosen.size < wanted && tries < 20 * batch; tries += 1) chosen.add(this.#draw());
    let chance = this.#random.next();
    const view = views.find(({ share }) => (chance -= share) < 0) ?? views[0];
    const pairs = [...chosen].map((trainee) => this.#pair(trainee, view));
    let at = 0;
    return [...pairs.map(([long]) => long), ...pairs.map(([, short]) => short)].map(({ packed, from, count }) => {
      const stretch = {
        packed,
        from,
        count,
        at,
        mean: new Float64Array(hidden),
        vector: new Float64Array(embedded),
        gradient: new Float64Array(embedded),
        length: 0,
      };
      at += count * hidden;
      return stretch;
    });
  }

  /** A long and a short stretch of one person that do not overlap: of different sittings where there are more. */
  #pair(trainee: Trainee, view: View): Pick<Stretch, "packed" | "from" | "count">[] {
    const random = this.#random;
    const { sittings } = trainee;
    const first = random.integer(sittings.length);
    const other = sittings.length > 1 ? (first + 1 + random.integer(sittings.length - 1)) % sittings.length : first;
    const packed = sittings[first][view.long];
    const long = Math.min(longStretch[0] + random.integer(longStretch[1]), Math.floor(packed.count * 0.7));
    const short = shortStretch[0] + random.integer(shortStretch[1]);
    if (other !== first) {
      const later = sittings[other][view.short];
      const count = Math.min(short, later.count);
      return [
        { packed, from: random.integer(packed.count - long + 1), count: long },
        { packed: later, from: random.integer(later.count - count + 1), count },
      ];
    }
    const same = sittings[first][view.short];
    const count = Math.min(short, packed.count - long);
    const gap = random.integer(packed.count - long - count + 1);
    return random.next() < 0.5
      ? [
          { packed, from: 0, count: long },
          { packed: same, from: long + gap, count },
        ]
      : [
          { packed, from: count + gap, count: long },
          { packed: same, from: 0, count },
        ];
  }

  #forward(stretch: Stretch): void {
    const { packed, from, count, at, mean, vector } = stretch;
    const { first, second } = this.#states;
    const { parameters } = this;
    for (let index = 0; index < count; index += 1) {
      this.#layers.run(packed.offsets, packed.weights, (from + index) * rowsPerKeystroke, rowsPerKeystroke);
      first.set(this.#layers.first, at + index * hidden);
      second.set(this.#layers.second, at + index * hidden);
      for (let unit = 0; unit < hidden; unit += 1) mean[unit] += this.#layers.second[unit] / count;
    }
    let length = 1e-8;
    for (let to = 0; to < embedded; to += 1) {
      for (let unit = 0; unit < hidden; unit += 1)
        vector[to] += parameters[layout.third + to * hidden + unit] * mean[unit];
      length += vector[to] ** 2;
    }
    stretch.length = Math.sqrt(length);
    for (let to = 0; to < embedded; to += 1) vector[to] /= stretch.length;
  }

  /** The gradient of the contrastive loss at every vector. */
  #loss(stretches: readonly Stretch[]): void {
    const people = stretches.length / 2;
    const likeness = new Float64Array(people * people);
    const rows = new Float64Array(people);
    const columns = new Float64Array(people);
    for (let row = 0; row < people; row += 1) {
      for (let column = 0; column < people; column += 1) {
        let cosine = 0;
        for (let to = 0; to < embedded; to += 1) {
          cosine += stretches[row].vector[to] * stretches[people + column].vector[to];
        }
        const raised = Math.exp(sharpness * cosine);
        likeness[row * people + column] = raised;
        rows[row] += raised;
        columns[column] += raised;
      }
    }
    for (let row = 0; row < people; row += 1) {
      for (let column = 0; column < people; column += 1) {
        const raised = likeness[row * people + column];
        const pull =
          (raised / rows[row] + raised / columns[column] - (row === column ? 2 : 0)) * (sharpness / (2 * people));
        const long = stretches[row];
        const short = stretches[people + column];
        for (let to = 0; to < embedded; to += 1) {
          long.gradient[to] += pull * short.vector[to];
          short.gradient[to] += pull * long.vector[to];
        }
      }
    }
  }

  #backward({ packed, from, count, at, mean, vector, gradient, length }: Stretch): void {
    const { parameters } = this;
    const total = this.#gradient;
    let along = 0;
    for (let to = 0; to < embedded; to += 1) along += gradient[to] * vector[to];
    const byState = new Float32Array(hidden);
    for (let to = 0; to < embedded; to += 1) {
      const slope = (gradient[to] - along * vector[to]) / length;
      const row = layout.third + to * hidden;
      for (let unit = 0; unit < hidden; unit += 1) {
        total[row + unit] += slope * mean[unit];
        byState[unit] += (slope * parameters[row + unit]) / count;
      }
    }
    const { first, second } = this.#states;
    const top = new Float32Array(hidden);
    const bottom = new Float32Array(hidden);
    for (let index = 0; index < count; index += 1) {
      const state = at + index * hidden;
      for (let unit = 0; unit < hidden; unit += 1) {
        top[unit] = second[state + unit] > 0 ? byState[unit] : 0;
        total[layout.secondBias + unit] += top[unit];
      }
      for (let unit = 0; unit < hidden; unit += 1) {
        bottom[unit] = 0;
        const value = first[state + unit];
        if (value <= 0) continue;
        const row = layout.second + unit * hidden;
        let slope = 0;
        for (let to = 0; to < hidden; to += 1) {
          slope += top[to] * parameters[row + to];
          total[row + to] += top[to] * value;
        }
        bottom[unit] = slope;
        total[layout.firstBias + unit] += slope;
      }
      const rows = (from + index) * rowsPerKeystroke;
      for (let input = rows; input < rows + rowsPerKeystroke; input += 1) {
        const weight = packed.weights[input];
        if (weight === 0) continue;
        const to = packed.offsets[input];
        for (let unit = 0; unit < hidden; unit += 1) total[to + unit] += weight * bottom[unit];
      }
    }
  }

  /** One step of Adam with decoupled weight decay. */
  #update(number: number, speed: number): void {
    const { parameters } = this;
    const firstShare = 1 - 0.9 ** number;
    const secondShare = 1 - 0.99 ** number;
    for (let index = 0; index < layout.total; index += 1) {
      const slope = this.#gradient[index];
      this.#first[index] = 0.9 * this.#first[index] + 0.1 * slope;
      this.#second[index] = 0.99 * this.#second[index] + 0.01 * slope * slope;
      const step = this.#first[index] / firstShare / (Math.sqrt(this.#second[index] / secondShare) + 1e-8);
      parameters[index] -= speed * (step + decay * parameters[index]);
    }
  }
}

export function trainNetwork(people: readonly PersonData[], contexts: Contexts, options: NetworkOptions): Network {
  const least = shortStretch[0] * 2;
  const random = new Random(options.seed);
  const shake = (sitting: readonly Keystroke[]): Keystroke[] =>
    shaken(sitting, shakes[0] + random.next() * shakes[1], random);
  const trainees = people
    .map(({ set, sittings }) => ({
      set,
      sittings: sittings
        .filter((sitting) => sitting.length >= least)
        .map((sitting) => [sitting, coarse(sitting), shake(sitting)].map((seen) => pack(contexts, seen))),
    }))
    .filter((trainee) => trainee.sittings.length > 0);
  const trainer = new Trainer(trainees, options.seed);
  for (let step = 1; step <= options.steps; step += 1) {
    trainer.step(step, options.steps);
    options.onProgress(step / options.steps);
  }
  // as it will be stored, so that its calibration and its id hold for what is read back
  return new Network(contexts, new ByteReader(new ByteWriter().rows(trainer.parameters, hidden).bytes()).rows(hidden));
}
