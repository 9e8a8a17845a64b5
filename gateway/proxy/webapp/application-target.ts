/**
 * The web application's tunnel as the target of a session: a WebSocket whose messages are whole instructions both
 * ways. It answers the viewer's place in guacd's: the handshake with guacd is the application's business.
 */
import { WebSocket } from "ws";
import type { Log } from "../../core/log.ts";
import { asSamehandError, SamehandError } from "../../core/errors.ts";
import type { ProtocolVersion } from "../../protocol/guacamole/handshake.ts";
import { messageEnd } from "../../protocol/guacamole/messages.ts";
import { ServerScanner } from "../../protocol/guacamole/server-scanner.ts";
import { frame } from "../../protocol/websocket/frame.ts";
import type { Target, TargetOwner } from "../target.ts";

export interface ApplicationTunnel {
  /** `ws:` or `wss:`, with everything that is asked for in its query. Secret: the login's token is in it. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** PEM to trust instead of the system's list. */
  readonly ca?: string | Buffer;
  /** The live connection that is joined, by the application's identifier; empty for one of its own. */
  readonly joins: string;
  /** Told the application's name of this tunnel, before anything else of it. */
  readonly named: (tunnel: string) => void;
  /** Ends the whole login at the application: what a sever is for. */
  readonly signOut: () => void;
}

/** The first message names the tunnel: an empty opcode and a UUID. */
export const greeting = /^0\.,36\.([0-9a-f-]{36});/;
/** Largest message of the application: it sends one read of guacd's at a time, whose longest instruction has 32 KB. */
const largestMessage = 1024 * 1024;
const endGrace = 200;
/** A frame's end; from guacd 1.5 on it says of how many frames. */
const frameEnd = /4\.sync,\d\d?\.\d{1,15}([,;])/;

/** Begins a WebSocket to the application's tunnel. */
export function openSocket({ url, headers, ca }: Pick<ApplicationTunnel, "url" | "headers" | "ca">): WebSocket {
  return new WebSocket(url, "guacamole", {
    headers,
    perMessageDeflate: false,
    maxPayload: largestMessage,
    followRedirects: false,
    skipUTF8Validation: true,
    ...(ca === undefined ? {} : { ca }),
  });
}

export class ApplicationTarget implements Target {
  readonly scanner = new ServerScanner();
  readonly #socket: WebSocket;
  readonly #owner: TargetOwner;
  readonly #tunnel: ApplicationTunnel;
  #identifier = "";
  #lost = false;
  /** Null until a frame ended: the application does not tell the viewer. */
  #version: ProtocolVersion | null = null;

  constructor(tunnel: ApplicationTunnel, owner: TargetOwner, log: Log) {
    this.#owner = owner;
    this.#tunnel = tunnel;
    this.#socket = openSocket(tunnel);
    this.#socket.on("message", (data: Buffer, binary: boolean) => this.#received(data, binary));
    this.#socket.on("unexpected-response", (_request, response) => {
      response.resume();
      this.#lose(new SamehandError("upstream-refused", `the web application answered ${response.statusCode}`));
    });
    this.#socket.on("error", (cause) => {
      log.debug({ cause: cause.message }, "the web application's tunnel failed");
      this.#lose(new SamehandError(this.#identifier === "" ? "upstream-unreachable" : "upstream-closed", "", cause));
    });
    this.#socket.on("close", (_code, reason) => this.#closed(reason.toString()));
  }

  /** Sessions with the same one are on the same desktop. */
  get connectionId(): string {
    return this.#tunnel.joins === "" ? this.#identifier : this.#tunnel.joins;
  }

  /** The application's own name of the tunnel, by which the page asks for files. */
  get tunnelId(): string {
    return this.#identifier;
  }

  /** guacd's, as far as it makes a difference to whoever joins. */
  get version(): ProtocolVersion {
    return this.#version ?? "VERSION_1_0_0";
  }

  get connecting(): boolean {
    return this.#socket.readyState === WebSocket.CONNECTING;
  }

  get waiting(): number {
    return this.#socket.bufferedAmount;
  }

  write(bytes: Uint8Array | string): boolean {
    if (this.#lost || this.#socket.readyState !== WebSocket.OPEN) return false;
    const whole = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    for (let at = 0; at < whole.length;) {
      const end = messageEnd(whole, at);
      // Masking is done in a copy, so that the caller's buffer is free again at once.
      this.#socket.send(whole.subarray(at, end), { binary: false }, end === whole.length ? this.#flushed : undefined);
      at = end;
    }
    return false;
  }

  taken(): void {
    // A socket that is closing has nothing left to resume, and fails at it.
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.resume();
  }

  trim(): void {
    // `ws` keeps no buffer of its own between messages.
  }

  end(last: string, cut: boolean): void {
    const lose = this.#lost || this.#socket.readyState !== WebSocket.OPEN || (cut && this.waiting > 0);
    if (cut) this.#tunnel.signOut();
    if (!lose) this.write(last);
    this.#lost = true;
    if (lose) this.#socket.terminate();
    else this.#socket.close(1000);
    setTimeout(() => this.#socket.terminate(), endGrace).unref();
  }

  readonly #flushed = (): void => this.#owner.flushed();

  #received(data: Buffer, binary: boolean): void {
    if (this.#lost) return;
    try {
      this.#take(data, binary);
    } catch (error) {
      this.#lose(asSamehandError(error, "upstream-malformed"));
    }
  }

  /** @throws SamehandError for what is no protocol, also where the owner must read it and cannot */
  #take(data: Buffer, binary: boolean): void {
    if (binary) throw new SamehandError("upstream-malformed", "a binary message");
    const rest = this.#identifier === "" ? this.#greeted(data) : data;
    if (rest.length === 0 || this.#lost) return;
    if (this.scanner.scan(rest, 0, rest.length) !== rest.length)
      throw new SamehandError("upstream-malformed", "a message that is not whole instructions");
    if (this.#version === null && this.scanner.syncs > 0) this.#learnVersion(rest);
    const framed = frame(rest);
    const taken = this.#owner.display(framed, framed.length - rest.length);
    if (!taken && this.#socket.readyState === WebSocket.OPEN) this.#socket.pause();
  }

  #learnVersion(data: Buffer): void {
    const found = frameEnd.exec(data.toString("latin1"));
    if (found !== null) this.#version = found[1] === "," ? "VERSION_1_5_0" : "VERSION_1_3_0";
  }

  /** @returns what came behind the tunnel's name @throws SamehandError `upstream-malformed` where it is none */
  #greeted(data: Buffer): Buffer {
    const named = greeting.exec(data.toString("latin1", 0, 64));
    if (named === null) throw new SamehandError("upstream-malformed", "the web application did not name its tunnel");
    this.#identifier = named[1];
    this.#tunnel.named(named[1]);
    this.#owner.ready();
    return data.subarray(named[0].length);
  }

  #closed(reason: string): void {
    const detail = /^\d{1,5}$/.test(reason) ? `status ${reason}` : "";
    this.#lose(new SamehandError(this.#identifier === "" ? "upstream-refused" : "upstream-closed", detail));
  }

  #lose(error: SamehandError): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#socket.terminate();
    this.#owner.lost(error);
  }
}
