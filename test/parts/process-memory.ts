/** The memory of a running process, as a core dump would have it: all that it may write to, read from Linux's /proc. */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

export interface Region {
  readonly start: bigint;
  readonly bytes: Buffer;
}

/** Larger mappings are reservations of address space; pieces of this size are read one by one. */
const piece = 16 * 1024 * 1024;

/** What can be read of it now, in the order of addresses. The process must be a child of this one, or of the same user. */
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
        if (bytes !== null) yield { start, bytes };
      }
    }
  } finally {
    closeSync(descriptor);
  }
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
