/** What the gateway says itself, to viewers and to guacd. All of it is text that may be joined freely. */
import type { SamehandError } from "../../core/errors.ts";

/** Builds an instruction: each element as its length in code points, a dot, and itself. */
export function instruction(...elements: readonly (string | number)[]): string {
  let out = "";
  for (const element of elements) {
    const text = String(element);
    out += `${out === "" ? "" : ","}${codePoints(text)}.${text}`;
  }
  return `${out};`;
}

function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++)
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) count--;
  return count;
}

/** The first message of a tunnel: its identifier. */
export const tunnelId = (uuid: string): string => instruction("", uuid);

/** The answer to a client's ping: the ping itself. */
export const pingAnswer = (timestamp: number): string => instruction("", "ping", timestamp);

/** Tells a viewer why it ends; the close comes after it. */
export const errorInstruction = (error: SamehandError): string =>
  instruction("error", error.entry.message, error.entry.guacamole);

export const disconnect = instruction("disconnect");
export const nop = instruction("nop");

/** A frame's end. A viewer answers with the same timestamp once it has drawn; our own are negative (guacd's are not). */
export const sync = (timestamp: number): string => instruction("sync", timestamp, 0);

/** A client's acknowledgement of a frame, to guacd. */
export const syncAnswer = (timestamp: number): string => instruction("sync", timestamp);

/** Refuses a stream, or the rest of one, in a hold: 0x0303, forbidden. */
export const heldAck = (stream: number): string => instruction("ack", stream, "Held", 0x0303);

export const keyRelease = (keysym: number): string => instruction("key", keysym, 0);

/** Lets all buttons go, where the pointer is. */
export const mouseRelease = (x: number, y: number): string => instruction("mouse", x, y, 0);

/** The newest size that was held back. */
export const size = (width: number, height: number): string => instruction("size", width, height);
