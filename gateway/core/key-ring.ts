/**
 * Secret keys with ids: the newest encrypts, all decrypt. One format serves profiles and tokens.
 *
 * The text has one key a line, `<id>:<base64url of 32 bytes>`; the last line is the newest; `#` begins a comment.
 * In an environment variable a comma serves as the line end. To rotate, append a line and reload; what is saved
 * next uses the new key; drop the old line when nothing is encrypted with it any more.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { SamehandError } from "./errors.ts";

export interface RingKey {
  /** 1 to 64 of letters, digits, dot, dash and underscore. Not secret: stored beside what the key encrypts. */
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

export const keyBytes = 32;
const line = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9_-]{43})=?$/;

export class KeyRing {
  readonly newest: RingKey;
  /** Oldest first. */
  readonly keys: readonly RingKey[];
  readonly #byId: ReadonlyMap<string, RingKey>;

  /** @throws SamehandError `key-invalid` for no keys, or two with one id or one secret */
  constructor(keys: readonly RingKey[], source: string) {
    const newest = keys.at(-1);
    if (newest === undefined) throw new SamehandError("key-invalid", `${source}: no key in it`);
    keys.forEach((key, index) => {
      for (const earlier of keys.slice(0, index)) {
        if (earlier.id === key.id) throw new SamehandError("key-invalid", `${source}: two keys have the id ${key.id}`);
        if (timingSafeEqual(earlier.secret, key.secret))
          throw new SamehandError("key-invalid", `${source}: ${earlier.id} and ${key.id} are the same key`);
      }
    });
    this.newest = newest;
    this.keys = keys;
    this.#byId = new Map(keys.map((key) => [key.id, key]));
  }

  get(id: string): RingKey | null {
    return this.#byId.get(id) ?? null;
  }
}

/**
 * Reads the text of a key ring.
 * @param source the file or variable, for the message
 * @throws SamehandError `key-invalid` naming the source and the line, never its content
 */
export function parseKeyRing(text: string, source: string): KeyRing {
  const keys: RingKey[] = [];
  text.split(/[\n,]/).forEach((raw, index) => {
    const content = raw.replace(/#.*/, "").trim();
    if (content === "") return;
    const match = line.exec(content);
    const secret = Buffer.from(match?.[2] ?? "", "base64url");
    if (match === null || secret.length !== keyBytes)
      throw new SamehandError("key-invalid", `${source}:${index + 1}: not "<id>:<base64url of 32 bytes>"`);
    keys.push({ id: match[1] ?? "", secret });
  });
  return new KeyRing(keys, source);
}

/** A new random key as a line of a ring's text. @param at the day in its id */
export function newKeyLine(at: Date): string {
  const id = `${at.toISOString().slice(0, 10)}-${randomBytes(3).toString("hex")}`;
  return `${id}:${randomBytes(keyBytes).toString("base64url")}`;
}
