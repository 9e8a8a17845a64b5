/**
 * The viewer's streams that the target knows. A hold cuts them: what was cut off in its middle must not go on
 * after the release with a hole in it.
 */
import { heldAck, instruction } from "../protocol/guacamole/instructions.ts";
import { opcode, type Opcode } from "../protocol/guacamole/opcodes.ts";

const audio = 1;
const other = 0;

/** Whether an instruction opens a stream: the viewer waits to hear what becomes of it. */
export const opensStream = (code: Opcode): boolean =>
  code !== opcode.get && code !== opcode.blob && code !== opcode.end;

export class ClientStreams {
  /** By index: audio or another. */
  readonly #open = new Map<number, typeof audio | typeof other>();
  /** Opened at the viewer, unknown to the target: their blobs and ends go nowhere. */
  readonly #cut = new Set<number>();

  /**
   * A stream instruction at the viewer.
   * @param stream its stream's index
   * @param flows whether input flows
   * @returns whether to forward it
   */
  allows(code: Opcode, stream: number, flows: boolean): boolean {
    if (code === opcode.get) return flows;
    if (code === opcode.blob) return flows && !this.#cut.has(stream);
    if (code === opcode.end) {
      if (this.#cut.delete(stream)) return false;
      // An audio stream that ends during a hold ends on the target too: it carries nothing.
      this.#open.delete(stream);
      return true;
    }
    if (!flows) {
      this.#cut.add(stream);
      return false;
    }
    this.#cut.delete(stream);
    this.#open.set(stream, code === opcode.audio ? audio : other);
    return true;
  }

  /**
   * Begins a hold. A microphone's stream stays, and is silent.
   * @returns to the target: the ends of what is open on it; to the viewer: that these are cut off
   */
  hold(): { ends: string; refusals: string } {
    let ends = "";
    let refusals = "";
    for (const [stream, type] of this.#open) {
      if (type === audio) continue;
      ends += instruction("end", stream);
      refusals += heldAck(stream);
      this.#cut.add(stream);
      this.#open.delete(stream);
    }
    return { ends, refusals };
  }
}
