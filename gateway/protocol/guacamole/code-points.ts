/** Counting UTF-8 characters without decoding them: every byte that is not a continuation (10xxxxxx) begins one. */

/** Below this many bytes, a loop over bytes is as fast as one over words. */
const wordsWorth = 24;
/** A lane of eight bits in the sum overflows after 255 words. */
const block = 255;
const lanes = 0x01010101;

/** The whole words of the memory that a buffer lies in. Not kept: that would hold on to the memory. */
export function wordsOf(buffer: Uint8Array): Int32Array {
  return new Int32Array(buffer.buffer, 0, buffer.buffer.byteLength >>> 2);
}

/**
 * How many characters begin within [start, end).
 * @param words `wordsOf(buffer)`
 */
export function countCharacters(buffer: Uint8Array, words: Int32Array, start: number, end: number): number {
  let at = start;
  let continuations = 0;
  if (end - start >= wordsWorth) {
    const offset = buffer.byteOffset;
    for (; ((offset + at) & 3) !== 0; at++) continuations += isContinuation(buffer[at]);
    let word = (offset + at) >>> 2;
    const lastWord = Math.min((offset + end) >>> 2, words.length);
    at = lastWord * 4 - offset;
    while (word < lastWord) {
      const stop = Math.min(word + block, lastWord);
      let sum = 0;
      for (; word < stop; word++) {
        const w = words[word];
        sum += (w >>> 7) & (~w >>> 6) & lanes;
      }
      continuations += (sum & 0xff) + ((sum >>> 8) & 0xff) + ((sum >>> 16) & 0xff) + (sum >>> 24);
    }
  }
  for (; at < end; at++) continuations += isContinuation(buffer[at]);
  return end - start - continuations;
}

const isContinuation = (byte: number): number => (byte >>> 7) & (~byte >>> 6);
