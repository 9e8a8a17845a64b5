/**
 * A viewer without a screen: opens a tunnel as a browser would, answers syncs, and sends input.
 * `samehand replay` and the tests drive it; it draws nothing.
 */
import { once } from "node:events";
import { WebSocket } from "ws";
import type { InputSink } from "../core/input.ts";
import type { ButtonMask, Keysym, Millis } from "../core/units.ts";

/** How a tunnel ended: the `error` instruction if there was one, and the close. */
export interface TunnelEnd {
  /** The Guacamole status of the `error` instruction, or null. */
  readonly status: number | null;
  readonly message: string;
  readonly closeCode: number;
  readonly closeReason: string;
}

/** Reads the elements of the instructions in one server message; lengths count Unicode code points. */
export function* instructionsOf(message: string): Generator<string[]> {
  let elements: string[] = [];
  let at = 0;
  while (at < message.length) {
    const dot = message.indexOf(".", at);
    const length = Number.parseInt(message.slice(at, dot), 10);
    let end = dot + 1;
    for (let n = 0; n < length; n++) end += (message.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
    elements.push(message.slice(dot + 1, end));
    if (message[end] === ";") {
      yield elements;
      elements = [];
    }
    at = end + 1;
  }
}

/** One instruction in its wire form. */
export function instruction(...elements: (string | number)[]): string {
  return `${elements.map((element) => `${Array.from(String(element)).length}.${element}`).join(",")};`;
}

export class ViewerClient implements InputSink {
  /** Resolves when the tunnel has ended, however it ended. */
  readonly ended: Promise<TunnelEnd>;
  /** Bytes of display received. */
  received = 0;
  /** The first server instruction of each opcode. */
  readonly #firsts = new Map<string, string[]>();
  readonly #socket: WebSocket;
  readonly #listeners = new Set<(elements: string[]) => void>();
  #status: number | null = null;
  #message = "";

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<TunnelEnd>();
    this.ended = promise;
    socket.on("message", (data: Buffer) => this.#hear(data));
    socket.on("error", () => socket.terminate());
    socket.on("close", (closeCode, reason) =>
      resolve({ status: this.#status, message: this.#message, closeCode, closeReason: reason.toString() }),
    );
  }

  /**
   * Opens a tunnel.
   * @param url `ws://` or `wss://`, with the token and the screen's size in its query
   * @throws Error where the upgrade is refused
   */
  static async open(url: string, options: { ca?: string; origin?: string } = {}): Promise<ViewerClient> {
    const socket = new WebSocket(url, "guacamole", { perMessageDeflate: false, ...options });
    const client = new ViewerClient(socket);
    await once(socket, "open");
    return client;
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Calls back with every server instruction until the returned function is called. */
  onInstruction(listener: (elements: string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves with the first server instruction of that opcode, past or future: what a gateway says first may arrive
   * together with its answer to the upgrade. Rejects when the tunnel ends before.
   */
  async first(opcode: string): Promise<string[]> {
    return this.#firsts.get(opcode) ?? this.next(opcode);
  }

  /** Resolves with the next server instruction of that opcode. Rejects when the tunnel ends before. */
  async next(opcode: string): Promise<string[]> {
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    const stop = this.onInstruction((elements) => {
      if (elements[0] === opcode) resolve(elements);
    });
    void this.ended.then((end) =>
      reject(new Error(`the tunnel ended (${end.closeCode} ${end.closeReason}) before '${opcode}'`)),
    );
    return promise.finally(stop);
  }

  /** Sends raw text: tests send what no honest client would. */
  send(text: string | Buffer, options?: { binary?: boolean; fin?: boolean }): void {
    if (this.open) this.#socket.send(text, options ?? {});
  }

  key(_at: Millis, keysym: Keysym, pressed: boolean): void {
    this.send(instruction("key", keysym, pressed ? 1 : 0));
  }

  pointer(_at: Millis, x: number, y: number, mask: ButtonMask): void {
    this.send(instruction("mouse", Math.max(0, Math.round(x)), Math.max(0, Math.round(y)), mask));
  }

  /** Leaves as a closed browser tab does. */
  async close(): Promise<TunnelEnd> {
    this.send(instruction("disconnect"));
    this.#socket.close(1000);
    return this.ended;
  }

  #hear(data: Buffer): void {
    this.received += data.length;
    for (const elements of instructionsOf(data.toString("utf8"))) {
      const opcode = elements[0] ?? "";
      if (!this.#firsts.has(opcode)) this.#firsts.set(opcode, elements);
      if (opcode === "sync") this.send(instruction("sync", elements[1] ?? "0"));
      if (opcode === "blob") this.send(instruction("ack", elements[1] ?? "0", "OK", 0));
      if (opcode === "error") {
        this.#message = elements[1] ?? "";
        this.#status = Number(elements[2]);
      }
      for (const listener of this.#listeners) listener(elements);
    }
  }
}
