import type { Opcode } from "./opcodes.ts";

/** One parsed instruction. Reused: valid only inside of the call that it is given to. */
export class ClientInstruction {
  opcode: Opcode = 0;
  argc = 0;
  /** The rebuilt bytes are at most as many as these. */
  byteLength = 0;
  /** The value of the n-th argument (from 0), an integer, or a decimal for `touch`'s last two. */
  number(_n: number): number {
    throw new Error("unfinished");
  }
  /** The text of the n-th argument (from 0). Allocates: not for key, mouse or sync. */
  text(_n: number): string {
    throw new Error("unfinished");
  }
  /**
   * Writes the instruction, rebuilt from its parsed values.
   * @param out must have `byteLength` bytes of room, and not overlap with what is being parsed
   * @returns the offset after the last byte
   */
  writeTo(_out: Uint8Array, _offset: number): number {
    throw new Error("unfinished");
  }
}

export type Visit = (instruction: ClientInstruction) => boolean;

/** One per session: remembers which streams the client has open. */
export class ClientParser {
  /** `blob` and `end` for streams that are not open: dropped, and counted here. */
  strays = 0;
  /**
   * Parses the payload of one WebSocket message: one or more whole instructions.
   * @param visit hears each instruction that is valid; returns false to stop (nothing behind it is parsed)
   * @returns false where `visit` stopped it
   * @throws SamehandError `instruction-malformed`, `instruction-refused`, `instruction-too-large`; what came before was visited
   */
  parse(_buffer: Uint8Array, _start: number, _end: number, _visit: Visit): boolean {
    throw new Error("unfinished");
  }
}
