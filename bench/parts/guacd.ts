/**
 * The synthetic guacd: speaks the handshake, draws a scene and notes when each key and mouse instruction came in.
 * It listens four times: as guacd on TCP, as a WebSocket front (plain and TLS) for peers that only pass
 * WebSocket on, and for the direct run without any proxy. Runs in a process of its own.
 */
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { instruction } from "../../gateway/protocol/guacamole/instructions.ts";
import { makeStream, pacedInterval, type Scene, type Stream } from "./display.ts";
import { serveCalls } from "./part.ts";
import { eachInstruction, FrameWalker, nanoseconds, plainText } from "./wire.ts";

/** Bytes written at a time; cuts fall anywhere, as they do on a real socket. */
const slice = 65_536;

const streams = new Map<Scene, Stream>();
const sessions = new Map<number, Session>();
/** All since the last `forget`, also those that have ended. */
const seen = new Map<number, Session>();
let arrivals = 0;

/** One viewer's desktop. Its number comes from the token or query, so that sender and receiver can be matched. */
class Session {
  readonly socket: Duplex;
  readonly #framed: boolean;
  /** Arrival of each input instruction in ns. */
  received: number[] = [];
  blocked = false;
  /** Frames of `paced` drawn so far. */
  frames = 0;
  #stream: Buffer | null = null;
  #at = 0;
  #rest = Buffer.alloc(0);

  constructor(socket: Duplex, framed: boolean) {
    this.socket = socket;
    this.#framed = framed;
    socket.on("drain", () => {
      this.blocked = false;
      pump();
    });
  }

  say(text: string): void {
    const bytes = Buffer.from(text);
    this.socket.write(this.#framed ? plainText(bytes) : bytes);
  }

  draw(scene: Scene | null): void {
    if (scene === null) {
      this.#stream = null;
      return;
    }
    const stream = streams.get(scene) ?? makeStream(scene);
    streams.set(scene, stream);
    this.#stream = this.#framed ? stream.framed : stream.raw;
    this.#at = 0;
  }

  burst(frames: number): void {
    this.draw("paced");
    for (let frame = 0; frame < frames; frame++) {
      this.blocked = false;
      this.write(Infinity);
    }
    this.draw(null);
  }

  get drawing(): boolean {
    return this.#stream !== null;
  }

  /** Writes the next `size` bytes of the scene. */
  write(size: number): void {
    const stream = this.#stream;
    if (stream === null || this.blocked) return;
    const end = Math.min(this.#at + size, stream.length);
    this.blocked = !this.socket.write(stream.subarray(this.#at, end));
    this.#at = end === stream.length ? 0 : end;
  }

  input(bytes: Buffer, from: number, to: number): void {
    const joined = this.#rest.length > 0;
    const all = joined ? Buffer.concat([this.#rest, bytes.subarray(from, to)]) : bytes;
    const end = joined ? all.length : to;
    const done = eachInstruction(all, joined ? 0 : from, end, (opcode) => {
      // `mouse` and `key` are the only opcodes that begin so, and are what the load sends.
      if (all[opcode] === 0x6d || all[opcode] === 0x6b) this.received.push(nanoseconds());
    });
    this.#rest = done === end ? Buffer.alloc(0) : Buffer.from(all.subarray(done, end));
  }
}

function enter(number: number, session: Session): void {
  sessions.set(number, session);
  seen.set(number, session);
  session.socket.on("error", () => {});
  // An HTTP server's sockets stay half open.
  session.socket.on("end", () => session.socket.end());
  session.socket.on("close", () => {
    if (sessions.get(number) === session) sessions.delete(number);
  });
}

let pumping = false;
let scene: Scene | null = null;

/** One slice to each desktop that takes it, round and round, until all are blocked. */
function pump(): void {
  if (pumping || scene === null || scene === "paced") return;
  pumping = true;
  setImmediate(() => {
    pumping = false;
    let open = false;
    for (const session of sessions.values()) {
      session.write(slice);
      open ||= session.drawing && !session.blocked;
    }
    if (open) pump();
  });
}

/** Each desktop of `paced` draws every 50 ms, spread evenly over that time. */
let pacer: NodeJS.Timeout | null = null;
let phase = 0;
function pace(): void {
  const now = performance.now();
  const size = streams.get("paced")?.framed.length ?? 0;
  let index = 0;
  const step = (now - phase) / pacedInterval;
  for (const session of sessions.values()) {
    if (!session.drawing) continue;
    const due = Math.floor(step + (index++ % 50) / 50);
    if (due > session.frames) {
      session.frames = due;
      session.write(size);
    }
  }
}
function speakGuacd(socket: Socket): void {
  socket.setNoDelay(true);
  let session: Session | null = null;
  const held = new Session(socket, false);
  let rest = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (bytes: Buffer) => {
    if (session !== null) {
      session.input(bytes, 0, bytes.length);
      return;
    }
    const all = Buffer.concat([rest, bytes]);
    const done = eachInstruction(all, 0, all.length, (from, to, end) => {
      const opcode = all.toString("latin1", from, to);
      if (opcode === "select")
        held.say(instruction("args", "VERSION_1_5_0", "hostname", "port", "username", "password"));
      if (opcode !== "connect") return;
      const number = /\.s(\d+)[,;]/.exec(all.toString("latin1", to, end));
      session = held;
      enter(number === null ? arrivals : Number(number[1]), held);
      arrivals++;
      held.say(instruction("ready", `$${randomUUID()}`));
    });
    rest = Buffer.from(all.subarray(done));
    if (session !== null && rest.length > 0) held.input(rest, 0, rest.length);
  });
}

function speakWebSocket(request: { url?: string; headers: NodeJS.Dict<string | string[]> }, socket: Duplex): void {
  if ("setNoDelay" in socket) (socket as Socket).setNoDelay(true);
  const accept = createHash("sha1")
    .update(`${String(request.headers["sec-websocket-key"])}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  const protocol =
    request.headers["sec-websocket-protocol"] === undefined ? "" : "Sec-WebSocket-Protocol: guacamole\r\n";
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${protocol}\r\n`,
  );
  const session = new Session(socket, true);
  const number = /[?&]n=(\d+)/.exec(request.url ?? "");
  enter(number === null ? arrivals : Number(number[1]), session);
  arrivals++;
  const walker = new FrameWalker({
    payload(opcode, bytes, from, to) {
      if (opcode === 8) socket.end();
      else if (opcode < 3) session.input(bytes, from, to);
    },
  });
  socket.on("data", (bytes: Buffer) => walker.walk(bytes, 0, bytes.length));
  session.say(instruction("", `$${randomUUID()}`));
}

async function listen(server: Server, port = 0): Promise<number> {
  server.listen({ host: "127.0.0.1", port, backlog: 4096 });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** guacd says `nop` every 5 s; peers close what is silent. */
setInterval(() => {
  for (const session of sessions.values()) if (!session.drawing) session.say(instruction("nop"));
}, 5000).unref();

serveCalls({
  async start(options: { key: string; cert: string; guacd?: number; front?: number }) {
    const front = createHttp().on("upgrade", speakWebSocket);
    const secure = createHttps({ key: options.key, cert: options.cert }).on("upgrade", speakWebSocket);
    return {
      guacd: await listen(createServer({ noDelay: true }, speakGuacd), options.guacd),
      front: await listen(front, options.front),
      secure: await listen(secure),
    };
  },
  /** Draws on the sessions numbered from `from` up to, not including, `to`; `null` stops drawing there. */
  draw({ what, from, to }: { what: Scene | null; from: number; to: number }) {
    let others = false;
    for (const [number, session] of sessions) {
      if (number >= from && number < to) {
        session.draw(what);
        session.frames = 0;
      } else others ||= session.drawing;
    }
    if (what !== null || !others) scene = what;
    if (pacer !== null && scene !== "paced") {
      clearInterval(pacer);
      pacer = null;
    }
    if (what === "paced" && pacer === null) {
      phase = performance.now();
      pacer = setInterval(pace, 1);
    } else pump();
  },
  /** So many frames of 39 KB at once to each session numbered so; whole ones, as guacd is never idle within one. */
  burst({ frames, from, to }: { frames: number; from: number; to: number }) {
    for (const [number, session] of sessions) if (number >= from && number < to) session.burst(frames);
  },
  sessions: () => sessions.size,
  forget() {
    seen.clear();
    for (const [number, session] of sessions) {
      session.received = [];
      seen.set(number, session);
    }
  },
  received: () => [...seen].map(([number, { received }]) => ({ number, at: Float64Array.from(received) })),
});
