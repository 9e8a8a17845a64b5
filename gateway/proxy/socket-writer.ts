/**
 * Writes to a socket past the stream's own queue: what a session writes is whole already, and the kernel nearly always
 * takes it at once. `Socket.write` keeps a queue, allocates for it and calls back a tick later; calling the stream's
 * own `_write` without it (but for TLS), together with `socket-reader.ts`, took 0.86 of the CPU a message (8 paired runs).
 */
import type { Socket } from "node:net";
import { isPlain } from "./plain-socket.ts";
import { wipe } from "./wipe.ts";

/** What `Writable` itself tells `_write` of bytes. */
const asBytes = "buffer" as BufferEncoding;

export class SocketWriter {
  readonly #socket: Socket;
  readonly #plain: boolean;
  readonly #taken: () => void;
  readonly #done = (error?: Error | null): void => this.#written(error);
  /** The length of the write that is being made; 0 once it was taken within its own call. */
  #asked = 0;
  /** The writes that wait for the kernel, in order: their lengths, or what is wiped once it has them. */
  readonly #queue: (number | Uint8Array)[] = [];
  #waiting = 0;

  /** @param taken is called whenever the kernel has taken a write, also within `write` */
  constructor(socket: Socket, taken: () => void) {
    this.#socket = socket;
    this.#plain = isPlain(socket);
    this.#taken = taken;
  }

  /** Bytes that wait in this process: 0 once the kernel took all. */
  get waiting(): number {
    return this.#plain ? this.#waiting : this.#socket.writableLength;
  }

  /**
   * Never throws: a failure destroys the socket, which then says so. The bytes must stay until `waiting` is 0.
   * @param wiped of a plain socket: bytes that were not taken within the call are wiped once they are
   */
  write(bytes: Uint8Array, wiped = false): void {
    if (bytes.length === 0) return;
    if (!this.#plain) return void this.#socket.write(bytes, this.#taken);
    this.#asked = bytes.length;
    this.#socket._write(bytes, asBytes, this.#done);
    if (this.#asked === 0) return;
    this.#queue.push(wiped ? bytes : this.#asked);
    this.#waiting += this.#asked;
    this.#asked = 0;
  }

  /** As `write`, of bytes that need not stay: the copy is wiped once it was taken. */
  writeCopy(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const copy = Buffer.from(bytes);
    if (this.#plain) {
      const before = this.#queue.length;
      this.write(copy, true);
      if (this.#queue.length === before) wipe(copy, copy.length);
      return;
    }
    this.#socket.write(copy, () => {
      wipe(copy, copy.length);
      this.#taken();
    });
  }

  #written(error?: Error | null): void {
    if (this.#asked > 0) this.#asked = 0;
    else this.#waiting -= lengthOf(this.#queue.shift() ?? 0);
    if (error instanceof Error) this.#socket.destroy(error);
    else this.#taken();
  }
}

/** The length of a write that the kernel has now; its bytes are wiped where nobody else has them. */
function lengthOf(write: number | Uint8Array): number {
  if (typeof write === "number") return write;
  wipe(write, write.length);
  return write.length;
}
