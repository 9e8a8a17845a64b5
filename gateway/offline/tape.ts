/** The observations of one recording, kept so that it is read once and scored against many agents. */
import { readFileSync } from "node:fs";
import { constants, gunzipSync } from "node:zlib";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import type { PointerAction } from "../../models/pointer/action.ts";
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { InputSink } from "../core/input.ts";
import { type Millis, millis } from "../core/units.ts";
import { Inspector } from "../inspect/inspector.ts";
import { copyOf } from "../inspect/keystroke-rows.ts";
import { RecordingReader } from "../protocol/guacamole/recording.ts";
import { type Distortion, DistortedSink, isClean } from "./distortion.ts";

/** One observation and when it was complete. */
export type Seen =
  | { readonly at: Millis; readonly keystroke: Keystroke; readonly action?: undefined }
  | { readonly at: Millis; readonly action: PointerAction; readonly keystroke?: undefined };

export interface Tape {
  readonly name: string;
  /** Of the first and the last input event; 0 where there is none. */
  readonly start: Millis;
  readonly end: Millis;
  readonly seen: readonly Seen[];
  /** Of a control, which has a clock of its own: when each event was in the recording, and when it is on the tape, alternating. */
  readonly moved?: readonly number[];
}

export const keystrokesOf = ({ seen }: Tape): Keystroke[] =>
  seen.flatMap(({ keystroke }) => (keystroke === undefined ? [] : [keystroke]));
export const actionsOf = ({ seen }: Tape): PointerAction[] =>
  seen.flatMap(({ action }) => (action === undefined ? [] : [action]));

const largestRecording = 1024 * 1024 * 1024;

/**
 * Reads a recording (`.guac`, `.guac.gz`) through the same inspection as a live session.
 * @param name of the recording within its set, from which distortion is drawn: the same wherever the set lies
 * @param tell hears where a recording breaks off, and it is read up to there; not given: that is an error
 * @throws SamehandError `recording-malformed` with the file's name
 */
export function readTape(
  file: string,
  distortion: Distortion,
  name = file,
  tell: ((what: string) => void) | null = null,
): Tape {
  const seen: Seen[] = [];
  let now = millis(0);
  let start: Millis | null = null;
  const moved: number[] = [];
  const inspector = new Inspector({
    verifier: null,
    enrolment: null,
    onKeystroke: (keystroke) => seen.push({ at: now, keystroke: copyOf(keystroke) }),
    onAction: (action) => seen.push({ at: now, action }),
  });
  const clock = (at: Millis): void => {
    start ??= at;
    now = at;
    if (distortion.control !== undefined) moved.push(distorted.seen, at);
  };
  const timed: InputSink = {
    key(at, keysym, pressed) {
      clock(at);
      inspector.key(at, keysym, pressed);
    },
    pointer(at, x, y, mask) {
      clock(at);
      inspector.pointer(at, x, y, mask);
    },
  };
  const distorted = new DistortedSink(timed, distortion, name);
  const reader = new RecordingReader(file, isClean(distortion) ? timed : distorted);
  try {
    reader.read(bytesOf(file, tell));
    reader.end();
  } catch (error) {
    if (tell === null || !(error instanceof SamehandError)) throw error;
    tell(`${error.detail}: it counts as far as it can be read`);
  }
  inspector.flush();
  return { name: file, start: start ?? millis(0), end: now, seen, ...(moved.length > 0 ? { moved } : {}) };
}

export function bytesOf(file: string, tell: ((what: string) => void) | null): Uint8Array {
  try {
    const bytes = readFileSync(file);
    return file.endsWith(".gz") && bytes.length > 0 ? unzipped(file, bytes, tell) : bytes;
  } catch (error) {
    const known = asSamehandError(error, "recording-malformed");
    throw new SamehandError("recording-malformed", `${file}: ${known.detail}`, error);
  }
}

/** A zipped recording that was cut off is unzipped as far as it goes, where somebody is told. */
function unzipped(file: string, bytes: Uint8Array, tell: ((what: string) => void) | null): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: largestRecording });
  } catch (error) {
    if (tell === null || (error as NodeJS.ErrnoException).code !== "Z_BUF_ERROR") throw error;
    tell(`${file}, byte ${bytes.length}: the zipped recording is cut off: it counts as far as it can be read`);
    return gunzipSync(bytes, { maxOutputLength: largestRecording, finishFlush: constants.Z_SYNC_FLUSH });
  }
}
