/** A client's message through the gateway's parser: what was heard, in the form that guacd's reading has. */
import { SamehandError } from "../../gateway/core/errors.ts";
import { ClientParser } from "../../gateway/protocol/guacamole/client-parser.ts";
import { opcode, shapes } from "../../gateway/protocol/guacamole/opcodes.ts";

const numeric = new Set<number>([opcode.key, opcode.mouse, opcode.size]);

export interface Heard {
  /** The error's code, or empty. */
  readonly error: string;
  readonly rebuilt: Buffer;
  readonly heard: unknown[];
  readonly strays: number;
}

export function gateway(bytes: Buffer): Heard {
  const out = Buffer.alloc(bytes.length);
  const heard: unknown[] = [];
  const parser = new ClientParser();
  let end = 0;
  let error = "";
  try {
    parser.parse(bytes, 0, bytes.length, (instruction) => {
      end = instruction.writeTo(out, end);
      const isText = (n: number): boolean => Number.isNaN(instruction.number(n)) || instruction.text(n) !== "";
      const argv = Array.from({ length: instruction.argc }, (_, n) =>
        numeric.has(instruction.opcode)
          ? instruction.number(n)
          : isText(n)
            ? Buffer.from(instruction.text(n)).toString("latin1")
            : String(instruction.number(n)),
      );
      heard.push([shapes[instruction.opcode].name, instruction.argc, argv]);
      return true;
    });
  } catch (thrown) {
    if (!(thrown instanceof SamehandError)) throw thrown;
    error = thrown.code;
  }
  return { error, rebuilt: out.subarray(0, end), heard, strays: parser.strays };
}
