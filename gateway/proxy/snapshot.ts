/**
 * Fetches the picture that a desktop shows now: joins its connection as another user, takes what guacd sends whoever
 * joins, and leaves.
 */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { Handshake } from "../protocol/guacamole/handshake.ts";
import { disconnect } from "../protocol/guacamole/instructions.ts";
import { askForEnd, quietMillis, SnapshotReader } from "../protocol/guacamole/snapshot-reader.ts";
import type { GuacdOptions } from "./options.ts";

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

export class Snapshot {
  readonly #owner: SnapshotOwner;
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  readonly #limit: number;
  /** Null once guacd is ready: it holds the connection's secrets. */
  #handshake: Handshake | null;
  #reader: SnapshotReader | null = null;
  #quiet: NodeJS.Timeout | undefined;
  #over = false;

  /** @param handshake that joins the connection */
  constructor(guacd: GuacdOptions, handshake: Handshake, limits: SnapshotLimits, owner: SnapshotOwner) {
    this.#owner = owner;
    this.#handshake = handshake;
    this.#limit = limits.bytes;
    const options = { host: guacd.host, port: guacd.port, noDelay: true };
    this.#socket = guacd.tls === null ? connectTcp(options) : connectTls({ ...options, ...guacd.tls });
    this.#socket.once(guacd.tls === null ? "connect" : "secureConnect", () => this.#socket.write(handshake.start()));
    this.#socket.on("data", (bytes: Buffer) => this.#received(bytes));
    this.#socket.on("error", (cause) =>
      this.#fail(new SamehandError("upstream-unreachable", "for the picture", cause)),
    );
    this.#socket.on("close", () => this.#fail(new SamehandError("upstream-closed", "before the picture was whole")));
    this.#timer = setTimeout(() => this.#fail(new SamehandError("upstream-timeout", "for the picture")), limits.millis);
  }

  /** Leaves, whatever is still to come. Idempotent. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#quiet);
    if (this.#socket.writable && !this.#socket.connecting) this.#socket.end(disconnect);
    else this.#socket.destroy();
    setTimeout(() => this.#socket.destroy(), 200).unref();
  }

  #received(bytes: Buffer): void {
    if (this.#over) return;
    try {
      const from = this.#reader === null ? this.#shakeHands(bytes) : 0;
      if (this.#reader === null) return;
      if (!this.#reader.read(bytes.subarray(from))) return this.#wait(this.#reader);
    } catch (error) {
      this.#fail(asSamehandError(error, "upstream-malformed"));
      return;
    }
    this.#done(this.#reader);
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

  /** @returns where the picture begins */
  #shakeHands(bytes: Buffer): number {
    const handshake = this.#handshake!;
    const from = handshake.receive(bytes, 0, bytes.length, (text) => {
      this.#owner.joins();
      this.#socket.write(text + askForEnd);
    });
    if (handshake.connectionId === "") return from;
    this.#reader = new SnapshotReader(handshake.version, this.#limit);
    this.#handshake = null;
    return from;
  }

  #fail(error: SamehandError): void {
    if (this.#over) return;
    this.cancel();
    this.#owner.failed(error);
  }
}
