/**
 * The instructions that a client may send: guacd's whole list (user-handlers.c) and the tunnel's own ping,
 * each with the exact shape of its arguments. Whatever is not in this table is refused.
 *
 * Not in it: `usbconnect` and its like, which newer servers have. A redirected USB keyboard types without `key`, so
 * nothing of it could be scored. For the same reason a pipe may not be named `STDIN`: guacd's terminals (SSH, telnet,
 * Kubernetes) take what is written to it as typed.
 */

/** Small integers, so that the hot path switches on a number. The order is that of `shapes`. */
export const opcode = {
  key: 0,
  mouse: 1,
  touch: 2,
  size: 3,
  sync: 4,
  ack: 5,
  nop: 6,
  disconnect: 7,
  /** The empty opcode: `0.,4.ping,13.<epoch ms>;`. It belongs to the tunnel and never goes to guacd. */
  ping: 8,
  clipboard: 9,
  file: 10,
  pipe: 11,
  argv: 12,
  audio: 13,
  blob: 14,
  end: 15,
  put: 16,
  get: 17,
} as const;
export type Opcode = (typeof opcode)[keyof typeof opcode];

/** What an instruction does to the desktop: `input` is scored and held, `data` is held, `size` is kept, `control` passes. */
export type Kind = "input" | "data" | "size" | "control";

/** How an argument must look. */
export const argument = {
  /** An integer between the two bounds of the shape. */
  integer: 0,
  /** A decimal number that is cut to an integer, as atoi does in guacd: browsers with fractional pixels send them. */
  pixels: 1,
  /** A decimal number which stays one: angle and force of a touch. */
  decimal: 2,
  /** Any text without NUL. */
  text: 3,
  /** Base64 letters only. */
  base64: 4,
  /** The word `ping`. */
  ping: 5,
  /** A pipe's name: text, but not `STDIN`, which is a keyboard without keys. */
  pipeName: 6,
} as const;
export type Argument = (typeof argument)[keyof typeof argument];

export interface ArgumentShape {
  readonly type: Argument;
  readonly min: number;
  readonly max: number;
}

export interface Shape {
  readonly name: string;
  readonly opcode: Opcode;
  readonly kind: Kind;
  readonly arguments: readonly ArgumentShape[];
}

const integer = (min: number, max: number): ArgumentShape => ({ type: argument.integer, min, max });
const of = (type: Argument): ArgumentShape => ({ type, min: 0, max: 0 });

const flag = integer(0, 1);
/** X11 keysyms, with the Unicode range 0x1000000 + code point. */
const keysym = integer(0, 0x1ffffff);
/** Left, middle, right, wheel up, wheel down. */
const mask = integer(0, 31);
/** What RFB and RDP can carry on in 16 bits without another meaning than the one that was scored. */
const coordinate = integer(-32768, 32767);
const int32 = integer(-2147483648, 2147483647);
const length = integer(0, 32767);
/** A stream or object that the client names; guacd itself has 64 of each. */
const index = integer(0, 1023);
/** A stream that the server opened. */
const serverStream = integer(0, 2147483647);
const status = integer(0, 0xffff);
/** Milliseconds: guacd reads 64 bits. */
const timestamp = integer(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const pixels: ArgumentShape = { type: argument.pixels, min: 0, max: 32767 };
const decimal = of(argument.decimal);
const text = of(argument.text);
const pipeName = of(argument.pipeName);

const shape = (name: keyof typeof opcode, kind: Kind, ...args: readonly ArgumentShape[]): Shape => ({
  name: name === "ping" ? "" : name,
  opcode: opcode[name],
  kind,
  arguments: args,
});

/** Indexed by opcode. */
export const shapes: readonly Shape[] = [
  shape("key", "input", keysym, flag),
  shape("mouse", "input", coordinate, coordinate, mask),
  shape("touch", "input", int32, coordinate, coordinate, length, length, decimal, decimal),
  shape("size", "size", pixels, pixels),
  shape("sync", "control", timestamp),
  shape("ack", "control", serverStream, text, status),
  shape("nop", "control"),
  shape("disconnect", "control"),
  shape("ping", "control", of(argument.ping), timestamp),
  shape("clipboard", "data", index, text),
  shape("file", "data", index, text, text),
  shape("pipe", "data", index, text, pipeName),
  shape("argv", "data", index, text, text),
  shape("audio", "data", index, text),
  shape("blob", "data", index, of(argument.base64)),
  shape("end", "data", index),
  shape("put", "data", index, index, text, text),
  shape("get", "data", index, text),
];

/** What an instruction does to the desktop. */
export const kindOf = (code: Opcode): Kind => shapes[code].kind;
