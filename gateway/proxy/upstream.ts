/**
 * guacd's socket: its handshake, then its display, cut at instruction boundaries in bytes and framed in place.
 *
 * One buffer takes the reads, with room for a frame's header in front; a read's whole instructions go out as one frame
 * in one write, and the rest moves to the front. While the viewer has not taken a frame, nothing is read.
 */
import { connect as connectTcp, type Socket, type TcpNetConnectOpts } from "node:net";
import { connect as connectTls } from "node:tls";
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { Handshake } from "../protocol/guacamole/handshake.ts";
import { ServerScanner } from "../protocol/guacamole/server-scanner.ts";
import { headerRoom, writeHeader } from "../protocol/websocket/frame.ts";
import type { GuacdOptions } from "./options.ts";
import { SocketWriter } from "./socket-writer.ts";
import type { Target, TargetOwner } from "./target.ts";

/**
 * Sizes of buffers, from idle to busy. The two large ones are mapped, and so given back to the system (bin/samehand
 * sets from which size on).
 */
const sizes = [4 * 1024, 16 * 1024, 128 * 1024, 256 * 1024];
const [smallest, largest] = [sizes[0], sizes[sizes.length - 1]];
/** The largest is for who fills buffers so often, one read after the other: a picture or two do not. */
const fullReads = 6;

export class Upstream implements Target {
  readonly scanner = new ServerScanner(largest / 2);
  /** The session's own identifier does. */
  readonly tunnelId = "";
  readonly #socket: Socket;
  readonly #owner: TargetOwner;
  /** Null once it is done: it holds the connection's secrets. */
  #handshake: Handshake | null;
  #connectionId = "";
  readonly #writer: SocketWriter;
  readonly #tls: boolean;
  #buffer: Buffer;
  /** Where the next read goes: behind the header's room and what is left of an instruction. */
  #fill = headerRoom;
  /** What is left of an instruction lies from `#tail` to `#end`, behind the frame that went out. */
  #tail = 0;
  #end = 0;
  #waiting = false;
  /** What is left must still move up, once the frame in front of it is taken. */
  #behind = false;
  /** The capacity to go down to, or 0. */
  #shrinkTo = 0;
  #ready = false;
  #lost = false;
  /** The most that one read brought lately; halves each second. */
  #busiest = 0;
  /** Reads that filled the buffer, one after the other. */
  #full = 0;
  /** Buffers that others took the place of; given back by the ticker, once nothing of them waits to be written. */
  #retired: Buffer[] = [];

  constructor(guacd: GuacdOptions, handshake: Handshake, owner: TargetOwner) {
    this.#owner = owner;
    this.#tls = guacd.tls !== null;
    this.#handshake = handshake;
    this.#buffer = Buffer.allocUnsafeSlow(headerRoom + smallest);
    const options: TcpNetConnectOpts = {
      host: guacd.host,
      port: guacd.port,
      noDelay: true,
      onread: { buffer: () => this.#room(), callback: (bytes) => this.#received(bytes) },
    };
    this.#socket = guacd.tls === null ? connectTcp(options) : connectTls({ ...options, ...guacd.tls });
    this.#writer = new SocketWriter(this.#socket, () => owner.flushed());
    this.#socket.once(guacd.tls === null ? "connect" : "secureConnect", () => this.write(handshake.start()));
    this.#socket.on("error", (cause) => {
      const code = this.#ready ? "upstream-closed" : "upstream-unreachable";
      this.#lose(new SamehandError(code, `${guacd.host}:${guacd.port}`, cause));
    });
    this.#socket.on("close", () => {
      this.#lose(
        new SamehandError(this.#ready ? "upstream-closed" : "upstream-refused", `${guacd.host}:${guacd.port}`),
      );
    });
  }

  /** guacd's id of the connection, once it is ready. */
  get connectionId(): string {
    return this.#connectionId;
  }

  /** True until the TCP or TLS connection stands. */
  get connecting(): boolean {
    return this.#socket.connecting;
  }

  /** Bytes that guacd has not taken. */
  get waiting(): number {
    return this.#writer.waiting;
  }

  write(bytes: Uint8Array | string): boolean {
    if (this.#lost || !this.#socket.writable) return false;
    const given = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    // What will wait, as TLS lets all do: a copy of so few bytes is less than another buffer for what comes next.
    const copied = this.#tls || this.waiting > 0;
    if (copied) this.#writer.writeCopy(given);
    else this.#writer.write(given, true);
    return !copied && this.waiting > 0;
  }

  /** The viewer took the frame that `display` returned false for: what is left moves up, and reading goes on. */
  taken(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    if (this.#behind) this.#moveUp();
    this.#socket.resume();
  }

  /**
   * Lets memory go that the last seconds did not need. It goes with the next read, as only then the socket asks for
   * another buffer; guacd says `nop` every 5 s. Called by the ticker.
   */
  trim(): void {
    if (this.#retired.length > 0 && !this.#waiting) {
      for (const buffer of this.#retired) release(buffer);
      this.#retired = [];
    }
    const wanted = sizes.find((size) => size >= this.#busiest * 1.5) ?? largest;
    this.#shrinkTo = wanted < this.#buffer.length - headerRoom ? wanted : 0;
    this.#busiest >>= 1;
  }

  /**
   * Says good-bye: `last` goes out if it can, and soon after it the connection is gone. Where reading was stopped it
   * stays so: the viewer may still be taking the last frame out of the buffer.
   * @param cut input that still waits for a guacd that does not read is lost with the connection
   */
  end(last: string, cut: boolean): void {
    this.#lost = true;
    const lose = this.#socket.connecting || !this.#socket.writable || (cut && this.waiting > 0);
    if (lose) this.#socket.destroy();
    else this.#socket.end(last);
    setTimeout(() => this.#socket.destroy(), 200).unref();
  }

  #room(): Buffer {
    return this.#buffer.subarray(this.#fill);
  }

  /** @returns false to stop reading */
  #received(bytes: number): boolean {
    if (this.#lost) return true;
    try {
      const start = this.#fill;
      this.#end = start + bytes;
      this.#busiest = Math.max(this.#busiest, bytes);
      return this.#ready ? this.#relay(start) : this.#shakeHands(start);
    } catch (error) {
      this.#lose(asSamehandError(error, "upstream-malformed"));
      return true;
    }
  }

  #shakeHands(start: number): boolean {
    const handshake = this.#handshake!;
    const rest = handshake.receive(this.#buffer, start, this.#end, (text) => this.write(text));
    this.#fill = headerRoom;
    if (handshake.connectionId === "") return true;
    this.#connectionId = handshake.connectionId;
    this.#handshake = null;
    this.#ready = true;
    this.#owner.ready();
    if (rest === this.#end || this.#lost) return true;
    this.#buffer.copyWithin(headerRoom, rest, this.#end);
    this.#end = headerRoom + this.#end - rest;
    return this.#relay(headerRoom);
  }

  #relay(start: number): boolean {
    const boundary = this.scanner.scan(this.#buffer, start, this.#end);
    const full = this.#end === this.#buffer.length;
    this.#full = full ? this.#full + 1 : 0;
    if (boundary === start) {
      // No instruction ends in this read; the scanner's limit is below the largest buffer, so there is room to grow.
      this.#fill = this.#end;
      this.#tail = headerRoom;
      if (full) this.#replace(larger(this.#buffer.length - headerRoom));
      return true;
    }
    this.#tail = boundary;
    const frame = writeHeader(this.#buffer, headerRoom, boundary - headerRoom);
    const taken = this.#owner.display(this.#buffer.subarray(frame, boundary), headerRoom - frame);
    const capacity = this.#buffer.length - headerRoom;
    const left = this.#end - boundary;
    this.#fill = headerRoom + left;
    this.#behind = false;
    const next = larger(capacity);
    if (full && capacity < largest && (next < largest || this.#full >= fullReads)) this.#replace(next);
    else if (taken && left < this.#shrinkTo / 2) this.#replace(this.#shrinkTo);
    // TLS may hand on what it has decrypted although it was told to stop.
    else if (!taken && this.#tls) this.#replace(capacity);
    else if (taken) this.#moveUp();
    else this.#behind = true;
    this.#waiting ||= !taken;
    return !this.#waiting;
  }

  #moveUp(): void {
    this.#buffer.copyWithin(headerRoom, this.#tail, this.#end);
  }

  /** Goes on in another buffer, with what is left. The socket asks for it after this read, and only then. */
  #replace(capacity: number): void {
    const buffer = Buffer.allocUnsafeSlow(headerRoom + capacity);
    this.#buffer.copy(buffer, headerRoom, this.#tail, this.#end);
    this.#retired.push(this.#buffer);
    this.#buffer = buffer;
    this.#shrinkTo = 0;
  }

  #lose(error: SamehandError): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#socket.destroy();
    this.#owner.lost(error);
  }
}

const larger = (capacity: number): number => sizes.find((size) => size > capacity) ?? largest;

/** Gives memory back now: what waits for the collector was most of what sessions took after a burst. */
function release(buffer: Buffer): void {
  (buffer.buffer as ArrayBuffer).transfer(0);
}
