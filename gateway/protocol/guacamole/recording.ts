/**
 * Guacamole session recordings: the input in them, read in a stream, and input written as one.
 *
 * guacd (recording.c) writes its whole output to the client, and between it, where it was asked to, `key,<keysym>,
 * <pressed>,<ms>` and `mouse,<x>,<y>,<mask>,<ms>`: the input as it arrived, with guacd's own clock as the last
 * argument. Everything but these two is skipped without being decoded.
 */
import { SamehandError } from "../../core/errors.ts";
import type { InputSink } from "../../core/input.ts";
import { type ButtonMask, buttonMask, type Keysym, keysym, type Millis, millis } from "../../core/units.ts";
import { InstructionScanner, opcodeHash } from "./instruction-scanner.ts";
import { instruction } from "./instructions.ts";
import { opcode, shapes } from "./opcodes.ts";

const watched = { none: 0, key: 1, mouse: 2 } as const;
const key = opcodeHash("key");
const mouse = opcodeHash("mouse");

/** guacd's output may hold instructions as long as its own buffer. */
const longest = 32768;
const lineFeed = 0x0a;

const [keysymShape, pressedShape] = shapes[opcode.key].arguments;
const [coordinateShape, , maskShape] = shapes[opcode.mouse].arguments;

const within = (value: number, { min, max }: { readonly min: number; readonly max: number }): boolean =>
  value >= min && value <= max;

/**
 * Reads a recording's input, over chunks cut anywhere, in bounded memory. A zipped recording is unzipped by the caller.
 * The timestamps are handed on as they are: milliseconds on the recorder's clock.
 */
export class RecordingReader extends InstructionScanner {
  /** Input events read so far. */
  events = 0;
  readonly #name: string;
  readonly #sink: InputSink;
  /** Of the chunk that is being read: how many bytes and lines came before it. */
  #offset = 0;
  #line = 1;
  #chunk: Uint8Array = new Uint8Array(0);

  /** @param name the file, for errors */
  constructor(name: string, sink: InputSink) {
    super(longest, true);
    this.#name = name;
    this.#sink = sink;
  }

  /** @throws SamehandError `recording-malformed`, with the file, line and offset */
  read(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.scan(chunk, 0, chunk.length);
    this.#line += lineFeeds(chunk, chunk.length);
    this.#offset += chunk.length;
  }

  /**
   * The recording is over.
   * @throws SamehandError `recording-malformed` where it ends inside of an instruction: what came before was read
   */
  end(): void {
    this.#chunk = this.#chunk.subarray(0, 0);
    if (!this.complete) this.malformed("ends inside of an instruction", 0);
  }

  protected override watch(hash: number): number {
    return hash === key ? watched.key : hash === mouse ? watched.mouse : watched.none;
  }

  protected override seen(kind: number, argc: number, offset: number): void {
    const values = this.values;
    if (argc !== (kind === watched.key ? 3 : 4)) this.malformed("input without a timestamp", offset);
    const at = values[argc - 1];
    if (!Number.isSafeInteger(at)) this.malformed("timestamp", offset);
    if (kind === watched.key) this.#key(values[0], values[1], at, offset);
    else this.#mouse(values[0], values[1], values[2], at, offset);
    this.events++;
  }

  #key(sym: number, pressed: number, at: number, offset: number): void {
    if (!within(sym, keysymShape) || !within(pressed, pressedShape)) this.malformed("key", offset);
    this.#sink.key(millis(at), keysym(sym), pressed === 1);
  }

  #mouse(x: number, y: number, mask: number, at: number, offset: number): void {
    if (!within(x, coordinateShape) || !within(y, coordinateShape) || !within(mask, maskShape))
      this.malformed("mouse", offset);
    this.#sink.pointer(millis(at), x, y, buttonMask(mask));
  }

  protected override malformed(what: string, offset: number): never {
    const line = this.#line + lineFeeds(this.#chunk, offset);
    throw new SamehandError("recording-malformed", `${this.#name}:${line}, byte ${this.#offset + offset}: ${what}`);
  }
}

/** Writes input as a recording, one instruction a line. */
export class RecordingWriter implements InputSink {
  readonly #write: (line: string) => void;

  /** @param write hears each line, with its line feed */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** Times are rounded to whole milliseconds, as guacd's are. */
  key(at: Millis, keysym: Keysym, pressed: boolean): void {
    this.#write(`${instruction("key", keysym, pressed ? 1 : 0, Math.round(at))}\n`);
  }

  pointer(at: Millis, x: number, y: number, mask: ButtonMask): void {
    this.#write(`${instruction("mouse", x, y, mask, Math.round(at))}\n`);
  }
}

function lineFeeds(bytes: Uint8Array, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(lineFeed); at !== -1 && at < end; at = bytes.indexOf(lineFeed, at + 1)) count++;
  return count;
}
