/**
 * Many viewers in one process: raw WebSocket clients that read into one shared buffer and count, and that type
 * and point as a script says. Runs in a process of its own.
 */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { instruction } from "../../gateway/protocol/guacamole/instructions.ts";
import { makeScript } from "./hand.ts";
import { serveCalls } from "./part.ts";
import { Timeline } from "./timeline.ts";
import { FrameWalker, maskedText, nanoseconds, upgradeRequest } from "./wire.ts";

/** Every viewer reads into this one buffer: what was read is only counted. */
const shared = Buffer.allocUnsafeSlow(262_144);
const nop = maskedText(instruction("nop"));

let bytesRead = 0;

class Viewer {
  readonly number: number;
  readonly socket: Socket;
  sent: number[] = [];
  /** Where this viewer is in the script, and when its script began (ns). */
  index = 0;
  began = 0;
  /** When an `error` instruction was read (ns), 0 before. */
  errorAt = 0;
  closedAt = 0;
  upgraded = false;
  #head = "";
  #ready: () => void = () => {};
  readonly #walker: FrameWalker;

  constructor(url: URL, number: number, opened: (error: Error | null) => void) {
    this.number = number;
    this.#ready = () => opened(null);
    const onread = {
      buffer: shared,
      callback: (size: number) => {
        bytesRead += size;
        this.#read(size);
        return true;
      },
    };
    const port = Number(url.port);
    const address = { host: url.hostname, port, noDelay: true };
    const ready = (): void => void this.socket.write(upgradeRequest(url.pathname + url.search, url.host));
    this.socket =
      url.protocol === "wss:"
        ? connectTls({ ...address, rejectUnauthorized: false, onread } as ConnectionOptions, ready)
        : connectTcp({ ...address, onread }, ready);
    this.socket.setNoDelay(true);
    this.socket.on("error", (error) => opened(error));
    this.socket.on("close", () => {
      this.closedAt = nanoseconds();
      opened(new Error(`closed while opening: ${this.#head}`));
    });
    this.#walker = new FrameWalker({
      payload: (opcode, bytes, from, to) => this.#frame(opcode, bytes, from, to),
    });
  }

  #read(size: number): void {
    if (this.upgraded) {
      this.#walker.walk(shared, 0, size);
      return;
    }
    this.#head += shared.toString("latin1", 0, size);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) return;
    const rest = Buffer.from(this.#head.slice(end + 4), "latin1");
    this.#head = this.#head.slice(0, end);
    if (!this.#head.startsWith("HTTP/1.1 101")) {
      this.socket.destroy();
      return;
    }
    this.upgraded = true;
    this.#walker.walk(rest, 0, rest.length);
  }

  #frame(opcode: number, bytes: Buffer, from: number, to: number): void {
    if (opcode === 9) {
      // A pong is a masked frame with the ping's payload; a mask of zeros leaves it as it is.
      const pong = Buffer.alloc(6 + to - from);
      pong[0] = 0x8a;
      pong[1] = 0x80 | (to - from);
      bytes.copy(pong, 6, from, to);
      this.socket.write(pong);
    } else if (opcode === 8) this.socket.end();
    else {
      this.#ready();
      this.#ready = () => {};
      // `5.error,`
      if (to - from > 8 && bytes[from] === 0x35 && bytes[from + 2] === 0x65 && bytes[from + 3] === 0x72)
        this.errorAt ||= nanoseconds();
    }
  }
}

let viewers: Viewer[] = [];

async function open(url: string, number: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    viewers.push(new Viewer(new URL(url), number, (error) => (error === null ? resolve() : reject(error))));
  });
}

/** Viewers must not be silent for long: the stock client says `nop` every 5 s. */
setInterval(() => {
  for (const { upgraded, socket } of viewers) if (upgraded && socket.writable && !socket.isPaused()) socket.write(nop);
}, 5000).unref();

const { frames, at, period } = makeScript();
let stoodStill = 0;

/** The first message that is due at or after `since` ms of the script. */
function placeInScript(since: number): number {
  const found = at.findIndex((time) => time >= since);
  return found < 0 ? frames.length : found;
}

/** When the viewer's next message is due, in ns. */
const dueOf = ({ began, index }: Viewer): number =>
  began + (Math.floor(index / frames.length) * period + at[index % frames.length]) * 1e6;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * Sends each message when it is due, until `until` (ns). A timer's millisecond would bunch the messages up, so it
 * sleeps on a futex to within 50 µs; sockets are served in between.
 */
async function send(until: number): Promise<void> {
  const timeline = new Timeline(Float64Array.from(viewers, dueOf));
  return new Promise((resolve) => {
    const step = (): void => {
      let now = nanoseconds();
      while (timeline.due <= now) {
        const viewer = viewers[timeline.slot];
        viewer.sent.push(nanoseconds());
        viewer.socket.write(frames[viewer.index++ % frames.length]);
        timeline.putOff(dueOf(viewer));
      }
      now = nanoseconds();
      if (now >= until) {
        resolve();
        return;
      }
      Atomics.wait(sleeper, 0, 0, Math.max(0, Math.min(timeline.due - now, 1e6)) / 1e6);
      setImmediate(step);
    };
    step();
  });
}

serveCalls({
  /** Opens a session for each URL, `concurrency` at a time; the first has number `first`. */
  async open({ urls, first, concurrency }: { urls: string[]; first: number; concurrency: number }) {
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < urls.length) {
        const index = next++;
        await open(urls[index], first + index);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, urls.length) }, work));
  },
  bytes: () => bytesRead,
  /** Types and points on every open session for `seconds`; each viewer's script starts at its own phase. */
  async type({ seconds }: { seconds: number }) {
    const now = nanoseconds();
    viewers.forEach((viewer, index) => {
      // The script stood still between two calls; it starts at a place of its own for each viewer.
      if (viewer.began === 0) {
        viewer.began = now - ((index * 7919) % 1000) * 1e7;
        viewer.index = placeInScript((now - viewer.began) / 1e6);
      } else viewer.began += now - stoodStill;
    });
    await send(now + seconds * 1e9);
    stoodStill = nanoseconds();
  },
  forget() {
    for (const viewer of viewers) viewer.sent = [];
  },
  sent: () => viewers.map(({ number, sent }) => ({ number, at: Float64Array.from(sent) })),
  ends: () => viewers.map(({ number, errorAt, closedAt }) => ({ number, errorAt, closedAt })),
  stall() {
    for (const { socket } of viewers) socket.pause();
  },
  async close() {
    const open = viewers.filter(({ socket }) => !socket.destroyed);
    const closed = open.map(async ({ socket }) => new Promise((resolve) => socket.once("close", resolve)));
    for (const { socket } of open) socket.destroy();
    await Promise.all(closed);
    viewers = [];
  },
});
