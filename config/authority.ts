/** Certificate authorities that a file names to be trusted. */
import { X509Certificate } from "node:crypto";
import { SamehandError } from "../gateway/core/errors.ts";
import { readText } from "./text.ts";

/** As OpenSSL finds them in a file (PEM_read_bio_X509). */
const blocks = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^]*?-----END \1-----/g;

/**
 * The file's text, in which there is a certificate: node:tls takes one without any, and then trusts nobody.
 * @param key the configuration's key that names it, for the message
 * @throws SamehandError `config-invalid`
 */
export function readAuthority(file: string, key: string): string {
  const text = readText(file, "config-invalid", key);
  const found = text.match(blocks) ?? [];
  if (found.length === 0 || !found.every(isCertificate))
    throw new SamehandError("config-invalid", `${key}: ${file} has no certificates (PEM) in it`);
  return text;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
