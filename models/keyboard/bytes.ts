/** Reads and writes the little-endian fields of a model's encoding. */
import { SamehandError } from "../../gateway/core/errors.ts";

/** The step of a row's 16-bit numbers: a power of two, so that encoding what was decoded changes nothing. */
function scaleOf(row: Float32Array): number {
  let largest = 1e-20;
  for (const value of row) largest = Math.max(largest, Math.abs(value));
  return 2 ** Math.ceil(Math.log2(largest / 32_767));
}

export class ByteWriter {
  readonly #parts: Uint8Array[] = [];

  number(value: number): this {
    const part = new Uint8Array(8);
    new DataView(part.buffer).setFloat64(0, value, true);
    this.#parts.push(part);
    return this;
  }

  /** Numbers as 32-bit floats, with their count first. */
  numbers(values: ArrayLike<number>): this {
    const part = new Uint8Array(4 + 4 * values.length);
    const view = new DataView(part.buffer);
    view.setUint32(0, values.length, true);
    for (let index = 0; index < values.length; index += 1) view.setFloat32(4 + 4 * index, values[index], true);
    this.#parts.push(part);
    return this;
  }

  /** Rows of numbers as 16-bit shares of each row's largest. */
  rows(values: Float32Array, width: number): this {
    const part = new Uint8Array(4 + (values.length / width) * (4 + 2 * width));
    const view = new DataView(part.buffer);
    view.setUint32(0, values.length, true);
    let at = 4;
    for (let row = 0; row < values.length; row += width) {
      const scale = scaleOf(values.subarray(row, row + width));
      view.setFloat32(at, scale, true);
      for (let index = 0; index < width; index += 1) {
        view.setInt16(at + 4 + 2 * index, Math.round(values[row + index] / scale), true);
      }
      at += 4 + 2 * width;
    }
    this.#parts.push(part);
    return this;
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

export class ByteReader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @throws SamehandError `background-unreadable` */
  number(): number {
    this.#need(8);
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return this.#finite(value);
  }

  /** @throws SamehandError `background-unreadable` */
  numbers(): Float64Array {
    this.#need(4);
    const count = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    this.#need(4 * count);
    const values = new Float64Array(count);
    for (let index = 0; index < count; index += 1)
      values[index] = this.#finite(this.#view.getFloat32(this.#at + 4 * index, true));
    this.#at += 4 * count;
    return values;
  }

  /** @throws SamehandError `background-unreadable` */
  rows(width: number): Float32Array {
    this.#need(4);
    const count = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    this.#need((count / width) * (4 + 2 * width));
    const values = new Float32Array(count);
    for (let row = 0; row + width <= count; row += width) {
      const scale = this.#finite(this.#view.getFloat32(this.#at, true));
      for (let index = 0; index < width; index += 1) {
        values[row + index] = this.#view.getInt16(this.#at + 4 + 2 * index, true) * scale;
      }
      this.#at += 4 + 2 * width;
    }
    return values;
  }

  /** @throws SamehandError `background-unreadable` where something is left */
  end(): void {
    if (this.#at !== this.#view.byteLength)
      throw new SamehandError("background-unreadable", "keyboard: trailing bytes");
  }

  #need(bytes: number): void {
    if (this.#at + bytes > this.#view.byteLength)
      throw new SamehandError("background-unreadable", "keyboard: cut short");
  }

  #finite(value: number): number {
    if (!Number.isFinite(value)) throw new SamehandError("background-unreadable", "keyboard: not a number");
    return value;
  }
}
