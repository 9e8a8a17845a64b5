/** The input of a recording as numbers, to be told to a sink again and again. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { InputSink } from "../gateway/core/input.ts";
import type { ButtonMask, Keysym, Millis } from "../gateway/core/units.ts";
import { RecordingReader } from "../gateway/protocol/guacamole/recording.ts";

/** Tells one event. */
export type Told = (sink: InputSink) => void;

/** @throws SamehandError `recording-malformed` */
export function inputOf(file: string): Told[] {
  const told: Told[] = [];
  const reader = new RecordingReader(file, {
    key: (at: Millis, keysym: Keysym, pressed: boolean) => void told.push((sink) => sink.key(at, keysym, pressed)),
    pointer: (at: Millis, x: number, y: number, mask: ButtonMask) =>
      void told.push((sink) => sink.pointer(at, x, y, mask)),
  });
  const bytes = readFileSync(file);
  reader.read(file.endsWith(".gz") ? gunzipSync(bytes) : bytes);
  reader.end();
  return told;
}

export function tellAll(sink: InputSink, events: readonly Told[]): void {
  for (const event of events) event(sink);
}
