/** Hears what a client sent. The bytes are valid only inside of the call, and unmasked. */
export interface FrameSink {
  /** A whole text message. Return false to stop. */
  text(buffer: Uint8Array, start: number, end: number): boolean;
  /** Answer with a pong of the same payload. */
  ping(buffer: Uint8Array, start: number, end: number): void;
  pong(buffer: Uint8Array, start: number, end: number): void;
  /** The client closes; 1005 where it gave no code. Nothing is decoded after it. */
  close(code: number): void;
}

/** Decodes a client's frames over chunks cut anywhere; unmasks whole messages in place, copies only cut ones. */
export class FrameDecoder {
  /** @param limit the longest message, in bytes */
  constructor(sink: FrameSink, limit = 65536) {
    this.sink = sink;
    this.limit = limit;
  }
  sink: FrameSink;
  limit: number;
  /**
   * Takes in the next bytes of the stream, all of them, and changes them (unmasking).
   * @returns false where the sink stopped it
   * @throws SamehandError `frame-malformed`, `frame-too-large`, `frame-binary`
   */
  decode(_buffer: Uint8Array, _start: number, _end: number): boolean {
    throw new Error("unfinished");
  }
}
