/**
 * What is kept of a typist: counts, sums and sums of squares of three transformed times for each pair of keys, and a sum
 * of a network's hidden states. The former do not depend on the background, so that a new background scores old
 * enrolments; the latter are given up with their network. No order is kept beyond pairs of keys.
 */
import { SamehandError } from "../../gateway/core/errors.ts";
import type { Statistics } from "../modality.ts";
import type { Keystroke } from "./keystroke.ts";
import { featureCount, pairCount, pairOf, transformed } from "./times.ts";
import { type Network, type NetworkStream, hidden } from "./network.ts";

const version = 2;
const headerBytes = 16 + 4 * hidden;
const bytesPerPair = 2 + featureCount * (2 + 4 + 4);
const mostCounted = 0xffff;

/** Count, sum and sum of squares for each feature. */
export type Moments = Float64Array;
const momentCount = 3 * featureCount;

export class KeyboardStatistics implements Statistics<Keystroke> {
  readonly pairs = new Map<number, Moments>();
  /** The sum of hidden states over `networkCount` keystrokes, of the network with this id; 0 is none. */
  readonly hidden = new Float64Array(hidden);
  readonly networkId: number;
  readonly #stream: NetworkStream | null;
  readonly #times = new Float64Array(featureCount);
  #networkCount = 0;
  #count = 0;

  constructor(network: Network | null) {
    this.networkId = network?.id ?? 0;
    this.#stream = network?.stream() ?? null;
  }

  get networkCount(): number {
    return this.#networkCount;
  }

  get count(): number {
    return this.#count;
  }

  add(keystroke: Keystroke): void {
    this.#count += 1;
    if (this.#stream !== null) {
      const states = this.#stream.read(keystroke);
      for (let unit = 0; unit < hidden; unit += 1) this.hidden[unit] += states[unit];
      this.#networkCount += 1;
    }
    transformed(keystroke, this.#times);
    const moments = this.#at(pairOf(keystroke.before, keystroke.key));
    for (let feature = 0; feature < featureCount; feature += 1) {
      const value = this.#times[feature];
      if (Number.isNaN(value)) continue;
      moments[feature * 3] = moments[feature * 3] + 1;
      moments[feature * 3 + 1] = moments[feature * 3 + 1] + value;
      moments[feature * 3 + 2] = moments[feature * 3 + 2] + value * value;
    }
  }

  /** @throws SamehandError `profile-unreadable` for statistics of another kind */
  merge(other: Statistics<Keystroke>): void {
    if (!(other instanceof KeyboardStatistics))
      throw new SamehandError("profile-unreadable", "not keyboard statistics");
    this.#count += other.count;
    if (other.networkId === this.networkId) {
      for (let unit = 0; unit < hidden; unit += 1) this.hidden[unit] += other.hidden[unit];
      this.#networkCount += other.networkCount;
    }
    for (const [pair, from] of other.pairs) {
      const into = this.#at(pair);
      for (let index = 0; index < momentCount; index += 1) into[index] = into[index] + from[index];
    }
  }

  /** The same typing with less weight. @param share 0 to 1 @param network the one that these statistics sum */
  scaled(share: number, network: Network | null): KeyboardStatistics {
    const lighter = new KeyboardStatistics(network);
    lighter.merge(this);
    if (share >= 1) return lighter;
    lighter.#count = Math.round(this.#count * share);
    lighter.#networkCount = Math.round(lighter.#networkCount * share);
    lighter.hidden.forEach((sum, unit) => (lighter.hidden[unit] = sum * share));
    for (const moments of lighter.pairs.values()) moments.forEach((sum, index) => (moments[index] = sum * share));
    return lighter;
  }

  /** Version, count, then each pair in ascending order with count, mean and variance of each feature. */
  encode(): Uint8Array {
    const pairs = [...this.pairs].sort(([left], [right]) => left - right);
    const bytes = new Uint8Array(headerBytes + pairs.length * bytesPerPair);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, version, true);
    view.setUint16(2, pairs.length, true);
    view.setUint32(4, this.#count, true);
    view.setUint32(8, this.networkId, true);
    view.setUint32(12, this.#networkCount, true);
    for (let unit = 0; unit < hidden; unit += 1) view.setFloat32(16 + 4 * unit, this.hidden[unit], true);
    let at = headerBytes;
    for (const [pair, moments] of pairs) {
      view.setUint16(at, pair, true);
      at += 2;
      for (let feature = 0; feature < featureCount; feature += 1) {
        const [count, sum, squares] = moments.subarray(feature * 3, feature * 3 + 3) as unknown as [
          number,
          number,
          number,
        ];
        const mean = count > 0 ? sum / count : 0;
        view.setUint16(at, Math.min(Math.ceil(count), mostCounted), true);
        view.setFloat32(at + 2, mean, true);
        view.setFloat32(at + 6, count > 0 ? Math.max(squares / count - mean * mean, 0) : 0, true);
        at += 10;
      }
    }
    return bytes;
  }

  /**
   * @param network the network that goes on summing; sums of another network are given up
   * @throws SamehandError `profile-unreadable`
   */
  static decode(bytes: Uint8Array, network: Network | null): KeyboardStatistics {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const fail = (why: string): never => {
      throw new SamehandError("profile-unreadable", `keyboard statistics: ${why}`);
    };
    if (bytes.byteLength < headerBytes) fail("too short");
    if (view.getUint16(0, true) !== version) fail("unknown version");
    const pairs = view.getUint16(2, true);
    if (bytes.byteLength !== headerBytes + pairs * bytesPerPair) fail("wrong length");
    const statistics = new KeyboardStatistics(network);
    statistics.#count = view.getUint32(4, true);
    if (view.getUint32(8, true) === statistics.networkId) {
      statistics.#networkCount = view.getUint32(12, true);
      for (let unit = 0; unit < hidden; unit += 1) {
        const sum = view.getFloat32(16 + 4 * unit, true);
        if (!Number.isFinite(sum)) fail("not a number");
        statistics.hidden[unit] = sum;
      }
    }
    let at = headerBytes;
    for (let index = 0; index < pairs; index += 1) {
      const pair = view.getUint16(at, true);
      if (pair >= pairCount) fail("unknown key");
      const moments = statistics.#at(pair);
      at += 2;
      for (let feature = 0; feature < featureCount; feature += 1) {
        const count = view.getUint16(at, true);
        const mean = view.getFloat32(at + 2, true);
        const variance = view.getFloat32(at + 6, true);
        if (!Number.isFinite(mean) || !(variance >= 0 && variance < 1e6)) fail("not a number");
        moments.set([count, count * mean, count * (variance + mean * mean)], feature * 3);
        at += 10;
      }
    }
    return statistics;
  }

  #at(pair: number): Moments {
    let moments = this.pairs.get(pair);
    if (moments === undefined) {
      moments = new Float64Array(momentCount);
      this.pairs.set(pair, moments);
    }
    return moments;
  }
}
