/**
 * Passkeys (WebAuthn) of agents: added by a one-time link, and used to confirm a held session from another device.
 * What is signed is bound to the secret of the link that asked for it, so that no challenge has to be remembered.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { SamehandError } from "../core/errors.ts";
import { type AgentName, type EpochMillis, epochMillis } from "../core/units.ts";
import type { AgentId, Store } from "../store/store.ts";

/** Where agents reach the gateway: a passkey is good for this host alone. */
export interface Site {
  /** Such as `https://desktops.example.org`. */
  readonly url: string;
  readonly organisation: string;
}

const mostPasskeys = 10;
const linkMinutes = 24 * 60;
/** 128 bits: nobody guesses one. */
const secretBytes = 16;

/** A new secret for a link. */
export const newSecret = (): string => randomBytes(secretBytes).toString("base64url");
/** By what a secret is known to stores and other processes. */
export const secretHash = (secret: string): string => createHash("sha256").update(secret).digest("base64url");
/** What is to be signed for a secret. */
const challengeOf = (use: "add" | "confirm", secret: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(createHash("sha256").update(`samehand ${use}\0${secret}`).digest());

const expected = ({ url }: Site) => ({
  expectedOrigin: new URL(url).origin,
  expectedRPID: new URL(url).hostname,
  requireUserVerification: true,
});

/**
 * A link by which an agent adds a passkey, once, within a day.
 * @throws SamehandError `store-unavailable`
 */
export function passkeyLink(store: Pick<Store, "agentPasskeys">, agent: AgentId, site: Site, now: EpochMillis): string {
  const secret = newSecret();
  store.agentPasskeys.keepLink(secretHash(secret), agent, epochMillis(now + linkMinutes * 60_000));
  return `${site.url}/passkey#${secret}`;
}

/** What a browser needs to make a passkey. @throws SamehandError `sign-in-refused`, `act-refused` */
export async function addingOptions(
  store: Pick<Store, "agentPasskeys" | "nameOf">,
  secret: string,
  site: Site,
  now: EpochMillis,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const agent = store.agentPasskeys.linkOf(secretHash(secret), now);
  if (agent === null) throw new SamehandError("sign-in-refused", "the link was used, or its time is over");
  const known = store.agentPasskeys.of(agent);
  if (known.length >= mostPasskeys) throw new SamehandError("act-refused", `at most ${mostPasskeys} passkeys`);
  return generateRegistrationOptions({
    rpName: site.organisation === "" ? "Samehand" : site.organisation,
    rpID: expected(site).expectedRPID,
    userName: nameOf(store, agent),
    challenge: challengeOf("add", secret),
    attestationType: "none",
    excludeCredentials: known.map(({ id }) => ({ id })),
    authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
  });
}

/**
 * Adds the passkey that a browser made, and spends the link.
 * @returns whose it is now
 * @throws SamehandError `sign-in-refused`, `act-refused`
 */
export async function addPasskey(
  store: Pick<Store, "agentPasskeys" | "nameOf">,
  secret: string,
  response: RegistrationResponseJSON,
  site: Site,
  now: EpochMillis,
): Promise<AgentName> {
  const expectedChallenge = Buffer.from(challengeOf("add", secret)).toString("base64url");
  const { registrationInfo } = await refuseFaults(() =>
    verifyRegistrationResponse({ ...expected(site), response, expectedChallenge }),
  );
  const agent = store.agentPasskeys.spendLink(secretHash(secret), now);
  if (registrationInfo === undefined || agent === null)
    throw new SamehandError("sign-in-refused", "the link was used, or its time is over");
  const { id, publicKey, counter } = registrationInfo.credential;
  if (!store.agentPasskeys.add({ id, agent, publicKey, counter, createdAt: now, usedAt: null }))
    throw new SamehandError("act-refused", "this passkey is known already");
  return nameOf(store, agent);
}

/** What a browser needs to use one of the agent's passkeys. */
export function confirmingOptions(
  store: Pick<Store, "agentPasskeys">,
  agent: AgentId,
  secret: string,
  site: Site,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return generateAuthenticationOptions({
    rpID: expected(site).expectedRPID,
    challenge: challengeOf("confirm", secret),
    allowCredentials: store.agentPasskeys.of(agent).map(({ id }) => ({ id })),
    userVerification: "required",
  });
}

/** Whether the agent signed for this secret. @throws SamehandError `sign-in-refused`, `store-unavailable` */
export async function verifyConfirmation(
  store: Pick<Store, "agentPasskeys">,
  agent: AgentId,
  secret: string,
  response: AuthenticationResponseJSON,
  site: Site,
  now: EpochMillis,
): Promise<void> {
  const passkey = store.agentPasskeys.of(agent).find(({ id }) => id === response.id);
  if (passkey === undefined) throw new SamehandError("sign-in-refused", "the passkey is not this agent's");
  const { verified, authenticationInfo } = await refuseFaults(() =>
    verifyAuthenticationResponse({
      ...expected(site),
      response,
      expectedChallenge: Buffer.from(challengeOf("confirm", secret)).toString("base64url"),
      credential: { id: passkey.id, publicKey: new Uint8Array(passkey.publicKey), counter: passkey.counter },
    }),
  );
  if (!verified) throw new SamehandError("sign-in-refused", "the passkey was not verified");
  store.agentPasskeys.used(passkey.id, authenticationInfo.newCounter, now);
}

const nameOf = (store: Pick<Store, "nameOf">, agent: AgentId): AgentName => {
  const name = store.nameOf(agent);
  if (name === null) throw new SamehandError("agent-unknown");
  return name;
};

/** What the library throws says which check failed; it is not for strangers. */
async function refuseFaults<Out>(verify: () => Promise<Out>): Promise<Out> {
  try {
    return await verify();
  } catch (error) {
    throw new SamehandError("sign-in-refused", "the passkey was not verified", error);
  }
}
