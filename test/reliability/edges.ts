/** Every opcode that a client may send, each argument at its edges: at a bound, one beyond, and in other spellings. */
import { argument, type ArgumentShape, shapes } from "../../gateway/protocol/guacamole/opcodes.ts";

/** What readers of numbers are known to read differently. */
const spellings = ["", "-", "-0", "+1", "01", " 1", "1 ", "1.5", "1e1", "0x1", "4294967297", "18446744073709551617"];

function usual({ type, min, max }: ArgumentShape): string {
  switch (type) {
    case argument.ping:
      return "ping";
    case argument.base64:
      return "QUJD";
    case argument.text:
    case argument.pipeName:
      return "text";
    default:
      return String(Math.min(Math.max(1, min), max));
  }
}

function edges({ type, min, max }: ArgumentShape): string[] {
  switch (type) {
    case argument.integer:
    case argument.pixels:
      return [min, min - 1, max, max + 1].map(String).concat(spellings);
    case argument.decimal:
      return ["0", "-1.5", "5e-7", ...spellings];
    case argument.base64:
      return ["", "=", "QUI=", "QU=I", "Q UJ", "Q".repeat(8193)];
    case argument.ping:
      return ["", "pin", "pong", "PING", "ping\0"];
    default:
      return ["", "\0", "é", "😀", "a;3.key,2.99,1.1", "STDIN", "x".repeat(8192), "x".repeat(8193)];
  }
}

const element = (text: string): string => `${Array.from(text).length}.${text}`;
const instruction = (elements: readonly string[]): string => `${elements.map(element).join()};`;

/** Several hundred messages, in a fixed order. None of them is `disconnect`, which ends the session by design. */
export function edgeMessages(): Buffer[] {
  const messages: string[] = [];
  for (const { name, arguments: shape } of shapes) {
    const args = shape.map(usual);
    const whole = [name, ...args];
    if (name !== "disconnect") messages.push(instruction(whole));
    messages.push(instruction(whole.slice(0, -1)), instruction([...whole, "1"]), instruction(whole).slice(0, -1));
    shape.forEach((each, n) => {
      for (const edge of edges(each)) messages.push(instruction([name, ...args.with(n, edge)]));
    });
  }
  return messages.map((text) => Buffer.from(text));
}
