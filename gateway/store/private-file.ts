/**
 * A file for nobody else to read: whole or not there at all, and never in the place of one that is there already, which
 * others may read or somebody may need.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { SamehandError } from "../core/errors.ts";

export class PrivateFile {
  readonly #file: string;
  /** Where it is written until it is whole; the file itself where that is no file, such as a terminal or a pipe. */
  readonly #part: string;
  #descriptor: number | null;

  /** Begins it. @throws SamehandError `file-unusable` where there is a file of that name, or it cannot be made */
  constructor(file: string) {
    this.#file = file;
    const known = statSync(file, { throwIfNoEntry: false });
    if (known !== undefined && (known.isFile() || known.isDirectory())) throw taken(file);
    this.#part = known === undefined ? `${file}.part-${process.pid}` : file;
    try {
      this.#descriptor = openSync(this.#part, known === undefined ? "wx" : "w", 0o600);
    } catch (error) {
      throw unusable(file, error);
    }
  }

  /** @throws SamehandError `file-unusable` */
  put(piece: string | Uint8Array): void {
    try {
      // Until all of it is written, or the disk is full: `writeSync` may write some of it only.
      writeFileSync(this.#descriptor ?? -1, piece);
    } catch (error) {
      throw unusable(this.#file, error);
    }
  }

  /** Gives it its name. @throws SamehandError `file-unusable` where somebody else did meanwhile */
  keep(): void {
    try {
      if (this.#part !== this.#file) fsyncSync(this.#descriptor ?? -1);
      this.#close();
      if (this.#part !== this.#file) place(this.#part, this.#file);
    } catch (error) {
      throw unusable(this.#file, error);
    } finally {
      this.drop();
    }
  }

  /** Takes away what is not whole. */
  drop(): void {
    this.#close();
    if (this.#part !== this.#file) rmSync(this.#part, { force: true });
  }

  #close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}

/** Writes one whole. @throws SamehandError `file-unusable`, and what `fill` throws: then there is no such file */
export function writePrivate(file: string, fill: (put: (piece: string | Uint8Array) => void) => void): void {
  const made = new PrivateFile(file);
  try {
    fill((piece) => made.put(piece));
    made.keep();
  } finally {
    made.drop();
  }
}

/** Gives a file that is whole another name, which no other has. @throws Error `EEXIST` where one has */
export function place(part: string, file: string): void {
  try {
    // A link is made whole or not at all, and never in the place of another.
    linkSync(part, file);
  } catch (error) {
    // Some file systems have none.
    if (existsSync(file)) throw error;
    renameSync(part, file);
    return;
  }
  rmSync(part);
}

const taken = (file: string): SamehandError => new SamehandError("file-unusable", `${file} exists already`);

function unusable(file: string, error: unknown): SamehandError {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EEXIST" ? taken(file) : new SamehandError("file-unusable", `${file} (${code})`, error);
}
