/**
 * Encryption at rest: AES-256-GCM, with what the bytes belong to as authenticated data, so that they open
 * nowhere else. A sealed text is nonce (12 bytes), ciphertext, tag (16 bytes); nonces are random.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { SamehandError } from "../core/errors.ts";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** What the bytes belong to: every field counts, also its order. */
export type Belonging = readonly (string | number)[];

const bound = (belonging: Belonging): Buffer => Buffer.from(JSON.stringify(belonging), "utf8");

/** @param key 32 bytes */
export function seal(key: Uint8Array, plain: Uint8Array, belonging: Belonging): Uint8Array {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(bound(belonging));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws SamehandError `profile-unreadable` for another key, another belonging, or changed bytes */
export function unseal(key: Uint8Array, sealed: Uint8Array, belonging: Belonging): Uint8Array {
  try {
    const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
    decipher.setAAD(bound(belonging));
    decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
    const plain = decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes));
    return Buffer.concat([plain, decipher.final()]);
  } catch (error) {
    throw new SamehandError("profile-unreadable", "wrong key, another agent's or installation's, or changed", error);
  }
}
