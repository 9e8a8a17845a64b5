/** Operators: who is asking, how they sign in, what they may, and what waits for a second person. */
import { z } from "zod";
import { mayWhy, time } from "./common.ts";

/**
 * `viewer` sees; `responder` holds, releases, severs, locks and rolls back; `policy` drafts and applies policies;
 * `privacy` exports and forgets; `admin` manages operators and API tokens. Each other role includes seeing.
 */
export const role = z.enum(["viewer", "responder", "policy", "privacy", "admin"]);
export const roles = z.array(role).min(1).max(5);
export const operatorName = z
  .string()
  .trim()
  .min(1)
  .max(128)
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  .regex(/^(?!oidc:|command-line:|token )[^\x00-\x1f\x7f]+$/);

export const whoami = z
  .strictObject({
    name: z.string(),
    by: z.enum(["link", "passkey", "oidc", "token"]),
    roles,
    expiresAt: time.nullable().describe("when this sign-in ends; null for an API token without an end"),
    csrf: z.string().nullable().describe("send it as `x-samehand-csrf` with every POST, PUT and DELETE; null: token"),
    passkeys: z.int().min(0).describe("how many this operator has; 0: ask for one before the link's sign-in ends"),
    fourEyes: z.array(z.enum(["release", "forget", "policy"])).describe("what needs a second person here"),
  })
  .meta({ id: "Whoami" });

export const signInMethods = z
  .strictObject({
    passkey: z.boolean().describe("whether anybody has one"),
    oidc: z.strictObject({ name: z.string(), url: z.string() }).nullable(),
    firstRun: z.boolean().describe("nobody has signed in yet: use the link that was printed at start"),
    organisation: z.string(),
  })
  .meta({ id: "SignInMethods" });

/** The one-time link is `/console/#link=...`; the console posts what stands behind `link=`. */
export const linkBody = z.strictObject({ link: z.string().min(1).max(200) });
/** WebAuthn's JSON forms, for `@simplewebauthn/browser`: `startAuthentication({ optionsJSON })`. */
export const passkeyOptions = z.strictObject({ challenge: z.string(), options: z.record(z.string(), z.unknown()) });
export const passkeySignIn = z.strictObject({ challenge: z.string(), response: z.record(z.string(), z.unknown()) });
export const passkeyNew = passkeySignIn.extend({ name: z.string().trim().min(1).max(64) });
export const passkey = z
  .strictObject({ id: z.string(), name: z.string(), createdAt: time, usedAt: time.nullable() })
  .meta({ id: "Passkey" });

export const operator = z
  .strictObject({ name: z.string(), roles, passkeys: z.int(), createdAt: time, seenAt: time.nullable() })
  .meta({ id: "Operator" });
export const inviteBody = z.strictObject({ name: operatorName, roles, reason: mayWhy });
export const invited = z.strictObject({ url: z.string().describe("works once, for an hour"), expiresAt: time });
export const rolesBody = z.strictObject({ roles, reason: mayWhy });

export const token = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    roles,
    createdBy: z
      .string()
      .describe("the operator whose it is, and without whose roles it has none; `command-line:...`: nobody's"),
    createdAt: time,
    expiresAt: time.nullable(),
    usedAt: time.nullable(),
  })
  .meta({ id: "Token" });
export const tokenBody = z.strictObject({
  name: operatorName,
  roles: roles.describe("the token's scopes; none that its maker has not"),
  days: z.number().positive().max(3650).nullable().default(90),
  reason: mayWhy,
});
export const tokenMade = token.extend({ secret: z.string().describe("shown this once; send it as a bearer token") });

/** Something that waits for a second person. */
export const approval = z
  .strictObject({
    id: z.string(),
    what: z.enum(["release", "forget", "policy"]),
    on: z
      .string()
      .describe(
        "the session, the agent, or `policy`, with the SHA-256 of the text that it replaces where that was said",
      ),
    draft: z.string().nullable().describe("the policy that is to stand; null for others"),
    by: z.string().describe("the operator who asks, or for whom a token does"),
    reason: z.string(),
    askedAt: time,
    expiresAt: time,
  })
  .meta({ id: "Approval" });

export type Role = z.output<typeof role>;
export type Whoami = z.output<typeof whoami>;
export type SignInMethods = z.output<typeof signInMethods>;
export type Operator = z.output<typeof operator>;
export type Passkey = z.output<typeof passkey>;
export type ApiToken = z.output<typeof token>;
export type Approval = z.output<typeof approval>;
