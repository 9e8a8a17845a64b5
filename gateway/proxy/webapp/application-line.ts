/**
 * The way of another user, who joins only to see, through the web application: a tunnel of its own onto the live
 * connection, with the same login. The application lets its database's users do so; where it does not, it closes.
 */
import { WebSocket } from "ws";
import { SamehandError } from "../../core/errors.ts";
import type { ProtocolVersion } from "../../protocol/guacamole/handshake.ts";
import { disconnect } from "../../protocol/guacamole/instructions.ts";
import { messageEnd } from "../../protocol/guacamole/messages.ts";
import { askForEnd } from "../../protocol/guacamole/snapshot-reader.ts";
import type { SnapshotLine, SnapshotLineOwner } from "../snapshot.ts";
import { type ApplicationTunnel, greeting, openSocket } from "./application-target.ts";

/** From the good-bye until the socket is gone, whatever the application does. */
const leaveMillis = 200;

export class ApplicationLine implements SnapshotLine {
  readonly #owner: SnapshotLineOwner;
  readonly #version: ProtocolVersion;
  readonly #socket: WebSocket;
  #joined = false;
  #over = false;

  /** @param version of guacd, as far as the session's own display shows it */
  constructor(
    tunnel: Pick<ApplicationTunnel, "url" | "headers" | "ca">,
    version: ProtocolVersion,
    owner: SnapshotLineOwner,
  ) {
    this.#owner = owner;
    this.#version = version;
    // The application joins as soon as it has answered: that is before this process hears of it.
    owner.joins();
    this.#socket = openSocket(tunnel);
    this.#socket.on("message", (data: Buffer) => this.#received(data));
    this.#socket.on("unexpected-response", (_request, response) => {
      response.resume();
      this.#lost(new SamehandError("upstream-refused", `the web application answered ${response.statusCode}`));
    });
    this.#socket.on("error", (cause) =>
      this.#lost(new SamehandError("upstream-unreachable", "for the picture", cause)),
    );
    this.#socket.on("close", (_code, reason) => this.#closed(reason.toString()));
  }

  leave(): void {
    this.#over = true;
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(disconnect);
      this.#socket.close(1000);
    } else this.#socket.terminate();
    setTimeout(() => this.#socket.terminate(), leaveMillis).unref();
  }

  #received(data: Buffer): void {
    if (this.#over) return;
    if (this.#joined) return this.#owner.received(data);
    const named = greeting.exec(data.toString("latin1", 0, 64));
    if (named === null) return this.#lost(new SamehandError("upstream-malformed", "the tunnel has no name"));
    this.#joined = true;
    const bytes = Buffer.from(askForEnd);
    for (let at = 0, end = 0; at < bytes.length; at = end) {
      end = messageEnd(bytes, at);
      this.#socket.send(bytes.subarray(at, end), { binary: false });
    }
    this.#owner.joined(this.#version);
    if (named[0].length < data.length) this.#owner.received(data.subarray(named[0].length));
  }

  /** The application accepts every upgrade, and closes with Guacamole's status where it refuses. */
  #closed(reason: string): void {
    const code = this.#joined ? "upstream-closed" : "upstream-refused";
    this.#lost(new SamehandError(code, /^\d{1,5}$/.test(reason) ? `status ${reason}` : ""));
  }

  #lost(error: SamehandError): void {
    if (this.#over) return;
    this.leave();
    this.#owner.lost(error);
  }
}
