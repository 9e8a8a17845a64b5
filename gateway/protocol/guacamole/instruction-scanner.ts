/**
 * Finds the boundaries of instructions in a stream of bytes that comes in chunks cut anywhere. Values are skipped by
 * their length and never decoded; only opcodes are looked at, and the arguments of the few instructions that somebody
 * watches.
 *
 * Lengths count Unicode characters, and guacd counts them as lead bytes (unicode.c): in ASCII, which is nearly all of
 * a display stream, a skip is an addition.
 */
import { isAscii } from "node:buffer";
import { comma, digit0, dot, minus, semicolon } from "./bytes.ts";
import { countCharacters, wordsOf } from "./code-points.ts";

/** Where the stream stands within an element. */
const phase = { length: 0, value: 1, terminator: 2 } as const;

/** How many digits the length of an element may have. */
const lengthDigits = 5;
/** How many arguments of a watched instruction are kept. */
const watchedArguments = 7;
/**
 * From here on, what `watch` returns is only noted: one argument of it, whose place is in the lowest bits. The quick way
 * over an instruction reads that one in passing.
 */
export const noting = 16;
const place = noting - 1;
/** Spans of at least this many bytes are worth a native test for ASCII. */
const nativeWorth = 512;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** An opcode as one number, which `watch` is asked with. It tells those apart that guacd sends. */
export function opcodeHash(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = mix(hash, name.charCodeAt(i));
  return hash;
}

const mix = (hash: number, byte: number): number => (Math.imul(hash, 131) + byte) | 0;

/** A short integer in ASCII; NaN for anything else. */
function integer(buffer: Uint8Array, start: number, end: number): number {
  const negative = buffer[start] === minus;
  let at = negative ? start + 1 : start;
  if (at === end) return NaN;
  let value = 0;
  for (; at < end; at++) {
    const digit = buffer[at] - digit0;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

export abstract class InstructionScanner {
  readonly #limit: number;
  readonly #lines: boolean;

  #phase: (typeof phase)[keyof typeof phase] = phase.length;
  /** The length as far as it was read, and its digits. */
  #length = 0;
  #digits = 0;
  /** Characters of the value that are still to come. */
  #left = 0;
  #element = 0;
  #opcode = 0;
  #watched = 0;
  #negative = false;
  /** No character of the watched argument has come yet. */
  #fresh = false;
  /** Bytes of the current instruction in earlier chunks. */
  #carried = 0;

  /** Bytes that were taken in. */
  bytes = 0;
  /** The arguments of a watched instruction as integers; NaN for what is not one. */
  protected readonly values = new Float64Array(watchedArguments);

  /**
   * @param limit the longest instruction, in bytes
   * @param lines line feeds may stand between instructions, as in recordings that were written line by line
   */
  protected constructor(limit: number, lines: boolean) {
    this.#limit = limit;
    this.#lines = lines;
  }

  /** A number above 0 for an opcode whose arguments are wanted, or `noting` and above where one of them is. */
  protected abstract watch(hash: number): number;
  /** A watched instruction is complete; its first arguments are in `values`. `offset` is where it ends. */
  protected abstract seen(watched: number, argc: number, offset: number): void;
  /** The argument that is noted of an instruction, which may not be complete yet. NaN where it is no integer. */
  protected noted(_watched: number, _value: number): void {}
  /** Throws what a malformed stream means here. */
  protected abstract malformed(what: string, offset: number): never;

  /** True at an instruction boundary. */
  get complete(): boolean {
    return this.#between;
  }

  /**
   * Takes in the next bytes of the stream, only new ones: what the last call left over is remembered.
   * @returns the offset just after the last instruction that ends in this chunk; `start` where none does
   * @throws SamehandError as `malformed` says, also where an instruction is longer than the limit
   */
  scan(buffer: Uint8Array, start: number, end: number): number {
    this.bytes += end - start;
    const ascii = isAscii(buffer.subarray(start, end));
    const words = ascii ? null : wordsOf(buffer);
    let at = start;
    let boundary = start;
    let begin = start - this.#carried;
    while (at < end) {
      if (this.#between) {
        if (this.#lines) while (at < end && (buffer[at] === lineFeed || buffer[at] === carriageReturn)) at++;
        const next = ascii ? this.#skipWhole(buffer, at, end) : at;
        boundary = begin = next;
        if (next > at || next >= end) {
          at = next;
          continue;
        }
      }
      if (this.#phase === phase.length) at = this.#readLength(buffer, at, end);
      if (this.#phase === phase.value) {
        if (this.#element === 0 || this.#watched !== 0) at = this.#readValue(buffer, at, end);
        else if (words === null) {
          const length = Math.min(this.#left, end - at);
          at += length;
          this.#left -= length;
        } else at = this.#skip(buffer, words, at, end);
        if (this.#left > 0) break;
        this.#phase = phase.terminator;
      }
      if (this.#phase === phase.terminator) {
        if (words !== null) while (at < end && (buffer[at] & 0xc0) === 0x80) at++;
        if (at >= end) break;
        if (this.#terminate(buffer[at++], at)) {
          if (at - begin > this.#limit) this.malformed("instruction too long", at);
          boundary = begin = at;
        }
      }
    }
    this.#carried = end - begin;
    if (this.#carried > this.#limit) this.malformed("instruction too long", end);
    return boundary;
  }

  /**
   * The quick way over instructions that lie whole in an ASCII chunk and that nobody watches: nothing is remembered.
   * Stops before the first that is otherwise, cut, or malformed, and leaves it to the careful way.
   */
  #skipWhole(buffer: Uint8Array, start: number, end: number): number {
    let begin = start;
    for (;;) {
      let at = begin;
      let watched = 0;
      for (let element = 0; ; element++) {
        const first = at;
        let length = buffer[at++] - digit0;
        if (length < 0 || length > 9) return begin;
        let byte = buffer[at++];
        while (byte !== dot) {
          const digit = byte - digit0;
          if (!(digit >= 0 && digit <= 9) || length === 0 || at - first > lengthDigits) return begin;
          length = length * 10 + digit;
          byte = buffer[at++];
        }
        const value = at;
        at = value + length;
        if (at >= end || at - begin >= this.#limit) return begin;
        if (element === 0) {
          let hash = 0;
          for (let i = value; i < at; i++) hash = mix(hash, buffer[i]);
          watched = this.watch(hash);
          if (watched !== 0 && watched < noting) return begin;
        } else if (watched !== 0 && element === (watched & place)) this.noted(watched, integer(buffer, value, at));
        const terminator = buffer[at++];
        if (terminator === semicolon) break;
        if (terminator !== comma) return begin;
      }
      begin = at;
    }
  }

  #readLength(buffer: Uint8Array, start: number, end: number): number {
    let at = start;
    let length = this.#length;
    let digits = this.#digits;
    for (; at < end; at++) {
      const digit = buffer[at] - digit0;
      if (digit < 0 || digit > 9) break;
      if (++digits > lengthDigits || (digits > 1 && length === 0)) this.malformed("length", at);
      length = length * 10 + digit;
    }
    this.#length = length;
    this.#digits = digits;
    if (at === end) return at;
    if (buffer[at] !== dot || digits === 0) this.malformed("length", at);
    this.#phase = phase.value;
    this.#left = length;
    this.#length = this.#digits = 0;
    if (this.#element === 0) this.#opcode = this.#watched = 0;
    else if (this.#watched !== 0 && this.#element <= watchedArguments) {
      this.values[this.#element - 1] = length === 0 ? NaN : 0;
      this.#negative = false;
      this.#fresh = true;
    }
    return at + 1;
  }

  /** True where no byte of an instruction has come yet. */
  get #between(): boolean {
    return this.#phase === phase.length && this.#element === 0 && this.#digits === 0;
  }

  /** An opcode, or an argument of a watched instruction: byte by byte, as few of them are long. */
  #readValue(buffer: Uint8Array, start: number, end: number): number {
    let at = start;
    for (; at < end && this.#left > 0; at++) {
      const byte = buffer[at];
      if ((byte & 0xc0) === 0x80) continue;
      this.#left--;
      if (this.#element > 0) this.#digit(byte);
      else this.#opcode = mix(this.#opcode, byte);
    }
    return at;
  }

  #digit(byte: number): void {
    const n = this.#element - 1;
    if (n >= watchedArguments) return;
    if (byte === minus && this.#fresh && this.#left > 0) this.#negative = true;
    else if (byte >= digit0 && byte <= digit0 + 9)
      this.values[n] = this.values[n] * 10 + (this.#negative ? digit0 - byte : byte - digit0);
    else this.values[n] = NaN;
    this.#fresh = false;
  }

  /** Skips characters in a chunk that is not all ASCII. */
  #skip(buffer: Uint8Array, words: Int32Array, start: number, end: number): number {
    let at = start;
    let left = this.#left;
    while (left > 0 && at < end) {
      const span = Math.min(left, end - at);
      left -=
        span >= nativeWorth && isAscii(buffer.subarray(at, at + span))
          ? span
          : countCharacters(buffer, words, at, at + span);
      at += span;
    }
    this.#left = left;
    return at;
  }

  /** What comes after an element. True at the end of an instruction. */
  #terminate(byte: number, at: number): boolean {
    this.#phase = phase.length;
    if (this.#element === 0) this.#watched = this.watch(this.#opcode);
    if (byte === comma) {
      this.#element++;
      return false;
    }
    if (byte !== semicolon) this.malformed("element does not end where its length says", at - 1);
    if (this.#watched !== 0) {
      if (this.#watched < noting) this.seen(this.#watched, this.#element, at);
      else this.noted(this.#watched, this.values[(this.#watched & place) - 1]);
      this.#watched = 0;
    }
    this.#element = 0;
    return true;
  }
}
