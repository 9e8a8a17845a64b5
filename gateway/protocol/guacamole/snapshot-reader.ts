/**
 * The picture that guacd sends whoever joins a connection, read out of a second user's stream, which goes on with
 * what is drawn from then on.
 *
 * Where it ends: before protocol 1.5.0 (guacd 1.3, 1.4) guacd sends it before it hears the user, so the refusal of an
 * instruction that makes no sense comes after it; from 1.5.0 on a `sync` ends it (measured on guacd 1.3.0 and 1.6.0).
 * guacd before 1.5 may go on with the rest of an instruction whose beginning the user never got: that is an end too.
 */
import { SamehandError } from "../../core/errors.ts";
import type { ProtocolVersion } from "./handshake.ts";
import { InstructionReader } from "./instruction-reader.ts";
import { instruction } from "./instructions.ts";
import { KeptDisplay } from "./kept-display.ts";

/** A stream that no user has: guacd has 64. */
const noStream = 2046;

/** What the second user says once it is connected, so that the end of its picture can be told. */
export const askForEnd: string = instruction("blob", noStream, "");

export class SnapshotReader {
  readonly picture = new KeptDisplay();
  /** Of the last frame that is in the picture, where guacd says it; else null. */
  timestamp: number | null = null;
  readonly #endsWithSync: boolean;
  readonly #limit: number;
  #rest = Buffer.alloc(0);

  /** @param limit the most bytes that the picture may have */
  constructor(version: ProtocolVersion, limit: number) {
    this.#endsWithSync = version === "VERSION_1_5_0";
    this.#limit = limit;
  }

  /**
   * Takes in the next bytes.
   * @returns true once the picture is whole
   * @throws SamehandError `upstream-malformed`, also where the picture is too large; `upstream-refused` where guacd says so
   */
  read(bytes: Uint8Array): boolean {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const reader = new InstructionReader(all);
    while (this.#next(reader)) {
      if (reader.opcode === "error" || reader.opcode === "disconnect")
        throw new SamehandError("upstream-refused", "the picture");
      if (this.#ends(reader)) return true;
      this.picture.keep(reader);
      if (this.picture.size > this.#limit) throw new SamehandError("upstream-malformed", "the picture is too large");
    }
    if (this.#rest === endOfSense) return true;
    this.#rest = Buffer.from(all.subarray(reader.start));
    return false;
  }

  #next(reader: InstructionReader): boolean {
    try {
      return reader.next();
    } catch (error) {
      if (this.#endsWithSync) throw error;
      this.#rest = endOfSense;
      return false;
    }
  }

  #ends(reader: InstructionReader): boolean {
    if (!this.#endsWithSync) return reader.opcode === "ack" && reader.number(1) === noStream;
    if (reader.opcode !== "sync") return false;
    this.timestamp = reader.number(1);
    return true;
  }
}

const endOfSense = Buffer.alloc(0);
