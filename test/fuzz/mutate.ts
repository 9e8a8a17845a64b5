/** Changes bytes a little, in ways that parsers are known to disagree about. */
import type { Random } from "./random.ts";

const tokens = [
  ...Array.from("0123456789.,;-+ \0\n\t"),
  "0.",
  "3.key,2.99,1.1;",
  "5.mouse,1.1,1.1,1.1;",
  "4294967299",
  "-1",
  "8193",
  "é",
  "漢",
  "😀",
  "\ufeff",
].map((text) => Buffer.from(text));
tokens.push(
  Buffer.from([0xff]),
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]),
  Buffer.from([0xf0]),
  Buffer.from([0x80]),
  Buffer.from([0x81, 0x80, 0, 0, 0, 0]),
  Buffer.from([0x88, 0x80, 0, 0, 0, 0]),
);
/** So that a mutant of a mutant cannot grow without bound. */
const longest = 20_000;

/** @returns a new buffer; `bytes` stays as it is */
export function mutate(bytes: Buffer, corpus: readonly Buffer[], random: Random): Buffer {
  let out = Buffer.from(bytes);
  for (let n = 1 + random.below(4); n > 0; n--) out = change(out, corpus, random);
  return out.subarray(0, longest);
}

function change(bytes: Buffer, corpus: readonly Buffer[], random: Random): Buffer<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + random.below(8));
  const before = bytes.subarray(0, at);
  switch (random.below(7)) {
    case 0:
      return Buffer.concat([before, random.pick(tokens), bytes.subarray(at)]);
    case 1:
      return Buffer.concat([before, bytes.subarray(end)]);
    case 2:
      return Buffer.concat([before, random.pick(tokens), bytes.subarray(end)]);
    case 3:
      return Buffer.concat([before, bytes.subarray(at, end), bytes.subarray(at)]);
    case 4: {
      const other = random.pick(corpus);
      return Buffer.concat([before, other.subarray(random.below(other.length + 1))]);
    }
    default: {
      const out = Buffer.from(bytes);
      if (at < out.length) out[at] = random.below(2) === 0 ? random.below(256) : out[at] ^ (1 << random.below(8));
      return out;
    }
  }
}

/** Cuts bytes into up to six chunks anywhere. */
export function cut(bytes: Buffer, random: Random): Buffer[] {
  const cuts = Array.from({ length: random.below(6) }, () => random.below(bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...cuts].map((at, i) => bytes.subarray(at, cuts[i] ?? bytes.length));
}
