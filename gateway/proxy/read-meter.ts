/** One read of a viewer's socket: when it was, what was in it, and whether that is more than the limits allow. */
import type { Millis } from "../core/units.ts";
import type { Limits } from "./options.ts";
import { Rate } from "./rate.ts";

export class ReadMeter {
  readonly #instructionRate: Rate;
  readonly #byteRate: Rate;
  /** When this read was. */
  at: Millis;
  /** Its instructions so far. */
  instructions = 0;
  /** Its frames that are no messages (pings, pongs, fragments): each costs as much as an instruction. */
  frames = 0;
  /** What it brought waited, for a blocked event loop or for the request that carries it. */
  late = false;

  constructor(limits: Limits, now: Millis) {
    this.#instructionRate = new Rate(limits.instructionBurst, now);
    this.#byteRate = new Rate(limits.byteBurst, now);
    this.at = now;
  }

  /** A read begins. @returns false where its bytes are too many */
  begin(at: Millis, bytes: number, late: boolean, limits: Limits): boolean {
    this.at = at;
    this.instructions = 0;
    this.frames = 0;
    this.late = late;
    return this.#byteRate.take(bytes, at, limits.bytesPerSecond, limits.byteBurst);
  }

  /** It ends. @returns false where its instructions are too many */
  end(limits: Limits): boolean {
    const asked = this.instructions + this.frames;
    return this.#instructionRate.take(asked, this.at, limits.instructionsPerSecond, limits.instructionBurst);
  }
}
