/**
 * The picture that guacd sends whoever joins a connection, read out of a second user's stream, which goes on with
 * what is drawn from then on.
 *
 * Where it ends: before protocol 1.5.0 (guacd 1.3, 1.4) guacd sends it before it hears the user, so the refusal of an
 * instruction that makes no sense comes after it; from 1.5.0 on a `sync` ends it (measured on guacd 1.3.0 and 1.6.0).
 * guacd before 1.5 may go on with the rest of an instruction whose beginning the user never got: that is an end too.
 * There the picture does not say which frame it shows, only that it was made before the next one ended: so the stream is
 * read on to that one. Where nothing is drawn none comes, and whoever reads waits no longer than `quietMillis`.
 */
import { SamehandError } from "../../core/errors.ts";
import type { ProtocolVersion } from "./handshake.ts";
import { InstructionReader } from "./instruction-reader.ts";
import { instruction } from "./instructions.ts";
import { KeptDisplay } from "./kept-display.ts";

/** A stream that no user has: guacd has 64. */
const noStream = 2046;

/**
 * guacd before 1.5 has sent a frame that it began before the picture was made once it was silent for so long: it ends
 * a frame after 40 ms.
 */
export const quietMillis = 100;

/** guacd writes to a user when that many bytes wait, or when a frame ends: on a desktop that stands still, up to a second. */
const socketBuffer = 8192;
/** A refusal is no shorter. */
const shortestAck = instruction("ack", noStream, "", 256).length;

/**
 * What the second user says once it is connected, so that the end of its picture can be told: as many senseless
 * instructions as it takes for the first one's refusal to come at once.
 */
export const askForEnd: string = instruction("blob", noStream, "").repeat(Math.ceil(socketBuffer / shortestAck) + 1);

export class SnapshotReader {
  readonly picture = new KeptDisplay();
  /** Of the last frame that is in the picture, where guacd says it; else null. */
  timestamp: number | null = null;
  /** Of the first frame that ended after the picture was made, where one did, and `timestamp` is not said. */
  nextFrame: number | null = null;
  readonly #endsWithSync: boolean;
  readonly #limit: number;
  #rest = Buffer.alloc(0);
  #whole = false;

  /** @param limit the most bytes that the picture may have */
  constructor(version: ProtocolVersion, limit: number) {
    this.#endsWithSync = version === "VERSION_1_5_0";
    this.#limit = limit;
  }

  /**
   * Takes in the next bytes.
   * @returns true once the picture is whole, and all is known that will be
   * @throws SamehandError `upstream-malformed`, also where the picture is too large; `upstream-refused` where guacd says so
   */
  read(bytes: Uint8Array): boolean {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (this.#whole) return this.#readOn(all, 0);
    const reader = new InstructionReader(all);
    while (this.#next(reader)) {
      if (reader.opcode === "error" || reader.opcode === "disconnect")
        throw new SamehandError("upstream-refused", "the picture");
      if (this.#ends(reader)) return this.#ended(all, reader.end);
      this.picture.keep(reader);
      if (this.picture.size > this.#limit) throw new SamehandError("upstream-malformed", "the picture is too large");
    }
    if (this.#rest === endOfSense) return this.#ended(all, reader.start);
    this.#rest = Buffer.from(all.subarray(reader.start));
    return false;
  }

  /** Whether the picture is whole; the next frame may not have ended. */
  get whole(): boolean {
    return this.#whole;
  }

  #ended(bytes: Uint8Array, at: number): boolean {
    this.#whole = true;
    return this.timestamp !== null || this.nextFrame !== null || this.#readOn(bytes, at);
  }

  /** Looks for the end of a frame, in bytes that may make no sense. @returns whether it is there */
  #readOn(bytes: Uint8Array, from: number): boolean {
    const rest = Buffer.from(bytes.buffer, bytes.byteOffset + from, bytes.length - from);
    const found = /4\.sync,\d\d?\.(\d{1,15})[,;]/.exec(rest.toString("latin1"));
    if (found !== null) this.nextFrame = Number(found[1]);
    this.#rest = Buffer.from(rest.subarray(-longestSync));
    return found !== null;
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
    if (reader.opcode === "sync") {
      if (this.#endsWithSync) this.timestamp = reader.number(1);
      else this.nextFrame = reader.number(1);
      return true;
    }
    return !this.#endsWithSync && reader.opcode === "ack" && reader.number(1) === noStream;
  }
}

const endOfSense = Buffer.alloc(0);
/** A `sync` that is cut is found with the next bytes. */
const longestSync = 32;
