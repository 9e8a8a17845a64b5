/**
 * Fetches the picture that a desktop shows now: joins its connection as another user, takes what guacd sends whoever
 * joins, and leaves. How that user gets there is a line of its own: to guacd, or through the web application.
 */
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { ProtocolVersion } from "../protocol/guacamole/handshake.ts";
import { quietMillis, SnapshotReader } from "../protocol/guacamole/snapshot-reader.ts";

export interface SnapshotOwner {
  /** guacd begins to make the picture: what is drawn from now on may not be in it. */
  joins(): void;
  /** It is whole. Told once, and `failed` not any more. */
  fetched(picture: SnapshotReader): void;
  failed(error: SamehandError): void;
}

export interface SnapshotLimits {
  /** The most memory that the picture may take. */
  readonly bytes: number;
  /** For all of it. */
  readonly millis: number;
}

/** Who hears what a line brings. */
export interface SnapshotLineOwner {
  /** The user is about to join. */
  joins(): void;
  /** The user has joined: what is received from now on is the picture. */
  joined(version: ProtocolVersion): void;
  /** @throws SamehandError where it is no picture */
  received(bytes: Uint8Array): void;
  lost(error: SamehandError): void;
}

/** The way of another user to the desktop. It asks for the picture's end (`askForEnd`) by itself. */
export interface SnapshotLine {
  /** Says good-bye where it can, and hangs up. Nothing is told any more. */
  leave(): void;
}

export class Snapshot implements SnapshotLineOwner {
  readonly #owner: SnapshotOwner;
  readonly #line: SnapshotLine;
  readonly #timer: NodeJS.Timeout;
  readonly #limit: number;
  #reader: SnapshotReader | null = null;
  #quiet: NodeJS.Timeout | undefined;
  #over = false;

  /** @param open begins the line */
  constructor(open: (owner: SnapshotLineOwner) => SnapshotLine, limits: SnapshotLimits, owner: SnapshotOwner) {
    this.#owner = owner;
    this.#limit = limits.bytes;
    this.#line = open(this);
    this.#timer = setTimeout(() => this.lost(new SamehandError("upstream-timeout", "for the picture")), limits.millis);
  }

  /** Leaves, whatever is still to come. Idempotent. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#quiet);
    this.#line.leave();
  }

  joins(): void {
    if (!this.#over) this.#owner.joins();
  }

  joined(version: ProtocolVersion): void {
    this.#reader = new SnapshotReader(version, this.#limit);
  }

  received(bytes: Uint8Array): void {
    const reader = this.#reader;
    if (this.#over || reader === null) return;
    try {
      if (!reader.read(bytes)) return this.#wait(reader);
    } catch (error) {
      this.lost(asSamehandError(error, "upstream-malformed"));
      return;
    }
    this.#done(reader);
  }

  lost(error: SamehandError): void {
    if (this.#over) return;
    this.cancel();
    this.#owner.failed(error);
  }

  #wait(reader: SnapshotReader): void {
    if (!reader.whole) return;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#done(reader), quietMillis);
  }

  #done(picture: SnapshotReader): void {
    this.cancel();
    this.#owner.fetched(picture);
  }
}
