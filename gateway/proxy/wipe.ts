/** Overwrites what was typed, so that it waits in no buffer for a core dump (test/e2e/nothing-typed.test.ts). */

/** Up to here a loop is faster than the call into the engine: a message of a viewer's has about 25 bytes. */
const short = 64;

/** Overwrites the first `length` bytes. */
export function wipe(bytes: Uint8Array, length: number): void {
  if (length > short) bytes.fill(0, 0, length);
  else for (let at = 0; at < length; at++) bytes[at] = 0;
}
