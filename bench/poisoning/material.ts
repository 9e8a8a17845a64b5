/** Recorded people's work, cut into pieces of which sessions are put together again. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { InputSink } from "../../gateway/core/input.ts";
import { type ButtonMask, buttonMask, type Keysym, keysym, millis } from "../../gateway/core/units.ts";
import { RecordingReader } from "../../gateway/protocol/guacamole/recording.ts";

export type InputEvent =
  | { readonly at: number; readonly keysym: Keysym; readonly pressed: boolean }
  | {
      readonly at: number;
      readonly keysym?: undefined;
      readonly x: number;
      readonly y: number;
      readonly mask: ButtonMask;
    };

/** Input that begins and ends with nothing held down; times in ms from its first event. */
export type Piece = readonly InputEvent[];

/** Active time of a piece, ms; a silence counts one second at most. */
const pieceLength = 10_000;
const longestSilence = 1000;
/** Between two pieces, ms: no keystroke spans it. */
export const pause = 2500;

/** Cuts recordings into pieces; what is held down at a recording's end is left out. */
export function piecesOf(files: readonly string[]): Piece[] {
  return files.flatMap((file) => cut(eventsOf(file)));
}

function eventsOf(file: string): InputEvent[] {
  const events: InputEvent[] = [];
  const reader = new RecordingReader(file, {
    key: (at, keysym, pressed) => void events.push({ at, keysym, pressed }),
    pointer: (at, x, y, mask) => void events.push({ at, x, y, mask }),
  });
  const bytes = readFileSync(file);
  reader.read(file.endsWith(".gz") ? gunzipSync(bytes) : bytes);
  reader.end();
  return events;
}

function cut(events: readonly InputEvent[]): Piece[] {
  const pieces: Piece[] = [];
  const down = new Set<number>();
  let mask = 0;
  let active = 0;
  let begun = 0;
  events.forEach((event, index) => {
    if (index > begun) active += Math.min(longestSilence, event.at - events[index - 1].at);
    if (event.keysym === undefined) mask = event.mask;
    else if (event.pressed) down.add(event.keysym);
    else down.delete(event.keysym);
    if (down.size > 0 || mask !== 0 || active < pieceLength) return;
    const from = events[begun].at;
    pieces.push(events.slice(begun, index + 1).map((each) => ({ ...each, at: each.at - from })));
    begun = index + 1;
    active = 0;
  });
  return pieces;
}

/** How fast somebody types: geometric means, ms. */
export interface Tempo {
  readonly hold: number;
  readonly downDown: number;
}

/** From press to press longer than this is a pause, not typing, ms. */
const longestFlight = 1000;

export function tempoOf(pieces: readonly Piece[]): Tempo {
  const holds: number[] = [];
  const flights: number[] = [];
  for (const piece of pieces) {
    const pressedAt = new Map<number, number>();
    let last = Number.NaN;
    for (const event of piece) {
      if (event.keysym === undefined) continue;
      if (!event.pressed) {
        holds.push(event.at - (pressedAt.get(event.keysym) ?? event.at));
        continue;
      }
      if (event.at - last < longestFlight) flights.push(event.at - last);
      pressedAt.set(event.keysym, event.at);
      last = event.at;
    }
  }
  const mean = (of: readonly number[]): number =>
    Math.exp(of.reduce((sum, value) => sum + Math.log(Math.max(1, value)), 0) / Math.max(1, of.length));
  return { hold: mean(holds), downDown: mean(flights) };
}

/** A piece at another tempo: presses and holds stretched by their own factors, in the same order of presses. */
export function stretched(piece: Piece, hold: number, downDown: number): Piece {
  const pressedAt = new Map<number, { readonly was: number; readonly is: number }>();
  let was = 0;
  let now = 0;
  const events = piece.map((event): InputEvent => {
    if (event.keysym === undefined) return { ...event, at: now + (event.at - was) * downDown };
    if (!event.pressed) {
      const press = pressedAt.get(event.keysym);
      return { ...event, at: press === undefined ? now : press.is + (event.at - press.was) * hold };
    }
    now += (event.at - was) * downDown;
    was = event.at;
    pressedAt.set(event.keysym, { was, is: now });
    return { ...event, at: now };
  });
  return events.sort((one, two) => one.at - two.at);
}

/** Hands a piece on as live input. @returns when it ended, ms */
export function play(piece: Piece, sink: InputSink, from: number, clock: (at: number) => void): number {
  for (const event of piece) {
    clock(from + event.at);
    const at = millis(from + event.at);
    if (event.keysym === undefined) sink.pointer(at, event.x, event.y, buttonMask(event.mask));
    else sink.key(at, keysym(event.keysym), event.pressed);
  }
  return from + (piece.at(-1)?.at ?? 0);
}
