/**
 * Signing in through the organisation's identity provider: OpenID Connect, authorisation code with PKCE, state and
 * nonce. Its groups are mapped to roles; whoever has none of them is refused.
 */
import * as client from "openid-client";
import { LRUCache } from "lru-cache";
import type { Clock } from "../core/clock.ts";
import { SamehandError } from "../core/errors.ts";
import { epochMillis } from "../core/units.ts";
import type { AuditTrail } from "../store/audit.ts";
import type { OperatorStore } from "../store/operators.ts";
import { type Role, role } from "./contract/operator.ts";
import type { SignIns } from "./sign-ins.ts";

export interface OidcOptions {
  /** Shown on the button. */
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Asked for besides `openid`. */
  readonly scopes: readonly string[];
  /** The claim that names the operator, and the one that lists the groups. */
  readonly nameClaim: string;
  readonly groupsClaim: string;
  /** Roles by group. */
  readonly groups: Readonly<Record<string, readonly Role[]>>;
}

export interface OidcParts {
  readonly options: OidcOptions;
  readonly operators: OperatorStore;
  readonly signIns: SignIns;
  readonly audit: Pick<AuditTrail, "note">;
  readonly clock: Clock;
  /** Where the console is. */
  readonly url: () => string;
}

interface Pending {
  readonly verifier: string;
  readonly nonce: string;
  readonly until: number;
}

/** Where the provider sends the browser back to. */
export const oidcCallback = "/api/v1/sign-in/oidc/callback";
/** How long signing in at the provider may take. */
export const oidcMinutes = 10;
/** So that nobody of the provider's can take the name of an operator of this gateway. */
export const oidcPrefix = "oidc:";

export class Oidc {
  readonly #parts: OidcParts;
  readonly #pending = new LRUCache<string, Pending>({ max: 1000 });
  #configuration: Promise<client.Configuration> | null = null;

  constructor(parts: OidcParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.options.name;
  }

  /**
   * Begins: where the browser must go, and the state that it must bring back.
   * @throws SamehandError `sign-in-refused` where the provider cannot be reached
   */
  async begin(): Promise<{ url: string; state: string }> {
    const { options, clock, url } = this.#parts;
    const configuration = await this.#discover();
    const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()];
    this.#pending.set(state, { verifier, nonce, until: clock.wall() + oidcMinutes * 60_000 });
    const there = client.buildAuthorizationUrl(configuration, {
      redirect_uri: `${url()}${oidcCallback}`,
      scope: ["openid", ...options.scopes].join(" "),
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
    });
    return { url: there.href, state };
  }

  /**
   * Ends: the browser is back.
   * @param target path and query as it came @param held the state that this very browser was given
   * @returns the secret of the sign-in @throws SamehandError `sign-in-refused`, `role-missing`
   */
  async finish(target: string, held: string): Promise<string> {
    const { operators, signIns, audit, clock, url } = this.#parts;
    const pending = this.#pending.get(held);
    this.#pending.delete(held);
    if (pending === undefined || pending.until <= clock.wall())
      throw new SamehandError("sign-in-refused", "it was not begun in this browser, or took too long");
    const claims = await this.#claims(new URL(target, url()), held, pending);
    const name = `${oidcPrefix}${this.#nameOf(claims)}`;
    const roles = this.#rolesOf(claims);
    if (roles.length === 0) throw new SamehandError("role-missing", "none of the provider's groups has a role here");
    operators.save(name, roles, epochMillis(Math.floor(clock.wall())));
    audit.note({ actor: `operator:${name}`, action: "operator.signed-in", why: "identity provider" });
    return signIns.start(name, "oidc", roles);
  }

  async #claims(back: URL, state: string, { verifier, nonce }: Pending): Promise<client.IDToken> {
    try {
      const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
      const tokens = await client.authorizationCodeGrant(await this.#discover(), back, checks);
      return tokens.claims()!;
    } catch (error) {
      throw new SamehandError("sign-in-refused", "the identity provider's answer was not accepted", error);
    }
  }

  #nameOf(claims: client.IDToken): string {
    const name = claims[this.#parts.options.nameClaim] ?? claims.sub;
    if (typeof name !== "string" || !/^[^\p{Cc}]{1,100}$/u.test(name))
      throw new SamehandError("sign-in-refused", `the claim ${this.#parts.options.nameClaim} is no name`);
    return name;
  }

  #rolesOf(claims: client.IDToken): Role[] {
    const { groupsClaim, groups } = this.#parts.options;
    const listed = claims[groupsClaim];
    const names = Array.isArray(listed) ? listed : [];
    const given = names.flatMap((name) =>
      typeof name === "string" && Object.hasOwn(groups, name) ? groups[name] : [],
    );
    return role.options.filter((each) => given.includes(each));
  }

  /** Asked once it is needed, so that a provider that is down keeps nothing from starting; asked again after a failure. */
  async #discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.#parts.options;
    const server = new URL(issuer);
    const local = ["localhost", "127.0.0.1", "[::1]"].includes(server.hostname);
    const execute = server.protocol === "http:" && local ? [client.allowInsecureRequests] : [];
    this.#configuration ??= client.discovery(server, clientId, clientSecret, undefined, { execute, timeout: 10 });
    try {
      return await this.#configuration;
    } catch (error) {
      this.#configuration = null;
      throw new SamehandError("sign-in-refused", "the identity provider cannot be reached", error);
    }
  }
}
