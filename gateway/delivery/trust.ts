/** Whom a delivery trusts over TLS, and what it shows of itself where the receiver asks. */
import { createSecureContext } from "node:tls";
import { readAuthority } from "../../config/authority.ts";
import { readText } from "../../config/text.ts";
import { SamehandError } from "../core/errors.ts";

export interface Trust {
  /** PEM to trust instead of the system's list. */
  readonly ca?: string;
  /** PEM of a certificate and of its key, for receivers that ask who comes. */
  readonly cert?: string;
  readonly key?: string;
}

/** The files that a receiver of the configuration names. */
export interface TrustFiles {
  readonly ca?: string | undefined;
  readonly client?: { readonly cert: string; readonly key: string } | undefined;
}

/** @throws SamehandError `config-invalid` for a file that cannot be read, or a certificate and a key of two minds */
export function readTrust({ ca, client }: TrustFiles, receiver: string): Trust {
  const read = (file: string): string => readText(file, "config-invalid", `delivery ${receiver}`);
  const trust = {
    ...(ca === undefined ? {} : { ca: readAuthority(ca, `delivery ${receiver}`) }),
    ...(client === undefined ? {} : { cert: read(client.cert), key: read(client.key) }),
  };
  try {
    createSecureContext(trust);
  } catch (error) {
    const told = `delivery ${receiver}: ${client?.cert} and ${client?.key} are no certificate with its key`;
    throw new SamehandError("config-invalid", told, error);
  }
  return trust;
}
