/**
 * A viewer behind the tunnel over plain HTTP. What it is sent goes out in the answers to its reads, one after another,
 * each ended as soon as the next one waits; what it writes comes in requests of their own.
 */
import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Clock } from "../../core/clock.ts";
import { asSamehandError, SamehandError } from "../../core/errors.ts";
import { textsOf } from "../../protocol/websocket/frame.ts";
import type { Viewer, ViewerOwner } from "../viewer.ts";
import { beginRead, endOfRead, sayOpened, sayOver, sayTaken } from "./http-tunnel.ts";

/** A session's first words: an empty opcode and the tunnel's name. */
const greeting = /^0\.,36\.([0-9a-f-]{36});/;
/** The stock page has two reads open, the one that is answered and the next. */
const mostReads = 4;
const key = Buffer.from("3.key,");
const mouse = Buffer.from("5.mouse,");

export class HttpViewer implements Viewer {
  /** Whoever bears it is this viewer. */
  readonly token: string;
  /** Null once it ended, as `#ended` is: why can still be asked for a while, which must not keep the whole session. */
  #owner: ViewerOwner | null;
  readonly #clock: Clock;
  #ended: (() => void) | null;
  /** The answer to `connect`, until the session has a name. */
  #connecting: ServerResponse | null;
  #identifier = "";
  #queue: Uint8Array[] = [];
  #queued = 0;
  /** The read that is answered, and whether anything was said in it. */
  #reader: ServerResponse | null = null;
  #spoken = false;
  #reads: ServerResponse[] = [];
  #paused = false;
  /** Writes that are answered once the target reads again. */
  #writes: ServerResponse[] = [];
  /** Guacamole's status of the end, 0 without one; null while it goes on. */
  #over: number | null = null;

  /**
   * @param prefix how its token begins
   * @param ended the viewer ended, and says so to each request that is still to come
   */
  constructor(connecting: ServerResponse, owner: ViewerOwner, clock: Clock, prefix: string, ended: () => void) {
    this.token = prefix + randomBytes(32).toString("base64url");
    this.#connecting = connecting;
    this.#owner = owner;
    this.#clock = clock;
    this.#ended = ended;
    connecting.on("close", () => {
      if (!connecting.writableEnded) owner.gone();
    });
  }

  /** The name that its requests give; empty until the session has one. */
  get identifier(): string {
    return this.#identifier;
  }

  get waiting(): number {
    return this.#queued + (this.#reader?.writableLength ?? 0);
  }

  write(bytes: Uint8Array): void {
    for (const text of textsOf(bytes)) this.#send(Buffer.from(text));
  }

  say(text: string): void {
    this.#send(Buffer.from(text));
  }

  /** There are no pings over HTTP: the link is measured by the frames that the viewer answers. */
  probe(): void {}

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const response of this.#writes.splice(0)) sayTaken(response);
  }

  end(_code: number, reason: string): void {
    if (this.#over !== null) return;
    this.#over = Number(reason);
    if (this.#connecting !== null) sayOver(this.#connecting, this.#over);
    this.#connecting = null;
    for (const response of this.#writes.splice(0)) sayOver(response, this.#over);
    this.#finish();
    this.#owner = null;
    this.#ended?.();
    this.#ended = null;
  }

  /** The viewer asks for what comes next. */
  read(response: ServerResponse): void {
    if ((this.#over !== null && this.#queue.length === 0) || this.#reads.length === mostReads)
      return sayOver(response, this.#over ?? 0);
    this.#reads.push(response);
    response.on("close", () => this.#left(response));
    this.#pump();
    if (this.#over !== null) this.#finish();
  }

  /** The viewer wrote. The bytes are overwritten. */
  hear(body: Buffer, response: ServerResponse): void {
    // The page writes again once it was answered: what comes before would wait in memory for a target that does not read.
    if (this.#writes.length > 0) this.#owner?.broken(new SamehandError("rate-exceeded", "a write beside another"));
    else this.#hear(body);
    body.fill(0);
    if (this.#over !== null) sayOver(response, this.#over);
    else if (this.#paused) this.#writes.push(response);
    else sayTaken(response);
  }

  #hear(body: Buffer): void {
    const owner = this.#owner;
    if (owner === null) return;
    owner.readBegins(this.#clock.now(), body.length, count(body, key) + count(body, mouse) > 1);
    try {
      owner.message(body, 0, body.length);
    } catch (error) {
      owner.broken(asSamehandError(error, "verification-failed"));
    }
    owner.readEnds();
  }

  #send(bytes: Uint8Array): void {
    if (this.#over !== null) return;
    const rest = this.#connecting === null ? bytes : this.#opened(this.#connecting, bytes);
    if (rest.length === 0) return;
    this.#queue.push(rest);
    this.#queued += rest.length;
    this.#pump();
  }

  /** @returns what came behind the session's name */
  #opened(connecting: ServerResponse, bytes: Uint8Array): Uint8Array {
    const named = greeting.exec(Buffer.from(bytes.subarray(0, 64)).toString("latin1"));
    if (named === null) return bytes;
    this.#connecting = null;
    this.#identifier = named[1];
    sayOpened(connecting, named[1], this.token);
    return bytes.subarray(named[0].length);
  }

  /** Sends what waits into the read that is there, and ends that once another one waits. */
  #pump(): void {
    while (this.#queue.length > 0) {
      const reader = (this.#reader ??= this.#next());
      if (reader === null) return;
      const bytes = this.#queue.shift()!;
      this.#queued -= bytes.length;
      this.#spoken = true;
      reader.write(bytes, () => this.#owner?.drained());
    }
    if (!this.#spoken || this.#reads.length === 0) return;
    this.#reader?.end(endOfRead);
    this.#reader = null;
    this.#spoken = false;
  }

  #next(): ServerResponse | null {
    const response = this.#reads.shift() ?? null;
    this.#spoken = false;
    if (response !== null) beginRead(response);
    return response;
  }

  /** Ends every read: the one that is answered with what was said, the others with the reason. */
  #finish(): void {
    this.#reader?.end(endOfRead);
    this.#reader = null;
    for (const response of this.#reads.splice(0)) sayOver(response, this.#over ?? 0);
  }

  /** A read was left before its end: what was in it may be lost, and the page does so only when it goes. */
  #left(response: ServerResponse): void {
    if (response.writableEnded) return;
    this.#reads = this.#reads.filter((each) => each !== response);
    if (this.#reader === response) this.#reader = null;
    this.#owner?.gone();
  }
}

/** How often a text comes in bytes. */
function count(bytes: Buffer, text: Buffer): number {
  let found = 0;
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + text.length)) found += 1;
  return found;
}
