/**
 * The little of WebSocket (RFC 6455) and of Guacamole that the load needs, in bytes and without allocation:
 * the load must cost less than what it measures.
 */
import { randomBytes } from "node:crypto";

/** A text frame as a client sends it: masked. At most 65,535 bytes of payload. */
export function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  const long = payload.length > 125;
  const frame = Buffer.alloc((long ? 8 : 6) + payload.length);
  frame[0] = 0x81;
  frame[1] = 0x80 | (long ? 126 : payload.length);
  if (long) frame.writeUInt16BE(payload.length, 2);
  const at = long ? 4 : 2;
  const mask = randomBytes(4);
  mask.copy(frame, at);
  for (let i = 0; i < payload.length; i++) frame[at + 4 + i] = payload[i] ^ mask[i & 3];
  return frame;
}

/** A text frame as a server sends it: not masked. */
export function plainText(payload: Buffer): Buffer {
  const size = payload.length;
  const head = size < 126 ? 2 : size < 65_536 ? 4 : 10;
  const frame = Buffer.alloc(head + size);
  frame[0] = 0x81;
  frame[1] = head === 2 ? size : head === 4 ? 126 : 127;
  if (head === 4) frame.writeUInt16BE(size, 2);
  if (head === 10) frame.writeBigUInt64BE(BigInt(size), 2);
  payload.copy(frame, head);
  return frame;
}

/** The request line and fields that open a tunnel at `path` (with its query). */
export const upgradeRequest = (path: string, host: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\nSec-WebSocket-Version: 13\r\n` +
  "Sec-WebSocket-Protocol: guacamole\r\n\r\n";

/** What a walker tells of each frame. */
export interface FrameSink {
  /** A part of a frame's payload, still masked where `mask` is not 0; `last` ends the frame. Control frames are whole. */
  payload(opcode: number, bytes: Buffer, from: number, to: number, last: boolean): void;
}

/** Walks through frames in a stream that is cut anywhere, unmasking in place; long payloads are passed in parts. */
export class FrameWalker {
  readonly #sink: FrameSink;
  readonly #head = Buffer.alloc(14);
  #headSize = 0;
  #left = 0;
  #opcode = 0;
  #masked = false;
  #maskAt = 0;
  #maskOffset = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  walk(bytes: Buffer, from: number, to: number): void {
    let at = from;
    while (at < to) {
      if (this.#left === 0) {
        at = this.#readHead(bytes, at, to);
        continue;
      }
      const end = Math.min(to, at + this.#left);
      if (this.#masked) this.#unmask(bytes, at, end);
      this.#left -= end - at;
      this.#sink.payload(this.#opcode, bytes, at, end, this.#left === 0);
      at = end;
    }
  }

  #unmask(bytes: Buffer, from: number, to: number): void {
    const head = this.#head;
    for (let i = from; i < to; i++) bytes[i] ^= head[this.#maskAt + (this.#maskOffset++ & 3)];
  }

  #readHead(bytes: Buffer, from: number, to: number): number {
    const head = this.#head;
    let at = from;
    while (at < to) {
      head[this.#headSize++] = bytes[at++];
      if (this.#headSize < 2) continue;
      const short = head[1] & 0x7f;
      const sized = short === 126 ? 4 : short === 127 ? 10 : 2;
      this.#masked = (head[1] & 0x80) !== 0;
      if (this.#headSize < sized + (this.#masked ? 4 : 0)) continue;
      this.#headSize = 0;
      this.#maskAt = sized;
      this.#maskOffset = 0;
      this.#opcode = head[0] & 0x0f;
      this.#left = sized === 2 ? short : sized === 4 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
      if (this.#left === 0) this.#sink.payload(this.#opcode, bytes, at, at, true);
      return at;
    }
    return at;
  }
}

/**
 * Walks through instructions whose lengths count bytes (input is ASCII), and calls back with where each opcode
 * begins. Returns how far whole instructions reach.
 */
export function eachInstruction(
  bytes: Buffer,
  from: number,
  to: number,
  tell: (opcodeAt: number, opcodeEnd: number, end: number) => void,
): number {
  let begin = from;
  let at = from;
  let opcodeAt = 0;
  let opcodeEnd = 0;
  while (at < to) {
    let length = 0;
    while (at < to && bytes[at] !== 0x2e) length = length * 10 + bytes[at++] - 0x30;
    at++;
    if (at + length >= to) return begin;
    if (opcodeEnd === 0) {
      opcodeAt = at;
      opcodeEnd = at + length;
    }
    at += length;
    if (bytes[at++] === 0x3b) {
      tell(opcodeAt, opcodeEnd, at);
      begin = at;
      opcodeEnd = 0;
    }
  }
  return begin;
}

/** The shared clock: CLOCK_MONOTONIC in nanoseconds, the same for every process on the machine. */
export function nanoseconds(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1e9 + nanos;
}
