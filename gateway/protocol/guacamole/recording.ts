import type { InputSink } from "../../core/input.ts";
import type { ButtonMask, Keysym, Millis } from "../../core/units.ts";

/** Reads the input out of a Guacamole session recording, over chunks cut anywhere (unzipped by the caller). */
export class RecordingReader {
  /** Input events read so far. */
  events = 0;
  /** @param name the file, for errors */
  constructor(name: string, sink: InputSink) {
    this.sink = sink;
    this.name = name;
  }
  sink: InputSink;
  name: string;
  /** @throws SamehandError `recording-malformed`, with the line and the offset */
  read(_chunk: Uint8Array): void {
    throw new Error("unfinished");
  }
  /** The recording is over. @throws SamehandError `recording-malformed` where it ends inside of an instruction */
  end(): void {
    throw new Error("unfinished");
  }
}

/** Writes input as a recording, one instruction a line. Times are rounded to whole milliseconds. */
export class RecordingWriter implements InputSink {
  /** @param write hears each line, with its line feed */
  constructor(write: (line: string) => void) {
    this.write = write;
  }
  write: (line: string) => void;
  key(_at: Millis, _keysym: Keysym, _pressed: boolean): void {
    throw new Error("unfinished");
  }
  pointer(_at: Millis, _x: number, _y: number, _mask: ButtonMask): void {
    throw new Error("unfinished");
  }
}
