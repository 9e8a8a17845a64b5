/** The way of another user, who joins only to see, to guacd itself. */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { Handshake } from "../protocol/guacamole/handshake.ts";
import { disconnect } from "../protocol/guacamole/instructions.ts";
import { askForEnd } from "../protocol/guacamole/snapshot-reader.ts";
import type { GuacdOptions } from "./options.ts";
import type { SnapshotLine, SnapshotLineOwner } from "./snapshot.ts";

/** From the good-bye until the socket is gone, whatever guacd does. */
const leaveMillis = 200;

export class GuacdLine implements SnapshotLine {
  readonly #owner: SnapshotLineOwner;
  readonly #socket: Socket;
  /** Null once guacd is ready: it holds the connection's secrets. */
  #handshake: Handshake | null;
  #over = false;

  /** @param handshake that joins the connection */
  constructor(guacd: GuacdOptions, handshake: Handshake, owner: SnapshotLineOwner) {
    this.#owner = owner;
    this.#handshake = handshake;
    const options = { host: guacd.host, port: guacd.port, noDelay: true };
    this.#socket = guacd.tls === null ? connectTcp(options) : connectTls({ ...options, ...guacd.tls });
    this.#socket.once(guacd.tls === null ? "connect" : "secureConnect", () => this.#socket.write(handshake.start()));
    this.#socket.on("data", (bytes: Buffer) => this.#received(bytes));
    this.#socket.on("error", (cause) =>
      this.#lost(new SamehandError("upstream-unreachable", "for the picture", cause)),
    );
    this.#socket.on("close", () => this.#lost(new SamehandError("upstream-closed", "before the picture was whole")));
  }

  leave(): void {
    this.#over = true;
    if (this.#socket.writable && !this.#socket.connecting) this.#socket.end(disconnect);
    else this.#socket.destroy();
    setTimeout(() => this.#socket.destroy(), leaveMillis).unref();
  }

  #received(bytes: Buffer): void {
    if (this.#over) return;
    try {
      const from = this.#handshake === null ? 0 : this.#shakeHands(this.#handshake, bytes);
      if (this.#handshake === null) this.#owner.received(bytes.subarray(from));
    } catch (error) {
      this.#lost(asSamehandError(error, "upstream-malformed"));
    }
  }

  /** @returns where the picture begins */
  #shakeHands(handshake: Handshake, bytes: Buffer): number {
    const from = handshake.receive(bytes, 0, bytes.length, (text) => {
      this.#owner.joins();
      this.#socket.write(text + askForEnd);
    });
    if (handshake.connectionId === "") return from;
    this.#owner.joined(handshake.version);
    this.#handshake = null;
    return from;
  }

  #lost(error: SamehandError): void {
    if (!this.#over) this.#owner.lost(error);
  }
}
