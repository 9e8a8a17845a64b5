/** Passkeys (WebAuthn): operators add their own, and sign in with them. */
import { randomUUID } from "node:crypto";
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { LRUCache } from "lru-cache";
import type { Clock } from "../core/clock.ts";
import { SamehandError } from "../core/errors.ts";
import { epochMillis } from "../core/units.ts";
import type { AuditTrail } from "../store/audit.ts";
import type { OperatorStore, PasskeyRecord } from "../store/operators.ts";
import type { Caller } from "./caller.ts";
import type { Passkey } from "./contract/operator.ts";
import type { Handlers } from "./handlers.ts";
import { whoamiOf, type SignInParts } from "./sign-in.ts";

export interface PasskeyParts extends SignInParts {
  readonly operators: OperatorStore;
  readonly audit: Pick<AuditTrail, "note">;
  readonly clock: Clock;
  /** Where the console is: a passkey is good for this host alone. */
  readonly url: () => string;
}

/** How long a challenge may be answered. */
const challengeMillis = 300_000;
const mostPasskeys = 20;

interface Challenge {
  readonly challenge: string;
  /** Who is to add a passkey; null where somebody is to sign in. */
  readonly operator: string | null;
  readonly until: number;
}

type Answered =
  | "passkeys"
  | "passkeyOptions"
  | "addPasskey"
  | "removePasskey"
  | "passkeySignInOptions"
  | "signInWithPasskey";

export function passkeyHandlers(parts: PasskeyParts): Pick<Handlers, Answered> {
  const { operators, audit, clock, url, organisation, signIns, hours } = parts;
  const challenges = new LRUCache<string, Challenge>({ max: 1000 });
  const now = () => epochMillis(Math.floor(clock.wall()));
  const keep = (challenge: string, operator: string | null): string => {
    const id = randomUUID();
    challenges.set(id, { challenge, operator, until: now() + challengeMillis });
    return id;
  };
  /** Each challenge is answered once, by whom it was made for. */
  const take = (id: string, operator: string | null): string => {
    const found = challenges.get(id);
    challenges.delete(id);
    if (found === undefined || found.operator !== operator || found.until <= now())
      throw new SamehandError("sign-in-refused", "the challenge is unknown, or its time is over");
    return found.challenge;
  };
  const expected = () => ({
    expectedOrigin: url(),
    expectedRPID: new URL(url()).hostname,
    requireUserVerification: true,
  });
  return {
    passkeys: ({ caller }) => ({ items: operators.passkeysOf(caller.name).map(passkeyOf) }),
    passkeyOptions: async ({ caller }) => {
      const known = operators.passkeysOf(person(caller));
      if (known.length >= mostPasskeys) throw new SamehandError("act-refused", `at most ${mostPasskeys} passkeys`);
      const options = await generateRegistrationOptions({
        rpName: organisation() === "" ? "Samehand" : `Samehand, ${organisation()}`,
        rpID: expected().expectedRPID,
        userName: caller.name,
        attestationType: "none",
        excludeCredentials: known.map(({ id }) => ({ id })),
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
      });
      return { challenge: keep(options.challenge, caller.name), options: { ...options } };
    },
    addPasskey: async ({ body, caller }) => {
      const expectedChallenge = take(body.challenge, person(caller));
      const response = body.response as unknown as RegistrationResponseJSON;
      const { registrationInfo } = await refuseFaults(() =>
        verifyRegistrationResponse({ ...expected(), response, expectedChallenge }),
      );
      if (registrationInfo === undefined) throw new SamehandError("sign-in-refused", "the passkey was not verified");
      const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
      if (operators.passkey(id) !== null) throw new SamehandError("act-refused", "this passkey is known already");
      const passkey: PasskeyRecord = {
        id,
        operator: caller.name,
        name: body.name,
        publicKey,
        counter,
        transports,
        createdAt: now(),
        usedAt: null,
      };
      operators.addPasskey(passkey);
      audit.note({
        actor: `operator:${caller.name}`,
        action: "passkey.added",
        why: "",
        detail: { passkey: body.name },
      });
      return passkeyOf(passkey);
    },
    removePasskey: ({ params, body, caller }) => {
      const passkey = operators.passkey(params.id);
      if (!operators.removePasskey(person(caller), params.id))
        throw new SamehandError("record-unknown", "no such passkey");
      audit.note({
        actor: `operator:${caller.name}`,
        action: "passkey.removed",
        why: body.reason,
        detail: { passkey: passkey?.name ?? "" },
      });
      return { ok: true };
    },
    passkeySignInOptions: async () => {
      const options = await generateAuthenticationOptions({
        rpID: expected().expectedRPID,
        userVerification: "required",
      });
      return { challenge: keep(options.challenge, null), options: { ...options } };
    },
    signInWithPasskey: async ({ body, setCookie, become }) => {
      const expectedChallenge = take(body.challenge, null);
      const response = body.response as unknown as AuthenticationResponseJSON;
      const passkey = typeof response.id === "string" ? operators.passkey(response.id) : null;
      if (passkey === null) throw new SamehandError("sign-in-refused", "the passkey is not known here");
      const { verified, authenticationInfo } = await refuseFaults(() =>
        verifyAuthenticationResponse({
          ...expected(),
          response,
          expectedChallenge,
          credential: { id: passkey.id, publicKey: new Uint8Array(passkey.publicKey), counter: passkey.counter },
        }),
      );
      if (!verified) throw new SamehandError("sign-in-refused", "the passkey was not verified");
      operators.usedPasskey(passkey.id, authenticationInfo.newCounter, now());
      const secret = signIns.start(passkey.operator, "passkey");
      setCookie(secret, hours * 3600);
      audit.note({ actor: `operator:${passkey.operator}`, action: "operator.signed-in", why: "passkey" });
      return whoamiOf(become(secret), parts);
    },
  };
}

/** Tokens and people of an identity provider have no passkeys here. */
function person({ name, by }: Caller): string {
  if (by === "token" || by === "oidc")
    throw new SamehandError("act-refused", "passkeys are for operators of this gateway");
  return name;
}

/** What the library throws says which check failed; nothing of it is secret, but it is not for strangers either. */
async function refuseFaults<Out>(verify: () => Promise<Out>): Promise<Out> {
  try {
    return await verify();
  } catch (error) {
    throw new SamehandError("sign-in-refused", "the passkey was not verified", error);
  }
}

const passkeyOf = ({ id, name, createdAt, usedAt }: PasskeyRecord): Passkey => ({ id, name, createdAt, usedAt });
