/** Signing in: by the one-time link that is printed at the first start or that an admin makes, and what one is then. */
import type { Clock } from "../core/clock.ts";
import { SamehandError } from "../core/errors.ts";
import { epochMillis } from "../core/units.ts";
import type { AuditTrail } from "../store/audit.ts";
import type { OperatorStore } from "../store/operators.ts";
import type { Caller } from "./caller.ts";
import type { Whoami } from "./contract/operator.ts";
import { role } from "./contract/operator.ts";
import type { Handlers } from "./handlers.ts";
import type { Watched } from "./second-person.ts";
import { hashOf, newSecret, type SignIns } from "./sign-ins.ts";

export interface SignInParts {
  readonly operators: OperatorStore;
  readonly signIns: SignIns;
  readonly clock: Clock;
  readonly audit: Pick<AuditTrail, "note">;
  readonly organisation: () => string;
  readonly fourEyes: readonly Watched[];
  readonly hours: number;
  /** The identity provider's name; null where there is none. */
  readonly provider: string | null;
}

/** The operator whom the first start makes, with every role. */
const firstOperator = "first operator";
const linkMillis = 3_600_000;

/** A one-time link's secret for an operator who exists. */
export function makeLink(operators: OperatorStore, operator: string, now: number): { link: string; expiresAt: number } {
  const link = newSecret();
  const expiresAt = epochMillis(Math.floor(now) + linkMillis);
  operators.addLink(hashOf(link), operator, expiresAt);
  return { link, expiresAt };
}

/**
 * The link of the first run; null once anybody can sign in without it.
 * @throws SamehandError `store-unavailable`
 */
export function firstRunLink(operators: OperatorStore, clock: Clock): string | null {
  if (operators.anyPasskey() || operators.all().some(({ name, seenAt }) => name !== firstOperator && seenAt !== null))
    return null;
  operators.save(firstOperator, role.options, epochMillis(Math.floor(clock.wall())));
  return makeLink(operators, firstOperator, clock.wall()).link;
}

export function whoamiOf(caller: Caller, { operators, fourEyes }: SignInParts): Whoami {
  const { name, by, roles, expiresAt, csrf } = caller;
  const passkeys = by === "token" ? 0 : operators.passkeysOf(name).length;
  return { name, by, roles: [...roles], expiresAt, csrf, passkeys, fourEyes: [...fourEyes] };
}

export function signInHandlers(
  parts: SignInParts,
): Pick<Handlers, "whoami" | "signInMethods" | "signInWithLink" | "signOut"> {
  const { operators, signIns, clock, audit, organisation, provider } = parts;
  return {
    whoami: ({ caller }) => whoamiOf(caller, parts),
    signInMethods: () => ({
      passkey: operators.anyPasskey(),
      oidc: provider === null ? null : { name: provider, url: "/api/v1/sign-in/oidc" },
      firstRun: operators.all().every(({ seenAt }) => seenAt === null),
      organisation: organisation(),
    }),
    signInWithLink: ({ body, setCookie, become }) => {
      const name = operators.spendLink(hashOf(body.link), epochMillis(Math.floor(clock.wall())));
      if (name === null) throw new SamehandError("sign-in-refused", "the link was used, or its hour is over");
      const secret = signIns.start(name, "link");
      setCookie(secret, parts.hours * 3600);
      audit.note({ actor: `operator:${name}`, action: "operator.signed-in", why: "one-time link" });
      return whoamiOf(become(secret), parts);
    },
    signOut: ({ caller, setCookie }) => {
      if (caller.by !== "token") operators.endSignIn(caller.key);
      setCookie("", 0);
      return { ok: true };
    },
  };
}
