/** Proves who is asking, before anything is answered: a sign-in's cookie with its token against forged requests, or an API token. */
import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../core/clock.ts";
import { SamehandError } from "../core/errors.ts";
import { epochMillis } from "../core/units.ts";
import { type Caller, machinePrefix, may } from "./caller.ts";
import type { OperatorStore } from "../store/operators.ts";
import type { Role, Whoami } from "./contract/operator.ts";
import { hashOf, type SignIns } from "./sign-ins.ts";

export interface AccessParts {
  readonly signIns: SignIns;
  readonly operators: OperatorStore;
  readonly clock: Clock;
  /** Whether operators come over TLS: the cookie then never travels without. */
  readonly secure: boolean;
  /** Where operators reach the console, such as `https://samehand.example:8444`. */
  readonly origin: () => string;
}

/** A name with `__Host-` is taken by browsers only from this host, over TLS, for all paths. */
const cookieName = (secure: boolean): string => `${secure ? "__Host-" : ""}samehand-operator`;

export class Access {
  readonly #parts: AccessParts;

  constructor(parts: AccessParts) {
    this.#parts = parts;
  }

  /**
   * Who sent a request.
   * @param changes whether it may change something: then a cookie alone is not enough
   * @throws SamehandError `sign-in-needed`, `request-forged`
   */
  caller(headers: IncomingHttpHeaders, changes: boolean): Caller {
    const { authorization } = headers;
    if (authorization !== undefined) return this.#byToken(authorization);
    const secret = cookieOf(headers.cookie, cookieName(this.#parts.secure));
    const caller = secret === null ? null : this.bySignIn(secret);
    if (caller === null) throw new SamehandError("sign-in-needed");
    if (changes) this.ownPage(headers);
    if (changes && !same(headers["x-samehand-csrf"], caller.csrf ?? "")) throw new SamehandError("request-forged");
    return caller;
  }

  /**
   * Only the console's own page may change something in a browser. Browsers say where a request comes from by Fetch
   * metadata, or where that is not to be had (no TLS, and not this machine) by Origin; programs say nothing.
   * @throws SamehandError `request-forged`
   */
  ownPage({ "sec-fetch-site": site, origin, host }: IncomingHttpHeaders): void {
    const own = site === undefined ? origin === undefined || this.#isOwn(origin, host) : site === "same-origin";
    if (!own) throw new SamehandError("request-forged");
  }

  /** A proxy in front may change the host, but then operators' own address is configured. */
  #isOwn(origin: string, host: string | undefined): boolean {
    return origin === this.#parts.origin() || (URL.canParse(origin) && new URL(origin).host === host);
  }

  /** Who a sign-in's secret stands for; null where it has ended. */
  bySignIn(secret: string): Caller | null {
    const signIn = this.#parts.signIns.of(secret);
    if (signIn === null) return null;
    // Asked anew for each request, so that a role that was taken away is gone at once.
    const own = this.#parts.operators.find(signIn.operator)?.roles ?? [];
    const roles = (signIn.roles ?? own) as readonly Role[];
    if (roles.length === 0) return null;
    const { hash: key, operator: name, csrf, expiresAt } = signIn;
    return { key, name, person: name, by: signIn.by as Whoami["by"], csrf, expiresAt, roles };
  }

  /** The header that gives a browser its sign-in, or takes it away (0 seconds). */
  cookie(secret: string, seconds: number): string {
    const { secure } = this.#parts;
    const flags = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${Math.floor(seconds)}${secure ? "; Secure" : ""}`;
    return `${cookieName(secure)}=${secret}; ${flags}`;
  }

  /** Ties a sign-in at an identity provider to this browser. Lax: it must come back from another site. */
  pendingCookie(state: string, seconds: number): string {
    const flags = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${this.#parts.secure ? "; Secure" : ""}`;
    return `${this.#pendingName}=${state}; ${flags}`;
  }

  /** The state that this browser was given; empty where none was. */
  pendingOf(headers: IncomingHttpHeaders): string {
    return cookieOf(headers.cookie, this.#pendingName) ?? "";
  }

  get #pendingName(): string {
    return `${cookieName(this.#parts.secure)}-pending`;
  }

  #byToken(authorization: string): Caller {
    const secret = /^Bearer ([A-Za-z0-9_-]{20,100})$/i.exec(authorization)?.[1];
    const { operators, clock } = this.#parts;
    const token = secret === undefined ? null : operators.token(hashOf(secret));
    const now = epochMillis(Math.floor(clock.wall()));
    if (token === null || (token.expiresAt ?? Infinity) <= now) throw new SamehandError("sign-in-needed");
    const { hash: key, name, expiresAt, createdBy } = token;
    const owner = operators.find(createdBy);
    // What its owner may not any more, the token may not; one made on the machine has no operator to lose roles with.
    const roles = (token.roles as readonly Role[]).filter(
      (role) => createdBy.startsWith(machinePrefix) || (owner !== null && may({ roles: owner.roles as Role[] }, role)),
    );
    if (roles.length === 0)
      throw new SamehandError("sign-in-needed", "the token's owner is gone, or has lost its roles");
    operators.usedToken(token, now);
    const person = owner?.name ?? null;
    const named = person === null ? `token ${name}` : `token ${name} of ${person}`;
    return { key, name: named, person, by: "token", roles, expiresAt, csrf: null };
  }
}

function cookieOf(header: string | undefined, name: string): string | null {
  for (const pair of header?.split(";") ?? []) {
    const equals = pair.indexOf("=");
    if (pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return null;
}

/** In constant time. */
function same(sent: string | string[] | undefined, expected: string): boolean {
  if (typeof sent !== "string") return false;
  const [a, b] = [Buffer.from(hashOf(sent)), Buffer.from(hashOf(expected))];
  return timingSafeEqual(a, b);
}
