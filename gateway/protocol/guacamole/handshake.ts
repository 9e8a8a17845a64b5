export interface HandshakeOptions {
  /** guacd's protocol (`vnc`), or `$` and the id of a live connection to join. */
  readonly select: string;
  /** guacd's parameters by name. Secret. */
  readonly settings: Readonly<Record<string, string>>;
  readonly width: number;
  readonly height: number;
  readonly dpi: number;
  /** Mimetypes that the viewer supports. */
  readonly audio: readonly string[];
  readonly video: readonly string[];
  readonly image: readonly string[];
  /** An IANA zone such as `Europe/Berlin`, or empty. */
  readonly timezone: string;
  /** The user's name for others in a shared connection, or empty. */
  readonly name: string;
}

/** The gateway's side of guacd's handshake, as a state machine: bytes in, bytes out. */
export class Handshake {
  /** guacd's id of the connection, `$...`, once it is ready; else empty. */
  connectionId = "";
  /** The protocol version that was agreed on, such as `VERSION_1_5_0`. */
  version = "VERSION_1_0_0";

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }
  readonly #options: HandshakeOptions;

  /** What to send first. */
  start(): string {
    throw new Error(`unfinished ${this.#options.select}`);
  }

  /**
   * Takes in the next bytes from guacd.
   * @param send hears what to send to guacd
   * @returns the offset of the first byte that is not the handshake's: `end` until `connectionId` is set, then where the session's stream begins
   * @throws SamehandError `upstream-refused` (guacd said `error`), `upstream-malformed`
   */
  receive(_buffer: Uint8Array, _start: number, _end: number, _send: (text: string) => void): number {
    throw new Error(`unfinished ${this.#options.select}`);
  }
}
