/**
 * Keystrokes as rows of numbers in memory that is never moved, written over in place and wiped after use. An object for
 * each would lie in the heap after its session until it is written over, and spell what was typed to whoever reads the
 * process's memory (test/e2e/nothing-typed.test.ts).
 */
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import { type Millis, millis } from "../core/units.ts";

const width = 6;

/** Reads as the keystroke in the row that was looked at last: whoever is given it copies what is to be kept. */
export class KeystrokeRows implements Keystroke {
  /** Over a buffer of its own: V8 keeps the contents of small typed arrays in the heap, and moves them there. */
  readonly #values: Float64Array;
  #from = 0;

  /** @param count of rows */
  constructor(count: number) {
    this.#values = new Float64Array(new ArrayBuffer(count * width * Float64Array.BYTES_PER_ELEMENT));
  }

  get at(): Millis {
    return millis(this.#values[this.#from]);
  }

  get key(): number {
    return this.#values[this.#from + 1];
  }

  get before(): number {
    return this.#values[this.#from + 2];
  }

  get hold(): number {
    return this.#values[this.#from + 3];
  }

  get downDown(): number {
    return this.#values[this.#from + 4];
  }

  get upDown(): number {
    return this.#values[this.#from + 5];
  }

  /** Looks at a row. */
  row(index: number): this {
    this.#from = index * width;
    return this;
  }

  /** Writes a row. */
  put(index: number, at: number, key: number, before: number, hold: number, downDown: number, upDown: number): void {
    const values = this.#values;
    const from = index * width;
    values[from] = at;
    values[from + 1] = key;
    values[from + 2] = before;
    values[from + 3] = hold;
    values[from + 4] = downDown;
    values[from + 5] = upDown;
  }

  /** Writes zeros over a row. */
  wipe(index: number): void {
    this.#values.fill(0, index * width, (index + 1) * width);
  }
}

/** A keystroke that may be kept, for work on recordings and tests. */
export const copyOf = ({ at, key, before, hold, downDown, upDown }: Keystroke): Keystroke => ({
  at,
  key,
  before,
  hold,
  downDown,
  upDown,
});
