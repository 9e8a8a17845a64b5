/**
 * Who holds which of the web application's tokens: learned from the answers to `POST api/tokens`, where every way of
 * signing in ends (password, OpenID, SAML, header). Tokens are kept as hashes only.
 */
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { LRUCache } from "lru-cache";
import type { Fleet } from "../../core/fleet.ts";

/** A person that the web application has signed in. */
export interface SignIn {
  /** Where the account is, such as `mysql`, and its name there; an empty name for somebody who came by a share link. */
  readonly dataSource: string;
  readonly username: string;
  /** The address that signed in. */
  readonly address: string;
  /** Which of the applications keeps this login, by its place in the configuration. */
  readonly upstream: number;
}

/** Logins that are remembered at once; the least used one is asked for again at the application. */
const mostSignIns = 200_000;
/** Guacamole forgets a login after an hour without use by default; a live one posts its token at each navigation. */
const lifetimeMillis = 24 * 3_600_000;

export class SignIns {
  readonly #byHash = new LRUCache<string, SignIn>({ max: mostSignIns, ttl: lifetimeMillis, updateAgeOnGet: true });
  readonly #fleet: Fleet | undefined;

  /** @param fleet the other processes, to which a login's next request may come; left out where there are none */
  constructor(fleet?: Fleet) {
    this.#fleet = fleet;
    fleet?.subscribe("signedIn", ({ token, ...signIn }) => this.#byHash.set(token, signIn));
    fleet?.subscribe("signedOut", ({ token }) => this.#byHash.delete(token));
  }

  learn(token: string, signIn: SignIn): void {
    const name = hash(token);
    const known = this.#byHash.get(name);
    this.#byHash.set(name, signIn);
    if (known === undefined || !isDeepStrictEqual(known, signIn))
      this.#fleet?.publish("signedIn", { token: name, ...signIn });
  }

  of(token: string): SignIn | null {
    return this.#byHash.get(hash(token)) ?? null;
  }

  forget(token: string): void {
    const name = hash(token);
    this.#byHash.delete(name);
    this.#fleet?.publish("signedOut", { token: name });
  }

  get size(): number {
    return this.#byHash.size;
  }
}

/** Tokens and keys are known by this: they are long and random, so that it says nothing about one. */
export function hash(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}

/** What the application answers to a sign-in. */
export interface TokenAnswer {
  readonly token: string;
  readonly dataSource: string;
  readonly username: string;
}

/** Reads the answer to `POST api/tokens`; null where it signs nobody in. */
export function readTokenAnswer(body: string): TokenAnswer | null {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof answer !== "object" || answer === null) return null;
  const { authToken, dataSource, username } = answer as Record<string, unknown>;
  if (typeof authToken !== "string" || authToken === "" || typeof dataSource !== "string") return null;
  return { token: authToken, dataSource, username: typeof username === "string" ? username : "" };
}
