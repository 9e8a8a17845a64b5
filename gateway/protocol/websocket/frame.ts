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

/** A close frame. For Guacamole clients the reason is the decimal Guacamole status. */
export function closeFrame(code: number, reason: string): Buffer {
  const payload = Buffer.from(`..${reason}`);
  payload.writeUInt16BE(code, 0);
  return frame(payload, frameOpcode.close);
}
