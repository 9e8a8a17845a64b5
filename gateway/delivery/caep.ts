/**
 * CAEP session-revoked events: a Security Event Token (RFC 8417) for each session that was severed, pushed as RFC 8935
 * says. Event type and claims: OpenID Continuous Access Evaluation Profile 1.0, 3.1.
 */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import { SamehandError } from "../core/errors.ts";
import type { Carrier } from "./carrier.ts";
import { reasonOf, uidOf, type Notice } from "./notice.ts";
import { post } from "./post.ts";
import type { Trust } from "./trust.ts";

export interface CaepOptions {
  readonly url: string;
  readonly trust: Trust;
  /** PEM of a P-256 key. */
  readonly key: string;
  readonly keyId: string;
  readonly issuer: string;
  readonly audience: string;
  /** Bearer token for the receiver; none where it asks for none. */
  readonly token?: string;
}

export const sessionRevoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

/** A session was ended: by the gateway in enforce mode, or by a person. */
export const revokes = ({ action, detail }: Notice): boolean =>
  action === "session.severed" || (action === "verdict.sever" && detail["mode"] === "enforce");

/** @throws SamehandError `config-invalid` for a key that cannot sign */
export function caep(options: CaepOptions): Carrier {
  const { url, trust, token } = options;
  const key = signingKey(options.key);
  return {
    most: 1,
    async carry([notice], cut) {
      if (notice === undefined || !revokes(notice)) return;
      const body = await securityEvent(notice, options, key);
      const headers = {
        "content-type": "application/secevent+jwt",
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      };
      await post({ url, trust, headers, body }, { cut });
    },
    close: () => {},
  };
}

/** Told at the start, not at the first sever. ES256 is ECDSA on P-256: RFC 7518, 3.4. */
function signingKey(pem: string): KeyObject {
  const why = "delivery: key: not the PEM of a private P-256 key";
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw new SamehandError("config-invalid", why, error);
  }
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") throw new SamehandError("config-invalid", why);
  return key;
}

function securityEvent(notice: Notice, { issuer, audience, keyId }: CaepOptions, key: KeyObject): Promise<string> {
  const { at, agent, session, actor } = notice;
  const opaque = (id: string) => ({ format: "opaque", id });
  return new SignJWT({
    sub_id: {
      format: "complex",
      user: opaque(agent ?? "unknown"),
      ...(session === null ? {} : { session: opaque(session) }),
    },
    events: {
      [sessionRevoked]: {
        event_timestamp: Math.floor(at / 1000),
        initiating_entity: actor === "gateway" ? "policy" : "admin",
        reason_admin: { en: reasonOf(notice) },
      },
    },
  })
    .setProtectedHeader({ alg: "ES256", typ: "secevent+jwt", kid: keyId })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setJti(uidOf(notice))
    .sign(key);
}
