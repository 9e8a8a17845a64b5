/**
 * One-time codes of an authenticator app: TOTP (RFC 6238) with SHA-1, 6 digits and 30 s, what every app understands.
 * A code is accepted one step early or late, and once, over all processes and restarts.
 */
import { Secret, TOTP } from "otpauth";
import type { EpochMillis } from "../core/units.ts";
import type { AgentId, Store } from "../store/store.ts";

export const codeDigits = 6;
export const codeSeconds = 30;
/** Steps that the two clocks may be apart. */
const drift = 1;
/** Bytes of a secret: RFC 4226 asks for 16 and recommends 20. */
const secretBytes = 20;

type Codes = Pick<Store, "challenges">;

/** @param label the agent's name, as the app shows it; the issuer is the organisation */
function totp(secret: Uint8Array, label = "", issuer = ""): TOTP {
  return new TOTP({
    secret: new Secret({ buffer: Uint8Array.from(secret).buffer }),
    algorithm: "SHA1",
    digits: codeDigits,
    period: codeSeconds,
    ...(label === "" ? {} : { label }),
    ...(issuer === "" ? {} : { issuer }),
  });
}

/**
 * Gives an agent a new secret, in place of an older one.
 * @returns the address that an authenticator app takes as a QR code; it holds the secret
 * @throws SamehandError `store-unavailable`, `profile-unreadable`
 */
export function enrolCode(store: Codes, id: AgentId, label: string, issuer: string): string {
  const secret = new Secret({ size: secretBytes });
  store.challenges.keepCodeSecret(id, secret.bytes);
  return totp(secret.bytes, label, issuer).toString();
}

/**
 * The address of the secret that the agent has, as `enrolCode` gave it; null where there is none.
 * @throws SamehandError `profile-unreadable`, `store-unavailable`
 */
export function codeAddress(store: Codes, id: AgentId, label: string, issuer: string): string | null {
  const secret = store.challenges.codeSecret(id);
  return secret === null ? null : totp(secret, label, issuer).toString();
}

/** The code of a moment: what the app shows. @throws SamehandError `profile-unreadable`, `store-unavailable` */
export function codeAt(store: Codes, id: AgentId, at: EpochMillis): string | null {
  const secret = store.challenges.codeSecret(id);
  return secret === null ? null : totp(secret).generate({ timestamp: at });
}

/**
 * Whether a code is the agent's, now; if so it is spent.
 * @throws SamehandError `profile-unreadable`, `store-unavailable`: then it must not be accepted
 */
export function acceptCode(store: Codes, id: AgentId, code: string, at: EpochMillis): boolean {
  if (!/^\d{6}$/.test(code)) return false;
  const secret = store.challenges.codeSecret(id);
  if (secret === null) return false;
  const delta = totp(secret).validate({ token: code, timestamp: at, window: drift });
  return delta !== null && store.challenges.spendCode(id, TOTP.counter({ period: codeSeconds, timestamp: at }) + delta);
}
