/**
 * A development certificate authority and a certificate for this machine, made with node-forge. Only made here:
 * what a peer shows is verified by node:tls. RSA, because node-forge signs nothing newer.
 */
import { X509Certificate, generateKeyPair, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { promisify } from "node:util";
import forge from "node-forge";
import { SamehandError } from "../core/errors.ts";

export interface DevelopmentPki {
  /** PEM of the authority's certificate, which browsers and clients are told to trust. */
  readonly ca: string;
  /** PEM of the server's certificate and of its private key. */
  readonly cert: string;
  readonly key: string;
}

const days = 86_400_000;
/** Browsers refuse server certificates that live longer than 398 days. */
const serverDays = 397;
const caDays = 3650;

/**
 * A new authority and a server certificate by it. The authority's private key is dropped: nobody can make
 * another certificate that those who trust it would accept.
 * @param hosts names and addresses the certificate is for
 */
export async function developmentPki(
  hosts: readonly string[] = ["localhost", "127.0.0.1", "::1"],
): Promise<DevelopmentPki> {
  const [authority, server] = await Promise.all([rsa(), rsa()]);
  const ca = certificate("Samehand development CA", caDays, authority.publicKey);
  ca.setIssuer(ca.subject.attributes);
  ca.setExtensions([
    { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    { name: "subjectKeyIdentifier" },
  ]);
  ca.sign(authority.privateKey, forge.md.sha256.create());
  const cert = certificate(hosts[0] ?? "localhost", serverDays, server.publicKey);
  cert.setIssuer(ca.subject.attributes);
  cert.setExtensions([
    { name: "basicConstraints", cA: false, critical: true },
    { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
    { name: "extKeyUsage", serverAuth: true },
    { name: "subjectAltName", altNames: hosts.map(altName) },
  ]);
  cert.sign(authority.privateKey, forge.md.sha256.create());
  return {
    ca: forge.pki.certificateToPem(ca),
    cert: forge.pki.certificateToPem(cert),
    key: forge.pki.privateKeyToPem(server.privateKey),
  };
}

/** What lies in a folder of one. */
const names = { ca: "ca.pem", cert: "server.pem", key: "server.key" } as const;

/**
 * Makes one and writes `ca.pem`, `server.pem` and `server.key` (0600) into a folder.
 * @throws SamehandError `key-invalid` where files are there already, or cannot be written
 */
export async function writeDevelopmentPki(folder: string): Promise<readonly string[]> {
  const made = await developmentPki();
  const files = Object.values(names).map((name) => join(folder, name));
  const there = files.find((file) => existsSync(file));
  if (there !== undefined) throw new SamehandError("key-invalid", `${there} exists already`);
  write(folder, made);
  return files;
}

/**
 * The one in a folder, made where there is none, and made anew when it has a day or less to live or is not whole, as
 * where a start before was ended within its making.
 * @throws SamehandError `key-invalid` where the folder cannot be read or written
 */
export async function keptDevelopmentPki(folder: string): Promise<DevelopmentPki> {
  const kept = wholeIn(folder);
  if (kept !== null) return kept;
  const made = await developmentPki();
  // Another gateway that starts beside this one may have made one meanwhile.
  const other = wholeIn(folder);
  if (other !== null) return other;
  write(folder, made);
  return made;
}

/** Each file in the place of one that was there, and never in half. */
function write(folder: string, pki: DevelopmentPki): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const [part, name] of Object.entries(names)) {
      const file = join(folder, name);
      const own = `${file}.${process.pid}`;
      writeFileSync(own, pki[part as keyof DevelopmentPki], { mode: part === "key" ? 0o600 : 0o644 });
      renameSync(own, file);
    }
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    throw new SamehandError("key-invalid", `${path ?? folder} cannot be written (${code})`, error);
  }
}

/** Null where something of it lacks, does not belong to the rest, or ends within a day. */
function wholeIn(folder: string): DevelopmentPki | null {
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  try {
    const pki = { ca: read(names.ca), cert: read(names.cert), key: read(names.key) };
    createSecureContext(pki);
    const cert = new X509Certificate(pki.cert);
    const byIt = cert.verify(new X509Certificate(pki.ca).publicKey);
    return byIt && cert.validToDate.getTime() > Date.now() + days ? pki : null;
  } catch {
    return null;
  }
}

/** OpenSSL's generator: node-forge's own takes seconds of JavaScript. */
async function rsa(): Promise<{ publicKey: forge.pki.rsa.PublicKey; privateKey: forge.pki.rsa.PrivateKey }> {
  const pair = await promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  return {
    publicKey: forge.pki.publicKeyFromPem(pair.publicKey),
    privateKey: forge.pki.privateKeyFromPem(pair.privateKey),
  };
}

function certificate(name: string, lifeDays: number, key: forge.pki.rsa.PublicKey): forge.pki.Certificate {
  const made = forge.pki.createCertificate();
  made.publicKey = key;
  // Positive and without a leading zero byte, as DER wants it.
  made.serialNumber = `4${randomBytes(16).toString("hex").slice(1)}`;
  // An hour of grace for clocks that run behind.
  made.validity.notBefore = new Date(Date.now() - 3_600_000);
  made.validity.notAfter = new Date(Date.now() + lifeDays * days);
  made.setSubject([{ name: "commonName", value: name }]);
  return made;
}

const altName = (host: string): object => (/^[\d.]+$|:/.test(host) ? { type: 7, ip: host } : { type: 2, value: host });
