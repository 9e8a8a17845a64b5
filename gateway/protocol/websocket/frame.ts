/** WebSocket frames (RFC 6455) as bytes: what a server writes. */

/** The most bytes that a server's frame header takes: leave as much in front of a payload. */
export const headerRoom = 10;

export const frameOpcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/**
 * Writes the header of an unmasked, final frame into the room in front of its payload.
 * @param payload where the payload begins; at least `headerRoom` bytes must be free before it
 * @returns where the frame begins
 */
export function writeHeader(
  buffer: Uint8Array,
  payload: number,
  length: number,
  opcode: number = frameOpcode.text,
): number {
  let start: number;
  if (length < 126) {
    start = payload - 2;
    buffer[start + 1] = length;
  } else if (length < 65536) {
    start = payload - 4;
    buffer[start + 1] = 126;
    buffer[start + 2] = length >>> 8;
    buffer[start + 3] = length;
  } else {
    start = payload - 10;
    buffer[start + 1] = 127;
    writeUint32(buffer, start + 2, Math.floor(length / 0x1_0000_0000));
    writeUint32(buffer, start + 6, length >>> 0);
  }
  buffer[start] = 0x80 | opcode;
  return start;
}

function writeUint32(buffer: Uint8Array, offset: number, value: number): void {
  buffer[offset] = value >>> 24;
  buffer[offset + 1] = value >>> 16;
  buffer[offset + 2] = value >>> 8;
  buffer[offset + 3] = value;
}

/** A whole frame of its own, for small things: text, pong, close. */
export function frame(payload: Uint8Array | string, opcode: number = frameOpcode.text): Buffer {
  const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
  const out = Buffer.allocUnsafe(headerRoom + bytes.byteLength);
  out.set(bytes, headerRoom);
  return out.subarray(writeHeader(out, headerRoom, bytes.byteLength, opcode));
}

/** The payloads of text frames in whole frames of a server's own making. */
export function* textsOf(frames: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength);
  for (let at = 0; at < frames.length;) {
    const short = frames[at + 1];
    const payload = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    let length = short;
    if (short === 126) length = view.getUint16(at + 2);
    if (short === 127) length = view.getUint32(at + 2) * 0x1_0000_0000 + view.getUint32(at + 6);
    if ((frames[at] & 0x0f) === frameOpcode.text) yield frames.subarray(payload, payload + length);
    at = payload + length;
  }
}

/** A close frame. For Guacamole clients the reason is the decimal Guacamole status. */
export function closeFrame(code: number, reason: string): Buffer {
  const payload = Buffer.from(`..${reason}`);
  payload.writeUInt16BE(code, 0);
  return frame(payload, frameOpcode.close);
}
