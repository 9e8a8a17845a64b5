/**
 * The strict parser of what a client sends. It refuses whatever two readers could read differently (guacd's C parser
 * with atoi, Java's, a browser's): lengths, numbers and UTF-8 have one spelling, opcodes and arguments one shape.
 * What it accepts is handed on as values and written anew from them.
 */
import { type ErrorCode, SamehandError } from "../../core/errors.ts";
import { characterLength, comma, digit0, dot, minus, semicolon } from "./bytes.ts";
import { type ClientInstruction, ParsedInstruction } from "./client-instruction.ts";
import { argument, type ArgumentShape, opcode, type Shape, shapes } from "./opcodes.ts";

export type { ClientInstruction } from "./client-instruction.ts";

/** Returns false to stop: nothing behind the instruction is parsed. */
export type Visit = (instruction: ClientInstruction) => boolean;

/** The longest element in code points (guacd), and the longest instruction in bytes (Java counts characters). */
const elementLimit = 8192;
const instructionLimit = 8192;
/** Of a number: a sign, and as many digits as a safe integer has. */
const integerLimit = 17;
/** Of a fraction, as JavaScript prints them. */
const decimalLimit = 32;

const byName: readonly (readonly { readonly name: Buffer; readonly shape: Shape }[])[] = Array.from(
  { length: 11 },
  (_, length) =>
    shapes.filter((shape) => shape.name.length === length).map((shape) => ({ name: Buffer.from(shape.name), shape })),
);

const base64Letter = new Uint8Array(256);
for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  base64Letter[letter.charCodeAt(0)] = 1;

/** One for each session: remembers which streams the client has open. */
export class ClientParser {
  /**
   * How many `blob` and `end` came for streams that are not open. They are dropped and not fatal, as a client that
   * closes a stream twice means no harm, and guacd answers them with an error.
   */
  strays = 0;
  readonly #open = new Set<number>();
  readonly #instruction = new ParsedInstruction();
  #buffer: Uint8Array = this.#instruction.buffer;
  #at = 0;
  #end = 0;

  /**
   * Parses the payload of one WebSocket message: one or more whole instructions.
   * @param visit hears each valid instruction before the next is parsed
   * @returns false where `visit` stopped it
   * @throws SamehandError `instruction-malformed`, `instruction-refused`, `instruction-too-large`; instructions before
   *   the bad one were visited. Never says what was typed
   */
  parse(buffer: Uint8Array, start: number, end: number, visit: Visit): boolean {
    const instruction = this.#instruction;
    instruction.buffer = this.#buffer = buffer;
    this.#at = start;
    this.#end = end;
    if (start >= end) throw refusal("instruction-malformed", "empty message");
    while (this.#at < end) {
      this.#parseOne();
      if (this.#stray()) this.strays++;
      else if (!visit(instruction)) return false;
    }
    return true;
  }

  #parseOne(): void {
    const start = this.#at;
    const shape = this.#parseOpcode();
    const args = shape.arguments;
    for (let n = 0; n < args.length; n++) {
      this.#terminator(comma, shape);
      this.#parseArgument(args[n], n, shape);
    }
    this.#terminator(semicolon, shape);
    const instruction = this.#instruction;
    instruction.opcode = shape.opcode;
    instruction.argc = args.length;
    instruction.byteLength = this.#at - start;
    if (instruction.byteLength > instructionLimit) throw refusal("instruction-too-large", shape.name);
  }

  #parseOpcode(): Shape {
    const length = this.#parseLength();
    const buffer = this.#buffer;
    const at = this.#at;
    const candidates = length < byName.length ? byName[length] : [];
    for (let i = 0; i < candidates.length; i++) {
      const { name, shape } = candidates[i];
      let same = 0;
      while (same < length && buffer[at + same] === name[same]) same++;
      if (same === length) {
        this.#at = at + length;
        return shape;
      }
    }
    throw refusal("instruction-refused", "unknown opcode");
  }

  /** An element's length and its dot: canonical, at most four digits. Leaves `#at` at the value, which has at least as many bytes. */
  #parseLength(): number {
    const buffer = this.#buffer;
    const first = this.#at;
    let at = first;
    let length = 0;
    for (; at < this.#end; at++) {
      const digit = buffer[at] - digit0;
      if (digit < 0 || digit > 9) break;
      if (at - first === 4) throw refusal("instruction-malformed", "length of more than four digits");
      length = length * 10 + digit;
    }
    if (at >= this.#end) throw refusal("instruction-malformed", "cut in a length");
    if (at === first || buffer[at] !== dot || (buffer[first] === digit0 && at - first > 1))
      throw refusal("instruction-malformed", "length that is not a number");
    if (length > elementLimit) throw refusal("instruction-too-large", "element");
    this.#at = at + 1;
    if (this.#at + length > this.#end) throw refusal("instruction-malformed", "cut in an element");
    return length;
  }

  #terminator(expected: number, shape: Shape): void {
    if (this.#at >= this.#end) throw refusal("instruction-malformed", "cut between elements");
    const byte = this.#buffer[this.#at++];
    if (byte === expected) return;
    if (byte === comma || byte === semicolon)
      throw refusal("instruction-refused", `${nameOf(shape)} takes ${shape.arguments.length} arguments`);
    throw refusal("instruction-malformed", `${nameOf(shape)}: element does not end where its length says`);
  }

  #parseArgument(expected: ArgumentShape, n: number, shape: Shape): void {
    const length = this.#parseLength();
    const { values, starts, ends, lengths } = this.#instruction;
    const start = this.#at;
    starts[n] = ends[n] = start;
    lengths[n] = length;
    values[n] = NaN;
    let ok: boolean;
    switch (expected.type) {
      case argument.integer:
        ok = this.#parseInteger(length, expected, n);
        break;
      case argument.pixels:
        ok = this.#parsePixels(length, expected, n);
        break;
      case argument.text:
        this.#parseText(length);
        ok = true;
        ends[n] = this.#at;
        break;
      case argument.pipeName:
        this.#parseText(length);
        ends[n] = this.#at;
        ok = !isStdin(this.#buffer, start, this.#at);
        break;
      case argument.base64:
        ok = this.#parseBase64(length);
        ends[n] = this.#at;
        break;
      case argument.decimal:
        ok = this.#parseDecimal(length, n);
        ends[n] = this.#at;
        break;
      case argument.ping:
        ok = this.#parsePing(length);
        ends[n] = this.#at;
        break;
    }
    if (!ok) throw refusal("instruction-refused", `${nameOf(shape)}: argument ${n + 1}`);
  }

  /** `-?(0|[1-9]\d*)` within the bounds; never `-0`. */
  #parseInteger(length: number, { min, max }: ArgumentShape, n: number): boolean {
    const end = this.#at + length;
    if (length === 0 || length > integerLimit) return false;
    const buffer = this.#buffer;
    let at = this.#at;
    const negative = buffer[at] === minus;
    if (negative && ++at === end) return false;
    if (buffer[at] === digit0 && (negative || end - at > 1)) return false;
    let value = 0;
    for (; at < end; at++) {
      const digit = buffer[at] - digit0;
      if (digit < 0 || digit > 9) return false;
      value = value * 10 + digit;
    }
    if (negative) value = -value;
    if (value < min || value > max) return false;
    this.#instruction.values[n] = value;
    this.#at = end;
    return true;
  }

  /** An integer, or a decimal of which only the integer stays. */
  #parsePixels(length: number, bounds: ArgumentShape, n: number): boolean {
    const end = this.#at + length;
    if (length > decimalLimit) return false;
    let point = this.#at;
    while (point < end && this.#buffer[point] !== dot) point++;
    if (point < end) {
      if (point + 1 === end) return false;
      for (let i = point + 1; i < end; i++) if (!isDigit(this.#buffer[i])) return false;
    }
    if (!this.#parseInteger(point - this.#at, bounds, n)) return false;
    this.#at = end;
    return true;
  }

  /** As JavaScript prints a number: `-0.25`, `1`, `5e-7`. */
  #parseDecimal(length: number, n: number): boolean {
    const end = this.#at + length;
    if (length === 0 || length > decimalLimit) return false;
    const text = String.fromCharCode(...this.#buffer.subarray(this.#at, end));
    if (!/^-?(0|[1-9]\d{0,9})(\.\d{1,20})?(e-\d{1,2})?$/.test(text)) return false;
    this.#instruction.values[n] = Number(text);
    this.#at = end;
    return true;
  }

  #parseText(length: number): void {
    const end = this.#end;
    for (let left = length; left > 0; left--) {
      const bytes = this.#at < end ? characterLength(this.#buffer, this.#at, end) : 0;
      if (bytes === 0) throw refusal("instruction-malformed", "text that is not UTF-8, or cut");
      this.#at += bytes;
    }
  }

  #parseBase64(length: number): boolean {
    const end = this.#at + length;
    const buffer = this.#buffer;
    let at = this.#at;
    while (at < end && base64Letter[buffer[at]] === 1) at++;
    for (let padding = 0; padding < 2 && at < end && buffer[at] === 0x3d; padding++) at++;
    this.#at = end;
    return at === end;
  }

  #parsePing(length: number): boolean {
    const at = this.#at;
    const buffer = this.#buffer;
    if (length !== 4) return false;
    this.#at = at + 4;
    return buffer[at] === 0x70 && buffer[at + 1] === 0x69 && buffer[at + 2] === 0x6e && buffer[at + 3] === 0x67;
  }

  /** Keeps the books of the client's streams; true for what belongs to none. */
  #stray(): boolean {
    const { opcode: code, values } = this.#instruction;
    switch (code) {
      case opcode.clipboard:
      case opcode.file:
      case opcode.pipe:
      case opcode.argv:
      case opcode.audio:
        this.#open.add(values[0]);
        return false;
      case opcode.put:
        this.#open.add(values[1]);
        return false;
      case opcode.blob:
        return !this.#open.has(values[0]);
      case opcode.end:
        return !this.#open.delete(values[0]);
      default:
        return false;
    }
  }
}

/** Without regard to case: no honest client has a use for any of them. */
const isStdin = (buffer: Uint8Array, start: number, end: number): boolean =>
  end - start === 5 && String.fromCharCode(...buffer.subarray(start, end)).toUpperCase() === "STDIN";

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

const nameOf = (shape: Shape): string => (shape.name === "" ? "ping" : shape.name);

const refusal = (code: ErrorCode, detail: string): SamehandError => new SamehandError(code, detail);
