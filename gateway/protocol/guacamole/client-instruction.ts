/** A client's instruction after parsing: its values, and how it is written anew. */
import { comma, dot, integerLength, semicolon, writeInteger } from "./bytes.ts";
import { argument, type Opcode, shapes } from "./opcodes.ts";

/** One parsed instruction. Reused: valid only inside of the call that it is given to. */
export interface ClientInstruction {
  readonly opcode: Opcode;
  readonly argc: number;
  /** The rebuilt bytes are at most as many as these. */
  readonly byteLength: number;
  /** The value of the n-th argument (from 0): an integer, or a decimal for the last two of `touch`; NaN for text. */
  number(n: number): number;
  /** The text of the n-th argument (from 0), empty for numbers. Allocates: not for the hot path. */
  text(n: number): string;
  /**
   * Writes the instruction, rebuilt from its parsed values; what the client sent is not copied but for text, which
   * was validated character by character.
   * @param out has `byteLength` bytes of room, and does not overlap with what is being parsed
   * @returns the offset after the last byte
   */
  writeTo(out: Uint8Array, offset: number): number;
}

const mostArguments = Math.max(...shapes.map((shape) => shape.arguments.length));

/** `3.key` and so on, by opcode. */
const prefixes = shapes.map(({ name }) => Buffer.from(`${name.length}.${name}`));

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What the parser fills in. */
export class ParsedInstruction implements ClientInstruction {
  opcode: Opcode = 0;
  argc = 0;
  byteLength = 0;
  buffer: Uint8Array = new Uint8Array(0);
  /** The values of numbers. */
  readonly values = new Float64Array(mostArguments);
  /** Where texts and decimals are in the buffer, and how many code points they have. */
  readonly starts = new Int32Array(mostArguments);
  readonly ends = new Int32Array(mostArguments);
  readonly lengths = new Int32Array(mostArguments);

  number(n: number): number {
    return this.values[n];
  }

  text(n: number): string {
    return decoder.decode(this.buffer.subarray(this.starts[n], this.ends[n]));
  }

  writeTo(out: Uint8Array, offset: number): number {
    const prefix = prefixes[this.opcode];
    for (let i = 0; i < prefix.length; i++) out[offset++] = prefix[i];
    const shape = shapes[this.opcode].arguments;
    for (let n = 0; n < shape.length; n++) {
      out[offset++] = comma;
      const { type } = shape[n];
      offset = type <= argument.pixels ? this.#writeNumber(out, offset, n) : this.#writeText(out, offset, n);
    }
    out[offset++] = semicolon;
    return offset;
  }

  #writeNumber(out: Uint8Array, offset: number, n: number): number {
    const value = this.values[n];
    offset = writeInteger(out, offset, integerLength(value));
    out[offset++] = dot;
    return writeInteger(out, offset, value);
  }

  #writeText(out: Uint8Array, offset: number, n: number): number {
    const start = this.starts[n];
    const end = this.ends[n];
    offset = writeInteger(out, offset, this.lengths[n]);
    out[offset++] = dot;
    out.set(this.buffer.subarray(start, end), offset);
    return offset + end - start;
  }
}
