/**
 * guacd's output while the viewer must not see it. guacd is answered as a viewer would; of what it draws only the
 * frame that is not finished is kept, or, while the picture is fetched, all since then. What is not drawing goes on,
 * waits, or is refused, so that the session is whole afterwards.
 *
 * A picture whose beginning went out before is sent to its end: a client that never gets it shows nothing any more.
 * Where nothing went out before there is none, though pieces of one may come: guacd adds whoever joins to those whom it
 * sends pictures to, in the middle of one.
 */
import { InstructionReader } from "./instruction-reader.ts";
import { heldAck, syncAnswer } from "./instructions.ts";
import { KeptDisplay } from "./kept-display.ts";

export interface WithheldOwner {
  /** Whole instructions that the viewer gets all the same. */
  pass(bytes: Uint8Array): void;
  /** An instruction to guacd, in the viewer's place. */
  answer(text: string): void;
}

/** Bytes of downloads and the like that wait. guacd sends a file's next piece only when the last one was acknowledged. */
const mostWaiting = 1024 * 1024;

export class WithheldDisplay {
  readonly #owner: WithheldOwner;
  /** Streams that were open when it began and are no pictures. */
  readonly #before: Map<number, string>;
  /** Pictures may be half sent. */
  readonly #halves: boolean;
  readonly #limit: number;
  /** Streams that were opened since: pictures, and what was refused. */
  readonly #since = new Set<number>();
  /** Pieces of streams from before, in their order. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** What is told afterwards, the newest of each. */
  readonly #later = new Map<string, Buffer>();
  readonly #kept = new KeptDisplay();
  #gathering = false;
  /** More was drawn than may be kept. */
  #lost = false;

  /**
   * @param streams that are open now and no pictures, as `ServerScanner.streams`; null where the viewer got nothing yet
   * @param limit the most bytes of drawing that are kept
   */
  constructor(owner: WithheldOwner, streams: ReadonlyMap<number, string> | null, limit: number) {
    this.#owner = owner;
    this.#before = new Map(streams);
    this.#halves = streams !== null;
    this.#limit = limit;
  }

  /** Takes in whole instructions. */
  take(buffer: Uint8Array, start: number, end: number): void {
    const reader = new InstructionReader(buffer, start, end);
    while (reader.next()) this.#take(reader);
  }

  /** From now on keeps all that is drawn, from the beginning of the frame that is not finished. */
  gather(): void {
    this.#gathering = true;
    this.#kept.forget();
  }

  /** Keeps only the frame that is not finished again. */
  rest(): void {
    this.#gathering = false;
    this.#kept.forget();
  }

  /** What was drawn since `gather`; null where that was too much to keep. */
  get gathered(): KeptDisplay | null {
    return this.#lost ? null : this.#kept;
  }

  /** What waited and comes after the picture. */
  get waiting(): readonly Buffer[] {
    return [...this.#later.values(), ...this.#waiting];
  }

  #take(reader: InstructionReader): void {
    const { opcode } = reader;
    switch (opcode) {
      case "sync":
        return this.#sync(reader.number(1));
      case "blob":
      case "end":
        return this.#piece(opcode, reader.number(1), reader);
      case "img":
        this.#since.add(reader.number(1));
        return this.#keep(reader);
      case "audio":
        this.#before.set(reader.number(1), opcode);
        return this.#owner.pass(reader.copy());
      case "file":
      case "clipboard":
      case "pipe":
      case "argv":
      case "video":
        return this.#refuse(reader.number(1));
      case "body":
        return this.#refuse(reader.number(2));
      case "ack":
      case "filesystem":
      case "undefine":
      case "error":
      case "disconnect":
        return this.#owner.pass(reader.copy());
      case "name":
      case "required":
        this.#later.set(opcode, reader.copy());
        return;
      default:
        return this.#keep(reader);
    }
  }

  #sync(timestamp: number): void {
    this.#owner.answer(syncAnswer(timestamp));
    if (this.#gathering) return this.#kept.frameEnds(timestamp);
    this.#kept.clear();
    this.#lost = false;
  }

  #keep(reader: InstructionReader): void {
    if (this.#lost) return;
    this.#kept.keep(reader);
    if (this.#kept.size <= this.#limit) return;
    this.#lost = true;
    this.#kept.clear();
  }

  #refuse(stream: number): void {
    this.#since.add(stream);
    this.#before.delete(stream);
    this.#owner.answer(heldAck(stream));
  }

  #piece(opcode: "blob" | "end", stream: number, reader: InstructionReader): void {
    if (this.#since.has(stream)) {
      if (opcode === "end") this.#since.delete(stream);
      return this.#keep(reader);
    }
    const kind = this.#before.get(stream);
    if (opcode === "end") this.#before.delete(stream);
    if (kind === undefined) {
      if (this.#halves) this.#owner.pass(reader.copy());
    } else if (kind === "audio" || kind === "video") {
      if (opcode === "end") this.#owner.pass(reader.copy());
    } else this.#wait(reader.copy());
  }

  #wait(piece: Buffer): void {
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes <= mostWaiting) this.#waiting.push(piece);
    else this.#waiting = [];
  }
}
