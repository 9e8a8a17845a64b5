/**
 * Drawing that is kept, to be shown later: only what draws, in its order, and of its pictures only whole ones. A
 * picture that never ends would block a client's display for good.
 */
import type { InstructionReader } from "./instruction-reader.ts";
import { instruction } from "./instructions.ts";
import type { SnapshotReader } from "./snapshot-reader.ts";

/** All that changes what is seen, of every protocol version; `img` brings its `blob` and `end`. */
const drawing = new Set(
  `arc cfill clip close copy cstroke cursor curve dispose distort identity jpeg lfill line lstroke move png pop push rect
   reset set shade size start transfer transform`.split(/\s+/),
);

/** A picture of which an instruction is a part. */
interface Picture {
  /** Its stream as guacd numbered it. */
  readonly stream: number;
  whole: boolean;
  /** Its stream as the viewer will know it. */
  shownAs: number;
}

interface Kept {
  /** All of the instruction; of a picture's, what comes after the stream's number. Empty where a frame ends. */
  readonly bytes: Buffer;
  readonly opcode: "" | "img" | "blob" | "end" | "sync";
  readonly picture: Picture | null;
  /** Copies to where it is seen: drawn twice, it would be wrong. */
  readonly copies: boolean;
  /** Of the frame that ends here. */
  readonly timestamp: number;
}

const noBytes = Buffer.alloc(0);
/** What keeping an instruction takes besides its bytes. */
const overhead = 128;

export class KeptDisplay {
  #kept: Kept[] = [];
  readonly #open = new Map<number, Picture>();
  /** Memory that it takes, in bytes. */
  size = 0;

  /** A frame ends. */
  frameEnds(timestamp: number): void {
    this.#push({ bytes: noBytes, opcode: "sync", picture: null, copies: false, timestamp });
  }

  /** Forgets all but the frame that has not ended. */
  forget(): void {
    this.#kept.splice(0, this.#kept.findLastIndex(({ opcode }) => opcode === "sync") + 1);
    this.size = 0;
    for (const { bytes } of this.#kept) this.size += overhead + bytes.length;
  }

  /** Forgets everything; what is still to come of a picture is not kept. */
  clear(): void {
    this.#kept = [];
    this.#open.clear();
    this.size = 0;
  }

  /** Keeps an instruction if it draws. @returns whether it does */
  keep(reader: InstructionReader): boolean {
    const { opcode } = reader;
    if (opcode === "img" || opcode === "blob" || opcode === "end") return this.#keepPicture(opcode, reader);
    if (!drawing.has(opcode)) return false;
    const copies = (opcode === "copy" || opcode === "transfer") && !(reader.number(7) < 0);
    this.#push({ bytes: reader.copy(), opcode: "", picture: null, copies, timestamp: 0 });
    return true;
  }

  /**
   * Whether anything that may be in the picture already copies to where it is seen: drawn on it, it would be wrong.
   * What ended with the frame after the picture may be in it. Where guacd says which frame is the picture's last one,
   * what follows that is not trusted either: not every guacd was measured.
   */
  copiesTwice({ timestamp, nextFrame }: Pick<SnapshotReader, "timestamp" | "nextFrame">): boolean {
    if (timestamp !== null) return this.#after(timestamp).some(({ copies }) => copies);
    const end = this.#kept.findIndex((kept) => kept.opcode === "sync" && kept.timestamp === nextFrame);
    return this.#kept.slice(0, end === -1 ? undefined : end).some(({ copies }) => copies);
  }

  /**
   * What is kept after the frame of that timestamp, as instructions; all of it where there is no such frame.
   * @param nextStream numbers the pictures that are whole: acknowledgements of those numbers are never guacd's
   * @param cut what becomes of a picture that has not ended: kept, its rest follows in its stream's own number
   */
  *instructions(nextStream: () => number, cut: "keep" | "drop", after: number | null = null): Generator<Buffer> {
    const begun = new Set<Picture>();
    for (const { bytes, opcode, picture } of this.#after(after)) {
      if (picture === null) {
        if (opcode === "") yield bytes;
        continue;
      }
      if (!picture.whole && cut === "drop") continue;
      if (opcode === "img") {
        begun.add(picture);
        picture.shownAs = picture.whole ? nextStream() : picture.stream;
      }
      // Without its semicolon: the rest follows.
      if (begun.has(picture))
        yield Buffer.concat([Buffer.from(instruction(opcode, picture.shownAs).slice(0, -1)), bytes]);
    }
  }

  #after(timestamp: number | null): Kept[] {
    if (timestamp === null) return this.#kept;
    return this.#kept.slice(
      this.#kept.findLastIndex((kept) => kept.opcode === "sync" && kept.timestamp === timestamp) + 1,
    );
  }

  #keepPicture(opcode: "img" | "blob" | "end", reader: InstructionReader): boolean {
    const stream = reader.number(1);
    if (opcode === "img") this.#open.set(stream, { stream, whole: false, shownAs: stream });
    const picture = this.#open.get(stream);
    if (picture === undefined) return false;
    if (opcode === "end") {
      picture.whole = true;
      this.#open.delete(stream);
    }
    this.#push({ bytes: reader.copyAfter(1), opcode, picture, copies: false, timestamp: 0 });
    return true;
  }

  #push(kept: Kept): void {
    this.#kept.push(kept);
    this.size += overhead + kept.bytes.length;
  }
}
