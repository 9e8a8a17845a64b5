/**
 * What comes from a session's viewer: each read is metered and cut into instructions, and each of these is heard. The
 * viewer is not read while its target takes nothing, and a viewer that does nothing for too long is noticed.
 */
import { SamehandError } from "../core/errors.ts";
import type { Millis } from "../core/units.ts";
import type { ClientInstruction } from "../protocol/guacamole/client-instruction.ts";
import { ClientParser } from "../protocol/guacamole/client-parser.ts";
import { kindOf, opcode } from "../protocol/guacamole/opcodes.ts";
import type { InputPath } from "./input-path.ts";
import { Progress } from "./progress.ts";
import { ReadMeter } from "./read-meter.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Target } from "./target.ts";
import type { Viewer, ViewerOwner } from "./viewer.ts";

export interface IntakeOwner {
  /** Nothing is heard any more. */
  readonly over: boolean;
  /** What was read at `at` had waited: its timing lies. */
  stalled(at: Millis): void;
  /** @param error null: the viewer said good-bye */
  end(error: SamehandError | null): void;
}

export class Intake implements ViewerOwner {
  readonly viewer: Viewer;
  readonly #owner: IntakeOwner;
  readonly #around: Surroundings<never>;
  readonly #parser = new ClientParser();
  readonly #visit = (instruction: ClientInstruction): boolean => this.#hear(instruction);
  readonly #read: ReadMeter;
  readonly #progress: Progress;
  /** There once the session is open. */
  #path: InputPath | null = null;
  #target: Target | null = null;
  #paused = false;

  constructor(owner: IntakeOwner, around: Surroundings<never>, makeViewer: (owner: ViewerOwner) => Viewer) {
    const now = around.clock.now();
    this.#owner = owner;
    this.#around = around;
    this.#read = new ReadMeter(around.options.limits, now);
    this.#progress = new Progress(now);
    this.viewer = makeViewer(this);
  }

  /** The session is open: instructions take the path to the target from now on. */
  opened(path: InputPath, target: Target): void {
    this.#path = path;
    this.#target = target;
    this.#progress.heard(this.#around.clock.now());
  }

  /** What has gone on for too long, or null. Asked about once a second. */
  stuck(at: Millis): SamehandError | null {
    return this.#progress.check(at, this.viewer.waiting, this.#paused, this.#around.options.timeouts);
  }

  readBegins(at: Millis, bytes: number, together = false): void {
    const { tally, options } = this.#around;
    tally.bytesFromClient += bytes;
    if (!this.#read.begin(at, bytes, together || this.#around.late(at), options.limits))
      this.#owner.end(new SamehandError("byte-rate-exceeded"));
  }

  message(buffer: Uint8Array, start: number, end: number): boolean {
    return !this.#owner.over && this.#parser.parse(buffer, start, end, this.#visit);
  }

  broken(error: SamehandError): void {
    this.#owner.end(error);
  }

  readEnds(): void {
    const { output, tally, options } = this.#around;
    const target = this.#target;
    const owner = this.#owner;
    if (owner.over || target === null) output.discard(target);
    else {
      output.flush(target);
      this.#path?.written();
    }
    const { at, instructions, frames } = this.#read;
    if (owner.over || instructions + frames === 0) return;
    tally.instructionsFromClient += instructions;
    if (instructions > 0) this.#progress.heard(at);
    if (!this.#read.end(options.limits)) owner.end(new SamehandError("rate-exceeded"));
    else if (target !== null && target.waiting > options.limits.bufferedBytes) {
      this.#paused = true;
      this.viewer.pause();
    }
  }

  /** The target took everything: the viewer is read again, where it was not. */
  flushed(): void {
    if (!this.#paused || this.#target!.waiting > 0) return;
    this.#paused = false;
    this.viewer.resume();
    this.#owner.stalled(this.#around.clock.now());
  }

  framed(count: number): void {
    this.#read.frames += count;
  }

  pong(at: Millis): void {
    this.#path?.pong(at);
  }

  gone(): void {
    this.#owner.end(null);
  }

  drained(): void {
    this.#progress.took();
    if (this.viewer.waiting === 0) this.#target?.taken();
  }

  /** @returns false to stop parsing */
  #hear(instruction: ClientInstruction): boolean {
    const { at, late } = this.#read;
    this.#read.instructions += 1;
    // Each event of such a read: what waited together came in one go, whatever the hand did.
    if (late) this.#owner.stalled(at);
    if (this.#owner.over) return false;
    if (this.#path !== null) this.#path.hear(at, instruction);
    else if (kindOf(instruction.opcode) !== "control")
      throw new SamehandError("instruction-refused", "input before the session is open");
    else if (instruction.opcode === opcode.disconnect) this.#owner.end(null);
    return !this.#owner.over;
  }
}
