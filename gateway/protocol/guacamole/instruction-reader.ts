/**
 * Reads guacd's instructions one by one with their arguments. Where the display only passes it is never read like
 * this (`server-scanner.ts`); it is while a screen is withheld, and where a picture is fetched.
 */
import { SamehandError } from "../../core/errors.ts";
import { comma, digit0, dot, semicolon } from "./bytes.ts";

/** guacd takes no more elements either. */
const mostElements = 128;
const lengthDigits = 5;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A reader over bytes. What it stands on is valid until the next `next`. */
export class InstructionReader {
  /** Where the instruction begins, and where it ends; of one that is not whole, where it begins. */
  start: number;
  end: number;
  /** Elements of the instruction, opcode included. */
  count = 0;
  readonly #buffer: Uint8Array;
  readonly #limit: number;
  readonly #starts = new Int32Array(mostElements);
  readonly #ends = new Int32Array(mostElements);

  constructor(buffer: Uint8Array, start = 0, end = buffer.length) {
    this.#buffer = buffer;
    this.#limit = end;
    this.start = start;
    this.end = start;
  }

  /**
   * Goes on to the next instruction.
   * @returns false where none is whole any more: the rest begins at `start`
   * @throws SamehandError `upstream-malformed`
   */
  next(): boolean {
    this.start = this.end;
    let at = this.start;
    for (let element = 0; ; element++) {
      if (element === mostElements) throw new SamehandError("upstream-malformed", "too many elements");
      const first = at;
      let length = 0;
      while (at < this.#limit && this.#buffer[at] !== dot) {
        const digit = this.#buffer[at++] - digit0;
        if (digit < 0 || digit > 9 || at - first > lengthDigits)
          throw new SamehandError("upstream-malformed", "length");
        length = length * 10 + digit;
      }
      if (at >= this.#limit) return false;
      if (at === first) throw new SamehandError("upstream-malformed", "length");
      this.#starts[element] = ++at;
      at = this.#skip(at, length);
      if (at >= this.#limit) return false;
      this.#ends[element] = at;
      const terminator = this.#buffer[at++];
      if (terminator === semicolon) {
        this.count = element + 1;
        this.end = at;
        return true;
      }
      if (terminator !== comma)
        throw new SamehandError("upstream-malformed", "element does not end where its length says");
    }
  }

  get opcode(): string {
    return this.text(0);
  }

  /** An element as text: 0 is the opcode. Empty where there is none. */
  text(element: number): string {
    if (element >= this.count) return "";
    return decoder.decode(this.#buffer.subarray(this.#starts[element], this.#ends[element]));
  }

  /** An element as an integer; NaN where it is none. */
  number(element: number): number {
    const text = this.text(element);
    return /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
  }

  /** A copy of the instruction's bytes. */
  copy(): Buffer {
    return Buffer.from(this.#buffer.subarray(this.start, this.end));
  }

  /** A copy of what comes after an element, its terminator included. */
  copyAfter(element: number): Buffer {
    return Buffer.from(this.#buffer.subarray(this.#ends[element], this.end));
  }

  /** Lengths count characters: the bytes that begin one. */
  #skip(start: number, length: number): number {
    let at = start;
    for (let left = length; left > 0 && at < this.#limit; left--) {
      at++;
      while (at < this.#limit && (this.#buffer[at] & 0xc0) === 0x80) at++;
    }
    return at;
  }
}
