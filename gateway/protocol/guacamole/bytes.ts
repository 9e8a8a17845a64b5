/** Bytes that the formats are made of, numbers written as text, and strict UTF-8. */

export const dot = 0x2e;
export const comma = 0x2c;
export const semicolon = 0x3b;
export const minus = 0x2d;
export const digit0 = 0x30;

/**
 * Writes an integer in decimal, without leading zeros.
 * @param value within the safe integers
 * @returns the offset after it
 */
export function writeInteger(out: Uint8Array, offset: number, value: number): number {
  let rest = value;
  if (rest < 0) {
    out[offset++] = minus;
    rest = -rest;
  }
  const end = offset + digits(rest);
  let at = end;
  while (rest > 0x7fffffff) {
    const next = Math.floor(rest / 10);
    out[--at] = digit0 + (rest - next * 10);
    rest = next;
  }
  do {
    const next = (rest / 10) | 0;
    out[--at] = digit0 + (rest - next * 10);
    rest = next;
  } while (at > offset);
  return end;
}

/** How many bytes `writeInteger` writes. */
export function integerLength(value: number): number {
  return value < 0 ? 1 + digits(-value) : digits(value);
}

function digits(value: number): number {
  let count = 1;
  for (let bound = 10; value >= bound; bound *= 10) count++;
  return count;
}

/**
 * The length of the UTF-8 character at `at`, or 0 where there is none: cut, overlong, a surrogate, beyond U+10FFFF
 * (Unicode, table 3-7), NUL, or the byte order mark, which some decoders drop in silence.
 */
export function characterLength(buffer: Uint8Array, at: number, end: number): number {
  const first = buffer[at];
  if (first < 0x80) return first === 0 ? 0 : 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > end) return 0;
  const second = buffer[at + 1];
  for (let i = 1; i < length; i++) if ((buffer[at + i] & 0xc0) !== 0x80) return 0;
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second > 0x9f) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  if (first === 0xf4 && second > 0x8f) return 0;
  if (first === 0xef && second === 0xbb && buffer[at + 2] === 0xbf) return 0;
  return length;
}
