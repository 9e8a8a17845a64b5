/**
 * Who holds which of the web application's tokens: learned from the answers to `POST api/tokens`, where every way of
 * signing in ends (password, OpenID, SAML, header). Tokens are kept as hashes only.
 */
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";

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

  learn(token: string, signIn: SignIn): void {
    this.#byHash.set(hash(token), signIn);
  }

  of(token: string): SignIn | null {
    return this.#byHash.get(hash(token)) ?? null;
  }

  forget(token: string): void {
    this.#byHash.delete(hash(token));
  }

  get size(): number {
    return this.#byHash.size;
  }
}

function hash(token: string): string {
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
