/** Who is asking: signing in and out, and passkeys of one's own. */
import { z } from "zod";
import { why } from "./common.ts";
import * as operators from "./operator.ts";
import { byId, nothing, type Route } from "./route.ts";

export const signInRoutes = {
  whoami: {
    method: "GET",
    path: "/whoami",
    may: "viewer",
    about: "the operator, roles, and the token against forged requests",
    answer: operators.whoami,
  },
  signInMethods: {
    method: "GET",
    path: "/sign-in",
    may: null,
    about: "how one can sign in here",
    answer: operators.signInMethods,
  },
  signInWithLink: {
    method: "POST",
    path: "/sign-in/link",
    may: null,
    about: "signs in with a one-time link, which is spent by it",
    body: operators.linkBody,
    answer: operators.whoami,
  },
  passkeySignInOptions: {
    method: "POST",
    path: "/sign-in/passkey/options",
    may: null,
    about: "a challenge for a passkey",
    answer: operators.passkeyOptions,
  },
  signInWithPasskey: {
    method: "POST",
    path: "/sign-in/passkey",
    may: null,
    about: "signs in with a passkey",
    body: operators.passkeySignIn,
    answer: operators.whoami,
  },
  signOut: {
    method: "POST",
    path: "/sign-out",
    may: "viewer",
    about: "ends this sign-in",
    answer: nothing,
  },
  passkeys: {
    method: "GET",
    path: "/passkeys",
    may: "viewer",
    about: "one's own passkeys",
    answer: z.strictObject({ items: z.array(operators.passkey) }),
  },
  passkeyOptions: {
    method: "POST",
    path: "/passkeys/options",
    may: "viewer",
    about: "a challenge for a new passkey of one's own",
    answer: operators.passkeyOptions,
  },
  addPasskey: {
    method: "POST",
    path: "/passkeys",
    may: "viewer",
    about: "adds a passkey of one's own",
    body: operators.passkeyNew,
    answer: operators.passkey,
  },
  removePasskey: {
    method: "DELETE",
    path: "/passkeys/:id",
    may: "viewer",
    about: "removes a passkey of one's own",
    params: byId,
    body: why,
    answer: nothing,
  },
} as const satisfies Record<string, Route>;
