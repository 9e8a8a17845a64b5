/** Sign-ins that stand: random secrets, of which only the SHA-256 is kept, each with its end. */
import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { epochMillis } from "../core/units.ts";
import type { OperatorStore, SignInRecord } from "../store/operators.ts";
import type { Role, Whoami } from "./contract/operator.ts";

/** 256 random bits: too many to be guessed, or found from the hash. */
export const newSecret = (): string => randomBytes(32).toString("base64url");
/** Secrets are looked up by their hash, so that the time that it takes tells nothing about any of them. */
export const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("base64url");

/** Without a request for so long, a sign-in ends. */
const idleMillis = 30 * 60_000;

export class SignIns {
  readonly #store: OperatorStore;
  readonly #clock: Clock;
  /** Until a sign-in ends, however busy, ms. */
  readonly #length: number;

  constructor(store: OperatorStore, clock: Clock, hours: number) {
    this.#store = store;
    this.#clock = clock;
    this.#length = hours * 3_600_000;
  }

  /**
   * Starts a sign-in of an operator, and notes that the operator was seen.
   * @param roles what an identity provider says; null: what the store says
   * @returns the secret for the cookie
   */
  start(operator: string, by: Exclude<Whoami["by"], "token">, roles: readonly Role[] | null = null): string {
    const secret = newSecret();
    const now = epochMillis(Math.floor(this.#clock.wall()));
    const expiresAt = epochMillis(now + this.#length);
    const csrf = newSecret();
    this.#store.addSignIn({ hash: hashOf(secret), operator, by, csrf, expiresAt, usedAt: now, roles });
    this.#store.seen(operator, now);
    return secret;
  }

  /** The sign-in that the cookie's secret stands for; null where it has ended. */
  of(secret: string): SignInRecord | null {
    const signIn = this.#store.signIn(hashOf(secret));
    if (signIn === null) return null;
    const now = epochMillis(Math.floor(this.#clock.wall()));
    if (now >= signIn.expiresAt || now - signIn.usedAt >= idleMillis) {
      this.#store.endSignIn(signIn.hash);
      return null;
    }
    this.#store.usedSignIn(signIn, now);
    return signIn;
  }
}
