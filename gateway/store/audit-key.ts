/**
 * The key that signs the audit chain's marks, exports and evidence packs: Ed25519, in a file of its own beside the
 * store, made at the first start. The public key lies beside it, for whoever checks; a key's id is the beginning of
 * the SHA-256 of its public part (SubjectPublicKeyInfo, DER).
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { SamehandError } from "../core/errors.ts";

export interface Signature {
  readonly key: string;
  /** base64url */
  readonly signature: string;
}

const idOf = (key: KeyObject): string =>
  createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex")
    .slice(0, 16);

const blocksOf = (pem: string): string[] => pem.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];

export class AuditSigner {
  readonly id: string;
  /** PEM. */
  readonly publicKey: string;
  /** PEM of the public keys of this and of earlier signers, this one first. */
  readonly publicKeys: string;
  readonly #key: KeyObject;

  /** @param earlier PEM of public keys that signed before */
  constructor(key: KeyObject, earlier = "") {
    if (key.asymmetricKeyType !== "ed25519") throw new SamehandError("key-invalid", "the audit key must be Ed25519");
    const open = createPublicKey(key);
    this.#key = key;
    this.id = idOf(open);
    this.publicKey = open.export({ type: "spki", format: "pem" }).toString();
    const others = blocksOf(earlier).filter((block) => block !== this.publicKey.trim());
    this.publicKeys = [this.publicKey, ...others.map((block) => `${block}\n`)].join("");
  }

  sign(text: string): Signature {
    return { key: this.id, signature: sign(null, Buffer.from(text, "utf8"), this.#key).toString("base64url") };
  }
}

/** Public keys to check with; several where the key was replaced. */
export class AuditVerifier {
  readonly #keys: ReadonlyMap<string, KeyObject>;

  /** @param pem one or more public keys @throws SamehandError `key-invalid` */
  constructor(pem: string, source: string) {
    const blocks = blocksOf(pem);
    if (blocks.length === 0) throw new SamehandError("key-invalid", `${source}: no PEM public key in it`);
    try {
      this.#keys = new Map(blocks.map((block) => createPublicKey(block)).map((key) => [idOf(key), key]));
    } catch (error) {
      throw new SamehandError("key-invalid", `${source}: not a public key`, error);
    }
  }

  knows(key: string): boolean {
    return this.#keys.has(key);
  }

  /** Whether a known key signed exactly this text. */
  holds(text: string, { key, signature }: Signature): boolean {
    const known = this.#keys.get(key);
    // What is checked was read from a file: it may be of any shape.
    if (known === undefined || typeof signature !== "string") return false;
    const bytes = Buffer.from(signature, "base64url");
    // One spelling only: base64url decoders pass over what they do not know.
    return bytes.toString("base64url") === signature && verify(null, Buffer.from(text, "utf8"), known, bytes);
  }
}

/** Where it is, where the configuration does not say. */
export const auditKeyOf = (store: string): string => `${store}.audit-key`;

/** The signer of a key file, null where there is none; makes nothing. @throws SamehandError `key-invalid` */
export function knownAuditSigner(file: string): AuditSigner | null {
  return guarded(file, () => {
    const pem = readIfThere(file);
    return pem === null ? null : new AuditSigner(createPrivateKey(pem));
  });
}

/**
 * The signer of a key file, made with its public half (`FILE.pub`) where there is none; several processes that start
 * at once agree on one key. Public keys of earlier signers stay in `FILE.pub`: their marks are checked with them.
 * @throws SamehandError `key-invalid` where the file cannot be read or made
 */
export function keptAuditSigner(file: string): AuditSigner {
  return guarded(file, () => {
    const known = readIfThere(`${file}.pub`) ?? "";
    const signer = new AuditSigner(createPrivateKey(readOrMake(file)), known);
    if (known !== signer.publicKeys) writePublic(`${file}.pub`, signer.publicKeys);
    return signer;
  });
}

function guarded<Out>(file: string, work: () => Out): Out {
  try {
    return work();
  } catch (error) {
    if (error instanceof SamehandError) throw error;
    throw new SamehandError("key-invalid", `${file}: ${(error as NodeJS.ErrnoException).code ?? "no key"}`, error);
  }
}

/** In one piece: another process that starts reads all of the earlier keys, or none would check what they signed. */
function writePublic(file: string, pem: string): void {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, pem, { mode: 0o644 });
  renameSync(own, file);
}

function readOrMake(file: string): string {
  const kept = readIfThere(file);
  if (kept !== null) return kept;
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const own = `${file}.${process.pid}`;
  const descriptor = openSync(own, "wx", 0o600);
  try {
    writeSync(descriptor, pem);
    fsyncSync(descriptor);
    // A link is made whole or not at all: nobody ever reads half a key, and the first one wins.
    linkSync(own, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    closeSync(descriptor);
    rmSync(own, { force: true });
  }
  return readFileSync(file, "utf8");
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
