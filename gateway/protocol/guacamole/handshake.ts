/**
 * The gateway's side of guacd's handshake: `select`, then guacd's `args`, then what the viewer is like and the
 * connection's settings, until guacd is `ready`. Pure: bytes in, text out.
 *
 * Versions: guacd names its own as the first of `args` (protocol 1.1.0 and later), and the client answers with the one
 * it wants: `timezone` came with 1.1.0, `required` with 1.3.0, `name` and `msg` with 1.5.0 (Guacamole manual,
 * "Protocol reference", and libguac's protocol-types.h).
 */
import { SamehandError } from "../../core/errors.ts";
import { instruction } from "./instructions.ts";
import { ServerScanner } from "./server-scanner.ts";

/** What the viewer is like, and the connection that it wants. */
export interface HandshakeOptions {
  /** guacd's protocol (`vnc`), or `$` and the id of a live connection to join. */
  readonly select: string;
  /** guacd's parameters by name. Secret: never in an error. */
  readonly settings: Readonly<Record<string, string>>;
  /** The viewer's screen, in pixels, and its resolution in dots an inch. */
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

/** Oldest first. */
const knownVersions = ["VERSION_1_0_0", "VERSION_1_1_0", "VERSION_1_3_0", "VERSION_1_5_0"] as const;
export type ProtocolVersion = (typeof knownVersions)[number];

/** All that guacd may say before it is ready, in bytes; RDP's `args`, the longest, are about 3 KB. */
const longest = 32768;
/** guacd takes no longer element, no more elements, and no longer instruction. */
const elementLimit = 8192;
const elementsLimit = 128;
const instructionLimit = 32768;

/**
 * The setting with which RDP takes touches. They are not scored, so it is never set: the client then sends a finger as
 * the mouse, which is.
 */
const unscored = "enable-touch";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One for each connection to guacd. */
export class Handshake {
  /** guacd's id of the connection, `$...`, once it is ready; else empty. */
  connectionId = "";
  /** The protocol version that was agreed on. */
  version: ProtocolVersion = "VERSION_1_0_0";
  readonly #options: HandshakeOptions;
  #expected: "args" | "ready" = "args";
  /** Bytes of an instruction that is cut. */
  #kept = Buffer.alloc(0);
  #received = 0;
  readonly #scanner = new ServerScanner(longest);

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  /** What to send first. */
  start(): string {
    return checked("select", this.#options.select);
  }

  /**
   * Takes in the next bytes from guacd, all of them until `connectionId` is set.
   * @param send hears what to send to guacd; secret
   * @returns the offset after the handshake: `end`, or with `connectionId` where the session's own stream begins
   * @throws SamehandError `upstream-refused` where guacd says `error` or its limits cannot hold the settings,
   *   `upstream-malformed` for anything else than the handshake
   */
  receive(buffer: Uint8Array, start: number, end: number, send: (text: string) => void): number {
    let at = start;
    let begin = start;
    while (at < end && this.connectionId === "") {
      const stop = nextSemicolon(buffer, at, end);
      this.#received += stop - at;
      if (this.#received > longest) throw new SamehandError("upstream-malformed", "handshake too long");
      const whole = this.#scanner.scan(buffer, at, stop) === stop;
      at = stop;
      if (!whole) continue;
      const elements = read(Buffer.concat([this.#kept, buffer.subarray(begin, at)]));
      this.#kept = Buffer.alloc(0);
      begin = at;
      this.#hear(elements, send);
    }
    if (begin < at) this.#kept = Buffer.concat([this.#kept, buffer.subarray(begin, at)]);
    return at;
  }

  #hear([opcode, ...args]: readonly string[], send: (text: string) => void): void {
    if (opcode === "nop" || opcode === "log") return;
    if (opcode === "error") throw refused(args);
    if (opcode !== this.#expected) throw new SamehandError("upstream-malformed", `no ${this.#expected} came`);
    if (opcode === "args") {
      this.#expected = "ready";
      send(this.#answer(args));
      return;
    }
    const [id] = args;
    if (id === undefined || id === "" || args.length !== 1)
      throw new SamehandError("upstream-malformed", "ready without an id");
    this.connectionId = id;
  }

  #answer(args: readonly string[]): string {
    const { settings, width, height, dpi, audio, video, image, timezone, name } = this.#options;
    const [first = ""] = args;
    const offered = first.startsWith("VERSION_") ? first : "";
    if (offered !== "") this.version = negotiate(offered);
    const at = knownVersions.indexOf(this.version);
    const values = args.map((key) => (Object.hasOwn(settings, key) && key !== unscored ? settings[key] : ""));
    if (offered !== "") values[0] = this.version;
    return (
      checked("size", width, height, dpi) +
      checked("audio", ...audio) +
      checked("video", ...video) +
      checked("image", ...image) +
      (at >= knownVersions.indexOf("VERSION_1_1_0") && timezone !== "" ? checked("timezone", timezone) : "") +
      (at >= knownVersions.indexOf("VERSION_1_5_0") && name !== "" ? checked("name", name) : "") +
      checked("connect", ...values)
    );
  }
}

/** The newest version that is known here and not newer than what guacd offers. */
export function negotiate(offered: string): ProtocolVersion {
  const wanted = versionNumber(offered);
  if (Number.isNaN(wanted)) throw new SamehandError("upstream-malformed", "protocol version");
  return knownVersions.findLast((known) => versionNumber(known) <= wanted) ?? "VERSION_1_0_0";
}

function versionNumber(version: string): number {
  const match = /^VERSION_(\d{1,3})_(\d{1,3})_(\d{1,3})$/.exec(version);
  return match === null ? NaN : (Number(match[1]) * 1000 + Number(match[2])) * 1000 + Number(match[3]);
}

/** An instruction that guacd's parser can hold; NUL would end a string in C. Says no value: they are secret. */
function checked(opcode: string, ...args: readonly (string | number)[]): string {
  for (const [index, arg] of args.entries())
    if (typeof arg === "string" && (arg.length > elementLimit || arg.includes("\0") || !arg.isWellFormed()))
      throw new SamehandError("upstream-refused", `${opcode}: argument ${index + 1} is too long or not text`);
  const text = instruction(opcode, ...args);
  if (args.length >= elementsLimit || Buffer.byteLength(text) > instructionLimit)
    throw new SamehandError("upstream-refused", `${opcode} is longer than guacd can read`);
  return text;
}

/** guacd's `error` in words, on one line: its text names no secret. */
function refused([text = "", status = ""]: readonly string[]): SamehandError {
  const line = text.replace(/[^\p{L}\p{N}\p{P}]+/gu, " ").trim();
  return new SamehandError("upstream-refused", `${line.slice(0, 200)} (${status.slice(0, 10)})`);
}

/** The offset after the next byte that may end an instruction, or `end`. */
function nextSemicolon(buffer: Uint8Array, start: number, end: number): number {
  const found = buffer.subarray(start, end).indexOf(0x3b);
  return found === -1 ? end : start + found + 1;
}

/** The elements of one whole instruction, which the scanner has let pass. */
function read(bytes: Uint8Array): string[] {
  let characters: string[];
  try {
    characters = Array.from(decoder.decode(bytes));
  } catch (error) {
    throw new SamehandError("upstream-malformed", "not UTF-8", error);
  }
  const elements: string[] = [];
  for (let at = 0; at < characters.length; at++) {
    const point = characters.indexOf(".", at);
    const length = Number(characters.slice(at, point).join(""));
    at = point + 1 + length;
    elements.push(characters.slice(point + 1, at).join(""));
  }
  return elements;
}
