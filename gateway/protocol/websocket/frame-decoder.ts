/**
 * Decodes a client's WebSocket frames (RFC 6455) over chunks cut anywhere. A message that lies whole in one chunk is
 * unmasked in place and handed on without a copy; only cut or fragmented ones are gathered, up to a limit.
 */
import { isUtf8 } from "node:buffer";
import { SamehandError } from "../../core/errors.ts";
import { frameOpcode } from "./frame.ts";

/** Hears what a client sent. The bytes are unmasked, and valid only inside of the call. */
export interface FrameSink {
  /** A whole text message, whose UTF-8 nobody has looked at yet. Returns false to stop. */
  text(buffer: Uint8Array, start: number, end: number): boolean;
  /** To be answered by a pong of the same payload (at most 125 bytes). */
  ping(buffer: Uint8Array, start: number, end: number): void;
  pong(buffer: Uint8Array, start: number, end: number): void;
  /** The client closes, with its code; 1005 where it gave none. Whatever comes after it is not looked at. */
  close(code: number): void;
}

/** The longest header: two bytes, a 64-bit length, the mask. */
const headerLimit = 14;
/** Of a control frame's payload. */
const controlLimit = 125;
/** 1005 in RFC 6455: "no status code was actually present". */
const noCode = 1005;

/** How far a header that began in an earlier chunk has come. */
const state = { header: 0, payload: 1, ended: 2 } as const;

export class FrameDecoder {
  /** Frames so far that held a part of a message, and not its end: empty ones cost a peer next to nothing. */
  fragments = 0;
  readonly #sink: FrameSink;
  readonly #limit: number;
  #state: (typeof state)[keyof typeof state] = state.header;

  /** A header that is cut. */
  readonly #header = new Uint8Array(headerLimit);
  #headerLength = 0;

  /** The frame that is being read. */
  #opcode = 0;
  #final = false;
  #left = 0;
  #mask = 0;
  /** A message is in fragments: `continuation` is expected. */
  #fragmented = false;

  /** A message that is cut: gathered here, and let go with the message. */
  #message: Uint8Array = empty;
  #messageLength = 0;
  /** A control frame that is cut. It may come between the fragments of a message. */
  #control: Uint8Array = empty;
  #controlLength = 0;

  /** @param limit the longest message, all fragments together, in bytes */
  constructor(sink: FrameSink, limit = 65536) {
    this.#sink = sink;
    this.#limit = limit;
  }

  /**
   * Takes in the next bytes of the stream, all of them, and changes them (unmasking).
   * @returns false where the sink stopped it, or the client has closed, or an error came before: nothing more is decoded
   * @throws SamehandError `frame-malformed`, `frame-too-large`, `frame-binary`, and what the sink throws
   */
  decode(buffer: Uint8Array, start: number, end: number): boolean {
    try {
      return this.#decode(buffer, start, end);
    } catch (error) {
      this.#state = state.ended;
      throw error;
    }
  }

  /** Nothing comes any more: nothing of a message that was cut stays in memory. */
  wipe(): void {
    this.#state = state.ended;
    this.#message.fill(0);
    this.#control.fill(0);
  }

  #decode(buffer: Uint8Array, start: number, end: number): boolean {
    let at = start;
    while (this.#state !== state.ended) {
      if (this.#state === state.header) {
        at = this.#readHeader(buffer, at, end);
        // a frame without payload ends with its header, which may be the chunk's last byte
        if (this.#state === state.header) return true;
      } else if (at >= end) return true;
      const length = Math.min(this.#left, end - at);
      this.#left -= length;
      this.#mask = unmask(buffer, at, at + length, this.#mask);
      this.#payload(buffer, at, at + length);
      at += length;
      if (this.#left > 0) return true;
    }
    return false;
  }

  /** Reads a header, whole or its rest; the state says whether it is complete. Returns the offset after it. */
  #readHeader(buffer: Uint8Array, start: number, end: number): number {
    if (this.#headerLength === 0 && end - start >= headerLimit) {
      this.#state = state.payload;
      return start + this.#frame(buffer, start);
    }
    const header = this.#header;
    let at = start;
    while (at < end) {
      header[this.#headerLength++] = buffer[at++];
      const length = this.#headerLength;
      if (length === 2) this.#checkStart(header, 0);
      if (length >= 2 && length === headerLength(header[1])) {
        this.#headerLength = 0;
        this.#state = state.payload;
        this.#frame(header, 0);
        return at;
      }
    }
    return at;
  }

  /** Takes a whole header in, and returns its length. */
  #frame(header: Uint8Array, at: number): number {
    this.#checkStart(header, at);
    const code = header[at] & 0x0f;
    const length = payloadLength(header, at);
    const end = at + headerLength(header[at + 1]);
    if (code < frameOpcode.close && this.#messageLength + length > this.#limit)
      throw new SamehandError("frame-too-large", `limit ${this.#limit}`);
    this.#opcode = code;
    this.#final = (header[at] & 0x80) !== 0;
    this.#left = length;
    this.#mask = header[end - 4] | (header[end - 3] << 8) | (header[end - 2] << 16) | (header[end - 1] << 24);
    return end - at;
  }

  /** What the first two bytes must be, whatever comes after them. */
  #checkStart(header: Uint8Array, at: number): void {
    const first = header[at];
    const second = header[at + 1];
    const code = first & 0x0f;
    if ((first & 0x70) !== 0) throw malformed("reserved bits");
    if ((second & 0x80) === 0) throw malformed("not masked");
    if (code >= frameOpcode.close) {
      if (code > frameOpcode.pong) throw malformed("reserved opcode");
      if ((first & 0x80) === 0) throw malformed("control frame in fragments");
      if ((second & 0x7f) > controlLimit) throw malformed("control frame of more than 125 bytes");
      if (code === frameOpcode.close && (second & 0x7f) === 1) throw malformed("half a close code");
      return;
    }
    if (code > frameOpcode.binary) throw malformed("reserved opcode");
    if (code === frameOpcode.binary) throw new SamehandError("frame-binary");
    if ((code === frameOpcode.continuation) !== this.#fragmented)
      throw malformed(this.#fragmented ? "a message inside of another" : "a continuation of nothing");
  }

  /** A part of the frame's payload, unmasked; with the last part the frame is done. */
  #payload(buffer: Uint8Array, start: number, end: number): void {
    const done = this.#left === 0;
    if (done) this.#state = state.header;
    if (this.#opcode >= frameOpcode.close) this.#controlPart(buffer, start, end, done);
    else this.#dataPart(buffer, start, end, done);
  }

  #dataPart(buffer: Uint8Array, start: number, end: number, done: boolean): void {
    const whole = done && this.#final;
    if (done) this.#fragmented = !this.#final;
    if (done && !this.#final) this.fragments += 1;
    if (whole && this.#messageLength === 0) {
      if (!this.#sink.text(buffer, start, end)) this.#state = state.ended;
      return;
    }
    this.#gather(buffer, start, end);
    if (!whole) return;
    const message = this.#message;
    const length = this.#messageLength;
    this.#message = empty;
    this.#messageLength = 0;
    if (!this.#sink.text(message, 0, length)) this.#state = state.ended;
    message.fill(0, 0, length);
  }

  /** Adds to the message that is cut, in a buffer that doubles up to the limit. */
  #gather(buffer: Uint8Array, start: number, end: number): void {
    const length = this.#messageLength + end - start;
    if (length > this.#message.length) {
      const wanted = Math.max(length + this.#left, 2 * this.#message.length);
      const larger = new Uint8Array(Math.min(wanted, this.#limit));
      larger.set(this.#message.subarray(0, this.#messageLength));
      this.#message.fill(0);
      this.#message = larger;
    }
    this.#message.set(buffer.subarray(start, end), this.#messageLength);
    this.#messageLength = length;
  }

  #controlPart(buffer: Uint8Array, start: number, end: number, done: boolean): void {
    if (done && this.#controlLength === 0) {
      this.#controlFrame(buffer, start, end);
      return;
    }
    if (this.#control === empty) this.#control = new Uint8Array(controlLimit);
    this.#control.set(buffer.subarray(start, end), this.#controlLength);
    this.#controlLength += end - start;
    if (!done) return;
    const length = this.#controlLength;
    this.#controlLength = 0;
    this.#controlFrame(this.#control, 0, length);
  }

  #controlFrame(buffer: Uint8Array, start: number, end: number): void {
    if (this.#opcode === frameOpcode.ping) this.#sink.ping(buffer, start, end);
    else if (this.#opcode === frameOpcode.pong) this.#sink.pong(buffer, start, end);
    else {
      const code = closeCode(buffer, start, end);
      this.#state = state.ended;
      this.#sink.close(code);
    }
  }
}

const empty = new Uint8Array(0);

const malformed = (detail: string): SamehandError => new SamehandError("frame-malformed", detail);

/** Two bytes, the longer lengths, the mask. */
function headerLength(second: number): number {
  const length = second & 0x7f;
  return length < 126 ? 6 : length === 126 ? 8 : 14;
}

/** The payload's length, which must be written in the fewest bytes. */
function payloadLength(header: Uint8Array, at: number): number {
  const short = header[at + 1] & 0x7f;
  if (short < 126) return short;
  if (short === 126) {
    const length = (header[at + 2] << 8) | header[at + 3];
    if (length < 126) throw malformed("length in more bytes than it needs");
    return length;
  }
  if ((header[at + 2] & 0x80) !== 0) throw malformed("negative length");
  let length = 0;
  for (let i = 2; i < 10; i++) length = length * 256 + header[at + i];
  if (length < 65536) throw malformed("length in more bytes than it needs");
  return length;
}

/**
 * Unmasks in place.
 * @param mask four bytes, the lowest first
 * @returns the mask as it stands for the byte at `end`
 */
function unmask(buffer: Uint8Array, start: number, end: number, mask: number): number {
  let rest = mask;
  let at = start;
  const b0 = rest & 0xff;
  const b1 = (rest >>> 8) & 0xff;
  const b2 = (rest >>> 16) & 0xff;
  const b3 = rest >>> 24;
  for (; at + 4 <= end; at += 4) {
    buffer[at] ^= b0;
    buffer[at + 1] ^= b1;
    buffer[at + 2] ^= b2;
    buffer[at + 3] ^= b3;
  }
  for (; at < end; at++) {
    buffer[at] ^= rest & 0xff;
    rest = (rest >>> 8) | (rest << 24);
  }
  return rest;
}

/** RFC 6455, section 7.4: which codes may stand in a frame. */
function closeCode(buffer: Uint8Array, start: number, end: number): number {
  if (start === end) return noCode;
  const code = (buffer[start] << 8) | buffer[start + 1];
  const named = code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
  if (!named && !(code >= 3000 && code <= 4999)) throw malformed("close code");
  if (!isUtf8(buffer.subarray(start + 2, end))) throw malformed("close reason that is not UTF-8");
  return code;
}
