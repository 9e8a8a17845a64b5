/** What a fuzz run tries. */
import type { Random } from "./random.ts";

export interface Target {
  readonly name: string;
  readonly seeds: readonly Buffer[];
  /** @returns true where the bytes were accepted: worth keeping as a seed. Throws where a promise is broken. */
  readonly run: (bytes: Buffer, random: Random) => boolean | Promise<boolean>;
}
