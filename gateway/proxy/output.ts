/**
 * Where a read's instructions are rebuilt before they go to guacd in one write. One for all sessions of a process:
 * a read is handled to its end before the next one begins. What is in it belongs to one upstream, and goes nowhere else.
 */
import type { ClientInstruction } from "../protocol/guacamole/client-instruction.ts";
import type { Target } from "./target.ts";
import { wipe } from "./wipe.ts";

export class Output {
  readonly #size: number;
  #buffer: Buffer;
  #used = 0;
  #to: Target | null = null;

  /** @param size bytes; no instruction may be longer */
  constructor(size: number) {
    this.#size = size;
    this.#buffer = Buffer.allocUnsafeSlow(size);
  }

  append(instruction: ClientInstruction, to: Target): void {
    this.#makeRoom(instruction.byteLength, to);
    this.#used = instruction.writeTo(this.#buffer, this.#used);
  }

  /** Appends an instruction of our own, in ASCII. */
  appendText(text: string, to: Target): void {
    this.#makeRoom(text.length, to);
    this.#used += this.#buffer.write(text, this.#used, "latin1");
  }

  /** One write of all that was appended for this upstream. */
  flush(to: Target): void {
    if (this.#to === to) this.#write(to);
  }

  /** Forgets what was appended for this upstream. */
  discard(to: Target | null): void {
    if (this.#to === to) this.#used = 0;
  }

  #makeRoom(length: number, to: Target): void {
    if (this.#to !== null && (this.#to !== to || this.#size - this.#used < length)) this.#write(this.#to);
    this.#to = to;
  }

  #write(to: Target): void {
    this.#to = null;
    if (this.#used === 0) return;
    const bytes = this.#buffer.subarray(0, this.#used);
    this.#used = 0;
    // The kernel did not take it at once: the buffer belongs to that write, which wipes it once it has.
    if (to.write(bytes)) this.#buffer = Buffer.allocUnsafeSlow(this.#size);
    else wipe(bytes, bytes.length);
  }
}
