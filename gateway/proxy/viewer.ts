/**
 * Who looks at a session and types into it, however the bytes come: over a WebSocket (`websocket-viewer.ts`), or over
 * plain HTTP (`webapp/http-viewer.ts`). A session speaks to either in the same way.
 */
import type { SamehandError } from "../core/errors.ts";
import type { Millis } from "../core/units.ts";

/** Who hears what a viewer does. */
export interface ViewerOwner {
  /**
   * One read begins: the time of all that is in it.
   * @param together it carries several events that were not made at one time
   */
  readBegins(at: Millis, bytes: number, together?: boolean): void;
  /** A whole text message. Returns false to stop reading. */
  message(buffer: Uint8Array, start: number, end: number): boolean;
  /** The read is over. */
  readEnds(): void;
  /** Frames came that are no messages: pings, pongs, fragments. */
  framed(count: number): void;
  /** A pong for the newest ping came. */
  pong(at: Millis): void;
  /** The viewer broke the protocol. */
  broken(error: SamehandError): void;
  /** The viewer said good-bye, or its connection is gone. */
  gone(): void;
  /** Everything that was written went out. */
  drained(): void;
}

export interface Viewer {
  /** Bytes that wait in this process: 0 once the kernel took all. */
  readonly waiting: number;
  /** Writes whole WebSocket frames. `drained` is told of each write; the bytes must stay until `waiting` is 0. */
  write(bytes: Uint8Array): void;
  /** Sends instructions as a message of their own. */
  say(text: string): void;
  /** Asks for a pong, where there is such a thing. */
  probe(): void;
  /** Takes no input until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends it. Idempotent. @param code WebSocket close code @param reason the Guacamole status in decimal, or empty */
  end(code: number, reason: string): void;
}
