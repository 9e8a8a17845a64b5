/**
 * What is kept of a typist: counts, sums and sums of squares of three transformed times for each pair of keys, and a sum
 * of a network's hidden states. The former do not depend on the background, so that a new background scores old
 * enrolments; the latter are given up with their network. No order is kept beyond pairs of keys.
 */
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { SamehandError } from "../../gateway/core/errors.ts";
import type { Statistics } from "../modality.ts";
import type { Keystroke } from "./keystroke.ts";
import { momentCount, PairMoments } from "./pair-moments.ts";
import { believed, featureCount, pairCount, pairOf } from "./times.ts";
import { type Network, type NetworkStream, hidden } from "./network.ts";

const version = 3;
/** The form before: pairs not compressed. */
const plainVersion = 2;
const headerBytes = 16 + 4 * hidden;
const bytesPerPair = 2 + featureCount * (2 + 4 + 4);
const mostCounted = 0xffff;
const goldenRatio = (Math.sqrt(5) - 1) / 2;
const squeezing = { params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 16 } };

export class KeyboardStatistics implements Statistics<Keystroke> {
  readonly pairs = new PairMoments();
  /** The sum of hidden states over `networkCount` keystrokes, of the network with this id; 0 is none. */
  readonly hidden = new Float64Array(hidden);
  readonly networkId: number;
  readonly #stream: NetworkStream | null;
  readonly #times = new Float64Array(featureCount);
  /** The pairs as `encode` compresses them, where that is known; null since they changed. */
  #squeezed: Uint8Array | null = null;
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
    this.#squeezed = null;
    if (this.#stream !== null) {
      const states = this.#stream.read(keystroke);
      for (let unit = 0; unit < hidden; unit += 1) this.hidden[unit] += states[unit];
      this.#networkCount += 1;
    }
    believed(keystroke, this.#times);
    const from = this.pairs.at(pairOf(keystroke.before, keystroke.key));
    const { moments } = this.pairs;
    for (let feature = 0; feature < featureCount; feature += 1) {
      const value = this.#times[feature];
      if (Number.isNaN(value)) continue;
      const at = from + feature * 3;
      moments[at] = moments[at] + 1;
      moments[at + 1] = moments[at + 1] + value;
      moments[at + 2] = moments[at + 2] + value * value;
    }
  }

  /** @throws SamehandError `profile-unreadable` for statistics of another kind */
  merge(other: Statistics<Keystroke>): void {
    if (!(other instanceof KeyboardStatistics))
      throw new SamehandError("profile-unreadable", "not keyboard statistics");
    this.#count += other.count;
    this.#squeezed = null;
    if (other.networkId === this.networkId) {
      for (let unit = 0; unit < hidden; unit += 1) this.hidden[unit] += other.hidden[unit];
      this.#networkCount += other.networkCount;
    }
    const added = other.pairs.moments;
    for (let n = 0; n < other.pairs.size; n += 1) {
      const into = this.pairs.at(other.pairs.pair(n));
      const { moments } = this.pairs;
      for (let index = 0; index < momentCount; index += 1)
        moments[into + index] = moments[into + index] + added[n * momentCount + index];
    }
  }

  /** Forgets everything; nothing of it stays in memory. */
  wipe(): void {
    this.pairs.wipe();
    this.hidden.fill(0);
    this.#stream?.wipe();
    this.#count = this.#networkCount = 0;
    this.#squeezed = null;
  }

  /**
   * The same typing with less weight: of so many times of a pair a share, in whole ones, so that nothing is lost or gained
   * where it is written. What one pair has too much or too little, the next ones make up for; rare pairs go altogether.
   * @param share 0 to 1 @param network the one that these statistics sum
   */
  scaled(share: number, network: Network | null): KeyboardStatistics {
    const lighter = new KeyboardStatistics(network);
    if (share >= 1) {
      lighter.merge(this);
      return lighter;
    }
    lighter.#count = Math.round(this.#count * share);
    if (this.networkId === lighter.networkId) {
      lighter.#networkCount = Math.round(this.#networkCount * share);
      this.hidden.forEach((sum, unit) => (lighter.hidden[unit] = sum * share));
    }
    // From another place each time, or it would always be the same pairs that keep theirs.
    const owed = new Float64Array(featureCount).fill(((this.#count * goldenRatio) % 1) - 0.5);
    for (let n = 0; n < this.pairs.size; n += 1) this.#lighten(n, share, owed, lighter.pairs);
    return lighter;
  }

  /** Gives a share of the n-th pair's times. @param owed times that were given too few so far, of each feature */
  #lighten(n: number, share: number, owed: Float64Array, to: PairMoments): void {
    const { moments } = this.pairs;
    let into = -1;
    for (let feature = 0; feature < featureCount; feature += 1) {
      const from = n * momentCount + feature * 3;
      const count = moments[from];
      const wanted = count * share + owed[feature];
      const given = Math.min(Math.max(Math.round(wanted), 0), count);
      owed[feature] = wanted - given;
      if (given === 0) continue;
      if (into < 0) into = to.at(this.pairs.pair(n));
      for (let moment = 0; moment < 3; moment += 1)
        to.moments[into + feature * 3 + moment] = (moments[from + moment] * given) / count;
    }
  }

  /** Version, count, then each pair in ascending order with count, mean and variance of each feature, compressed. */
  encode(): Uint8Array {
    const squeezed = (this.#squeezed ??= this.#squeezedPairs());
    const bytes = new Uint8Array(headerBytes + squeezed.length);
    const view = new DataView(bytes.buffer);
    const { size } = this.pairs;
    view.setUint16(0, version, true);
    view.setUint16(2, size, true);
    view.setUint32(4, this.#count, true);
    view.setUint32(8, this.networkId, true);
    view.setUint32(12, this.#networkCount, true);
    for (let unit = 0; unit < hidden; unit += 1) view.setFloat32(16 + 4 * unit, this.hidden[unit], true);
    bytes.set(squeezed, headerBytes);
    return bytes;
  }

  #squeezedPairs(): Uint8Array {
    const { size, moments } = this.pairs;
    if (size === 0) return new Uint8Array(0);
    const bytes = new Uint8Array(size * bytesPerPair);
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (let n = 0; n < size; n += 1) {
      view.setUint16(at, this.pairs.pair(n), true);
      at += 2;
      for (let feature = 0; feature < featureCount; feature += 1) {
        const from = n * momentCount + feature * 3;
        const count = moments[from];
        const sum = moments[from + 1];
        const squares = moments[from + 2];
        const mean = count > 0 ? sum / count : 0;
        view.setUint16(at, Math.min(Math.ceil(count), mostCounted), true);
        view.setFloat32(at + 2, mean, true);
        view.setFloat32(at + 6, count > 0 ? Math.max(squares / count - mean * mean, 0) : 0, true);
        at += 10;
      }
    }
    const squeezed = brotliCompressSync(bytes, squeezing);
    bytes.fill(0);
    return squeezed;
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
    const form = view.getUint16(0, true);
    if (form !== version && form !== plainVersion) fail("unknown version");
    const pairs = view.getUint16(2, true);
    const body = released(bytes.subarray(headerBytes), pairs * bytesPerPair, form === plainVersion);
    if (body === null) return fail("wrong length");
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
    if (form === version) statistics.#squeezed = bytes.subarray(headerBytes);
    const read = new DataView(body.buffer, body.byteOffset, body.byteLength);
    let at = 0;
    for (let index = 0; index < pairs; index += 1) {
      const pair = read.getUint16(at, true);
      if (pair >= pairCount) fail("unknown key");
      const from = statistics.pairs.at(pair);
      const { moments } = statistics.pairs;
      at += 2;
      for (let feature = 0; feature < featureCount; feature += 1) {
        const count = read.getUint16(at, true);
        const mean = read.getFloat32(at + 2, true);
        const variance = read.getFloat32(at + 6, true);
        if (!Number.isFinite(mean) || !(variance >= 0 && variance < 1e6)) fail("not a number");
        moments[from + feature * 3] = count;
        moments[from + feature * 3 + 1] = count * mean;
        moments[from + feature * 3 + 2] = count * (variance + mean * mean);
        at += 10;
      }
    }
    return statistics;
  }
}

/** The pairs of an encoding; null where it has not so many bytes of them. */
function released(bytes: Uint8Array, size: number, plain: boolean): Uint8Array | null {
  let body = bytes;
  if (!plain && size > 0)
    try {
      body = brotliDecompressSync(bytes, { maxOutputLength: size });
    } catch {
      return null;
    }
  return body.length === size ? body : null;
}
