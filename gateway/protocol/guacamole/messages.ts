/** Cuts instructions into WebSocket messages that the web application takes: whole ones, and no more than it reads. */
import { comma, digit0, dot, semicolon } from "./bytes.ts";

/** Tomcat closes with 1009 above this many characters in a text message (its default buffer). */
const messageLimit = 8192;

/**
 * Where the last instruction ends that still fits into one message.
 * @param bytes whole, valid instructions, such as this gateway has rebuilt
 * @param start where an instruction begins
 * @returns an offset above `start`: an instruction that is longer than the limit by itself comes alone
 */
export function messageEnd(bytes: Uint8Array, start: number, limit: number = messageLimit): number {
  let end = instructionEnd(bytes, start);
  while (end < bytes.length) {
    const next = instructionEnd(bytes, end);
    if (next - start > limit) break;
    end = next;
  }
  return end;
}

function instructionEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    let characters = 0;
    for (; at < bytes.length && bytes[at] !== dot; at++) characters = characters * 10 + bytes[at] - digit0;
    at++;
    for (; characters > 0 && at < bytes.length; characters--) at = nextCharacter(bytes, at);
    if (at >= bytes.length || bytes[at] === semicolon) return Math.min(at + 1, bytes.length);
    if (bytes[at] !== comma) throw new RangeError("not whole instructions");
    at++;
  }
}

/** UTF-8: all that follows a lead byte belongs to its character. */
function nextCharacter(bytes: Uint8Array, at: number): number {
  do at++;
  while (at < bytes.length && (bytes[at] & 0xc0) === 0x80);
  return at;
}
