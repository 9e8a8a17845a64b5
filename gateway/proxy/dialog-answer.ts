/**
 * What is typed into a client's own dialog, which a `required` instruction opens: it comes as a stream of `argv`
 * (Guacamole protocol reference, `required` and `argv`).
 */
import type { ClientInstruction } from "../protocol/guacamole/client-instruction.ts";
import { opcode } from "../protocol/guacamole/opcodes.ts";

/** The parameter that is asked for: every protocol's form has a field of this name, and hides what is typed into it. */
export const dialogParameter = "password";
/** No answer is longer; what goes on is dropped. */
const longest = 64;

export class DialogAnswer {
  #stream: number | null = null;
  #bytes = Buffer.alloc(0);

  /**
   * A stream instruction of the viewer's, in a hold.
   * @returns what was typed, once it is whole; null before and where it is another stream's
   */
  hear(instruction: ClientInstruction): string | null {
    switch (instruction.opcode) {
      case opcode.argv:
        if (instruction.text(2) !== dialogParameter) return null;
        this.#stream = instruction.number(0);
        this.#bytes = Buffer.alloc(0);
        return null;
      case opcode.blob:
        if (instruction.number(0) === this.#stream && this.#bytes.length < longest)
          this.#bytes = Buffer.concat([this.#bytes, Buffer.from(instruction.text(1), "base64")]).subarray(0, longest);
        return null;
      case opcode.end:
        return instruction.number(0) === this.#stream ? this.#take() : null;
      default:
        return null;
    }
  }

  #take(): string {
    const text = this.#bytes.toString("utf8");
    this.#stream = null;
    this.#bytes = Buffer.alloc(0);
    return text;
  }
}
