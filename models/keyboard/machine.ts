/**
 * Writes the innermost loops of scoring as WebAssembly, which adds and multiplies two numbers at once where JavaScript
 * takes one: several times as fast, and the same on every machine. Written out as instructions, so that it needs no
 * compiler, and nothing but these files says what runs.
 */

/** What of WebAssembly is used; neither the language's library nor Node's types declare it. */
interface Machine {
  readonly Memory: new (size: { initial: number }) => Pages;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly validate: (bytes: Uint8Array) => boolean;
}

/** Memory that routines work on. */
export interface Pages {
  readonly buffer: ArrayBuffer;
  /** What was got of the buffer before is out of use then. */
  grow(pages: number): number;
}

/** Missing where Node runs without a compiler (`--jitless`). */
const { WebAssembly: machine } = globalThis as unknown as { readonly WebAssembly?: Machine };

export const pageBytes = 65_536;
const int = 0x7f;
const twoNumbers = 0x7b;

/** One function: its parameters are whole numbers, the first locals; then come whole numbers, then pairs of numbers. */
export interface Routine {
  readonly name: string;
  readonly parameters: number;
  readonly ints: number;
  readonly pairs: number;
  readonly body: readonly number[];
}

/** A whole number in groups of seven bits. */
const whole = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...whole(value >> 7)]);
const counted = (bytes: readonly number[]): number[] => [...whole(bytes.length), ...bytes];
const name = (text: string): number[] => counted(Array.from(text, (letter) => letter.charCodeAt(0)));
const section = (id: number, parts: readonly (readonly number[])[]): number[] => [
  id,
  ...counted([...whole(parts.length), ...parts.flat()]),
];

/** Instructions one behind the other. */
export const code = (...parts: readonly (readonly number[])[]): number[] => parts.flat();
export const get = (local: number): number[] => [0x20, ...whole(local)];
export const set = (local: number): number[] => [0x21, ...whole(local)];
export const keep = (local: number): number[] => [0x22, ...whole(local)];
/** A whole number from -64 to 63. */
export const constant = (value: number): number[] => [0x41, value & 0x7f];
export const plus = [0x6a];
export const minus = [0x6b];
export const atMost = [0x4c];
export const advance = (local: number, by: readonly number[]): number[] => [
  ...get(local),
  ...by,
  ...plus,
  ...set(local),
];

/** Two numbers from or to a place, and so many bytes behind it. */
export const load = (behind: number): number[] => [0xfd, 0x00, 3, ...whole(behind)];
export const loadTwice = (behind: number): number[] => [0xfd, 0x0a, 3, ...whole(behind)];
export const store = (behind: number): number[] => [0xfd, 0x0b, 3, ...whole(behind)];
/** One number from a place to another. */
export const loadOne = (behind: number): number[] => [0x2b, 3, ...whole(behind)];
export const storeOne = (behind: number): number[] => [0x39, 3, ...whole(behind)];
/** A whole number from a place. */
export const loadInt = (behind: number): number[] => [0x28, 2, ...whole(behind)];
/** Two numbers in single precision: from a place; made double; rounded again; to a place. */
export const loadSingles = (behind: number): number[] => [0xfd, 0x5d, 3, ...whole(behind)];
export const widen = [0xfd, 0x5f];
export const round = [0xfd, 0x5e];
export const storeSingles = (behind: number): number[] => [0xfd, 0x5b, 3, ...whole(behind), 0];

export const add = [0xfd, 0xf0, 0x01];
export const subtract = [0xfd, 0xf1, 0x01];
export const multiply = [0xfd, 0xf2, 0x01];
export const divide = [0xfd, 0xf3, 0x01];
export const root = [0xfd, 0xef, 0x01];

/** Does `body` again and again, at least once, until the counter has come down to 0. */
export const times = (counter: number, body: readonly number[]): number[] => [
  0x03,
  0x40,
  ...body,
  ...code(get(counter), constant(1), minus, keep(counter)),
  0x0d,
  0,
  0x0b,
];
/** Does `body` unless the condition, which leaves a whole number, is true. */
export const unless = (condition: readonly number[], body: readonly number[]): number[] => [
  0x02,
  0x40,
  ...condition,
  0x0d,
  0,
  ...body,
  0x0b,
];

const typeOf = ({ parameters }: Routine): number[] => [
  0x60,
  ...counted(Array.from({ length: parameters }, () => int)),
  0,
];
const codeOf = ({ ints, pairs, body }: Routine): number[] =>
  counted([2, ...whole(ints), int, ...whole(pairs), twoNumbers, ...body, 0x0b]);

const magicAndVersion = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

const programOf = (routines: readonly Routine[]): Uint8Array =>
  Uint8Array.from([
    ...magicAndVersion,
    ...section(1, routines.map(typeOf)),
    ...section(2, [[...name("memory"), ...name("memory"), 2, 0, 1]]),
    ...section(
      3,
      routines.map((_, index) => whole(index)),
    ),
    ...section(
      7,
      routines.map((routine, index) => [...name(routine.name), 0, ...whole(index)]),
    ),
    ...section(10, routines.map(codeOf)),
  ]);

/** Memory of at least so many bytes: what routines of `assembled` work on, all zeros. */
export function memoryFor(bytes: number): Pages {
  const initial = Math.ceil(bytes / pageBytes);
  if (machine !== undefined) return new machine.Memory({ initial });
  let buffer = new ArrayBuffer(initial * pageBytes);
  return {
    get buffer() {
      return buffer;
    },
    grow: (pages) => {
      buffer = buffer.transfer(buffer.byteLength + pages * pageBytes);
      return pages;
    },
  };
}

/**
 * Makes routines work on a memory.
 * @param plain the same routines in JavaScript, to the last bit: for where WebAssembly, or its pairs of numbers, is missing
 */
export function assembled<Made>(routines: readonly Routine[], plain: (memory: Pages) => Made): (memory: Pages) => Made {
  const program = programOf(routines);
  if (machine === undefined || !machine.validate(program)) return plain;
  const module = new machine.Module(program);
  return (memory) => new machine.Instance(module, { memory: { memory } }).exports as Made;
}
