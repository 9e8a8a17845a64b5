/**
 * Samehand's own token: a JWE (RFC 7516) in compact form, `dir` with A256GCM, so that it is encrypted and
 * authenticated; it expires, and opens one session. The key ring makes rotation a matter of adding a key.
 */
import { createSecretKey, type KeyObject, randomUUID } from "node:crypto";
import { EncryptJWT } from "jose";
import type { Clock } from "../../core/clock.ts";
import { SamehandError } from "../../core/errors.ts";
import type { Ticket } from "../../core/session.ts";
import { type EpochMillis, epochMillis } from "../../core/units.ts";
import { openJwe } from "./jwe.ts";
import { type Connection, makeTicket, own, type Tokens } from "./ticket.ts";

/** A key of the ring. The first one issues; all of them open. */
export interface TokenKey {
  /** The `kid` in the token's header. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** Remembers which tokens were used. */
export interface SpentTokens {
  /**
   * Marks a token as used, atomically. False where it was used before.
   * @param expires after this it may be forgotten
   * @throws SamehandError `store-unavailable`
   */
  spend(jti: string, expires: EpochMillis): boolean | Promise<boolean>;
}

/** What a token says. */
export interface Claims {
  readonly agent: string;
  /** The name of a configured connection, or the whole connection. */
  readonly connection:
    | string
    | { readonly name: string; readonly protocol: string; readonly settings: Readonly<Record<string, string>> }
    | { readonly name: string; readonly join: string };
  /** When it stops to open anything. Rounded down to the second. */
  readonly expires: EpochMillis;
}

export interface SamehandTokenOptions {
  readonly keys: readonly TokenKey[];
  readonly spent: SpentTokens;
  /** Resolves a connection by its name; null where it is not configured. */
  readonly connections: (name: string) => Connection | null;
  readonly clock: Clock;
  /** Longest time from now to a token's expiry, in seconds: bounds what must be remembered as spent. Default an hour. */
  readonly longestLife?: number;
}

/**
 * Issues a token with the ring's first key.
 * @throws SamehandError `key-invalid`, and `token-invalid` where a claim could not be opened again
 */
export async function issueSamehandToken(claims: Claims, keys: readonly TokenKey[]): Promise<string> {
  const key = keys[0];
  if (key === undefined) throw new SamehandError("key-invalid", "the token key ring is empty");
  checkKey(key);
  if (typeof claims.connection === "string") makeTicket({ ...claims, protocol: "named" });
  else makeTicket({ ...claims.connection, agent: claims.agent, connection: claims.connection.name });
  return new EncryptJWT({ agent: claims.agent, connection: claims.connection })
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: key.id, typ: "JWT" })
    .setExpirationTime(Math.floor(claims.expires / 1000))
    .setJti(randomUUID())
    .encrypt(key.key);
}

export class SamehandTokens implements Tokens {
  readonly #options: SamehandTokenOptions;
  readonly #ring: ReadonlyMap<string, KeyObject>;

  /** @throws SamehandError `key-invalid` for a key that is not 32 bytes */
  constructor(options: SamehandTokenOptions) {
    for (const key of options.keys) checkKey(key);
    this.#options = options;
    this.#ring = new Map(options.keys.map(({ id, key }) => [id, createSecretKey(key)]));
  }

  async open(token: string): Promise<Ticket> {
    const now = this.#options.clock.wall();
    // No cause and no detail: neither may carry anything of the token.
    const claims = openJwe(token, (kid) => this.#ring.get(kid) ?? null);
    const [exp, nbf, jti] = [own(claims, "exp"), own(claims, "nbf"), own(claims, "jti")];
    if (claims === null) throw new SamehandError("token-invalid");
    if (!isSeconds(exp)) throw new SamehandError("token-invalid", "exp");
    if (nbf !== undefined && !(isSeconds(nbf) && nbf * 1000 <= now)) throw new SamehandError("token-invalid", "nbf");
    if (typeof jti !== "string" || !/^[\w-]{8,64}$/.test(jti)) throw new SamehandError("token-invalid", "jti");
    const expires = epochMillis(exp * 1000);
    if (expires <= now) throw new SamehandError("token-expired");
    if (expires - now > (this.#options.longestLife ?? 3600) * 1000)
      throw new SamehandError("token-invalid", "exp is too far away");
    const ticket = this.#ticket(claims);
    if (!(await this.#options.spent.spend(jti, expires))) throw new SamehandError("token-replayed");
    return ticket;
  }

  #ticket(claims: unknown): Ticket {
    const [agent, connection] = [own(claims, "agent"), own(claims, "connection")];
    if (typeof connection === "string") {
      const found = this.#options.connections(connection);
      if (found === null) throw new SamehandError("connection-unknown");
      return makeTicket({ ...found, agent, connection });
    }
    return makeTicket({
      agent,
      connection: own(connection, "name"),
      protocol: own(connection, "protocol"),
      join: own(connection, "join"),
      settings: own(connection, "settings"),
    });
  }
}

const isSeconds = (value: unknown): value is number => Number.isSafeInteger(value);

function checkKey(key: TokenKey): void {
  if (key.key.length !== 32) throw new SamehandError("key-invalid", `token key ${key.id} is not 32 bytes`);
}
