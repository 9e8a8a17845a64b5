/** `samehand replay`: a recorded person as a live client, in real time. */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createGunzip } from "node:zlib";
import { SamehandError } from "../core/errors.ts";
import type { InputSink } from "../core/input.ts";
import type { Io } from "../core/io.ts";
import { ViewerClient } from "../offline/viewer-client.ts";
import { RecordingReader } from "../protocol/guacamole/recording.ts";
import { counted } from "./counted.ts";

const help = `usage: samehand replay FILE --url URL [OPTIONS]

Opens a tunnel to a gateway and sends the input of a guacamole session recording
(.guac or .guac.gz) as a person would, at the times it was recorded.

  --url URL        the tunnel: ws://HOST:PORT/websocket-tunnel?token=TOKEN
  --speed N        so many times as fast (default 1; the profile learns another hand)
  --longest-gap S  seconds that a pause lasts at most (default 5)
  --seconds S      stop after so many seconds of input
  --ca FILE        trust this certificate authority
  --json           print the outcome as JSON
`;

/** One event to send, and when, in ms from the first. */
type Step = readonly [at: number, send: (sink: InputSink) => void];

/** Reads the input of a recording. @throws SamehandError `recording-malformed` with file and place */
async function stepsOf(file: string): Promise<Step[]> {
  const steps: Step[] = [];
  const reader = new RecordingReader(file, {
    key: (at, keysym, pressed) => steps.push([at, (sink) => sink.key(at, keysym, pressed)]),
    pointer: (at, x, y, mask) => steps.push([at, (sink) => sink.pointer(at, x, y, mask)]),
  });
  const raw = createReadStream(file);
  try {
    for await (const chunk of file.endsWith(".gz") ? raw.pipe(createGunzip()) : raw) reader.read(chunk as Buffer);
  } catch (error) {
    if (error instanceof SamehandError) throw error;
    throw new SamehandError("recording-malformed", file, error);
  }
  reader.end();
  return steps;
}

/** Sends the steps at their times until they, the tunnel or the time are over. */
async function play(steps: Step[], client: ViewerClient, options: { speed: number; gap: number; seconds: number }) {
  let due = performance.now();
  let before = steps[0]?.[0] ?? 0;
  let played = 0;
  for (const [at, send] of steps) {
    const pause = Math.min(Math.max(0, at - before), options.gap * 1000);
    before = at;
    played += pause;
    if (played > options.seconds * 1000) return;
    due += pause / options.speed;
    const wait = due - performance.now();
    if (wait > 1) await Promise.race([sleep(wait), client.ended]);
    if (!client.open) return;
    send(client);
  }
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new SamehandError("usage", `--${name} must be a positive number`);
  return value;
}

/** @returns 0 when the recording was played to its end, 1 when the gateway ended the session before */
export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      url: { type: "string" },
      speed: { type: "string", default: "1" },
      "longest-gap": { type: "string", default: "5" },
      seconds: { type: "string", default: "1e9" },
      ca: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) throw new SamehandError("usage", "replay needs one FILE");
  if (values.url === undefined) throw new SamehandError("usage", "replay needs --url");
  const steps = await stepsOf(file);
  const ca = values.ca === undefined ? {} : { ca: await readFile(values.ca, "utf8") };
  const client = await ViewerClient.open(values.url, ca);
  io.stop?.addEventListener("abort", () => void client.close());
  await client.first("sync");
  await play(steps, client, {
    speed: numberOf("speed", values.speed),
    gap: numberOf("longest-gap", values["longest-gap"]),
    seconds: numberOf("seconds", values.seconds),
  });
  const whole = client.open;
  const end = whole ? await client.close() : await client.ended;
  if (values.json) io.stdout.write(`${JSON.stringify({ events: steps.length, played: whole, ...end })}\n`);
  else if (whole) io.stdout.write(`played ${counted(steps.length, "event")}\n`);
  else io.stdout.write(`the gateway ended the session: ${end.status ?? end.closeReason} ${end.message}\n`);
  return whole ? 0 : 1;
}
