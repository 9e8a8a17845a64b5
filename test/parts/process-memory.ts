/** The memory of a running process, as a core dump would have it: all that it may write to, read from Linux's /proc. */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

export interface Region {
  readonly start: bigint;
  readonly bytes: Buffer;
}

/** Larger mappings are reservations of address space; pieces of this size are read one by one. */
const piece = 16 * 1024 * 1024;

/** What can be read of it now and is not only zeros, in the order of addresses. The process must be a child of this one, or of the same user. */
export function* memoryOf(pid: number): Generator<Region> {
  const descriptor = openSync(`/proc/${pid}/mem`, "r");
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const match = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line);
      if (match === null) continue;
      const end = BigInt(`0x${match[2]}`);
      for (let start = BigInt(`0x${match[1]}`); start < end; start += BigInt(piece)) {
        const length = Number(end - start < BigInt(piece) ? end - start : BigInt(piece));
        const bytes = read(descriptor, start, length);
        if (bytes !== null) yield* written(start, bytes);
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

const page = 4096;
const untouched = Buffer.alloc(page);

/** What of a piece is not only zeros, in whole pages: most of what a process reserves was never written to. */
function* written(start: bigint, bytes: Buffer): Generator<Region> {
  let from = -1;
  for (let at = 0; at < bytes.length; at += page) {
    const empty = bytes.compare(untouched, 0, Math.min(page, bytes.length - at), at, at + page) === 0;
    if (!empty && from < 0) from = at;
    if (!empty || from < 0) continue;
    yield { start: start + BigInt(from), bytes: bytes.subarray(from, at) };
    from = -1;
  }
  if (from >= 0) yield { start: start + BigInt(from), bytes: bytes.subarray(from) };
}

function read(descriptor: number, start: bigint, length: number): Buffer | null {
  const bytes = Buffer.allocUnsafeSlow(length);
  try {
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, start));
  } catch {
    // Given back to the kernel meanwhile.
    return null;
  }
}
