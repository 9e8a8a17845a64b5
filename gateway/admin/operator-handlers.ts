/** Answers about operators and API tokens, for admins. */
import { randomUUID } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { SamehandError } from "../core/errors.ts";
import { epochMillis } from "../core/units.ts";
import type { AuditTrail } from "../store/audit.ts";
import type { OperatorRecord, OperatorStore, TokenRecord } from "../store/operators.ts";
import { type Caller, demand, machinePrefix } from "./caller.ts";
import type { ApiToken, Operator, Role } from "./contract/operator.ts";
import type { Handlers } from "./handlers.ts";
import { keepAnAdmin } from "./last-admin.ts";
import { oidcPrefix } from "./oidc.ts";
import { makeLink } from "./sign-in.ts";
import { hashOf, newSecret } from "./sign-ins.ts";

export interface OperatorParts {
  readonly operators: OperatorStore;
  readonly audit: Pick<AuditTrail, "note">;
  readonly clock: Clock;
  /** Where the console is, such as `https://samehand.example:8444`. */
  readonly url: () => string;
}

type Answered = "operators" | "invite" | "setRoles" | "removeOperator" | "tokens" | "makeToken" | "revokeToken";

export function operatorHandlers({ operators, audit, clock, url }: OperatorParts): Pick<Handlers, Answered> {
  const now = () => epochMillis(Math.floor(clock.wall()));
  const note = (caller: Caller, action: string, why: string, detail: Record<string, string>): void =>
    audit.note({ actor: `operator:${caller.name}`, action, why, detail });
  /** A token that makes a token hands on whose it is. */
  const ownerOf = ({ person, key }: Caller): string => person ?? operators.token(key)?.createdBy ?? machinePrefix;
  const known = (name: string): OperatorRecord => {
    const found = operators.find(name);
    if (found === null) throw new SamehandError("record-unknown", "no such operator");
    return found;
  };
  return {
    operators: () => ({ items: operators.all().map(operatorOf) }),
    invite: ({ body, caller }) => {
      const before = operators.find(body.name);
      if (before?.roles.includes("admin") === true && !body.roles.includes("admin")) keepAnAdmin(operators, body.name);
      operators.save(body.name, body.roles, now());
      const { link, expiresAt } = makeLink(operators, body.name, clock.wall());
      note(caller, "operator.invited", body.reason, { operator: body.name, roles: body.roles.join(" ") });
      return { url: `${url()}/console/#link=${link}`, expiresAt };
    },
    setRoles: ({ params, body, caller }) => {
      const { name, roles } = known(params.name);
      if (name.startsWith(oidcPrefix))
        throw new SamehandError("act-refused", "the identity provider's groups say what roles this operator has");
      if (roles.includes("admin") && !body.roles.includes("admin")) keepAnAdmin(operators, name);
      operators.save(name, body.roles, now());
      note(caller, "operator.roles-changed", body.reason, {
        operator: name,
        before: roles.join(" "),
        roles: body.roles.join(" "),
      });
      return operatorOf(known(name));
    },
    removeOperator: ({ params, body, caller }) => {
      const { name, roles, passkeys } = known(params.name);
      const tokens = operators.tokens().filter(({ createdBy }) => createdBy === name);
      keepAnAdmin(operators, name);
      operators.remove(name);
      note(caller, "operator.removed", body.reason, {
        operator: name,
        roles: roles.join(" "),
        passkeys: String(passkeys),
        tokens: tokens.map((token) => token.name).join(", "),
      });
      return { ok: true };
    },
    tokens: () => ({ items: operators.tokens().map(tokenOf) }),
    makeToken: ({ body, caller }) => {
      for (const role of body.roles) demand(caller, role);
      const secret = newSecret();
      const createdAt = now();
      const token: TokenRecord = {
        id: randomUUID(),
        hash: hashOf(secret),
        name: body.name,
        roles: body.roles,
        createdBy: ownerOf(caller),
        createdAt,
        expiresAt: body.days === null ? null : epochMillis(Math.floor(createdAt + body.days * 86_400_000)),
        usedAt: null,
      };
      operators.addToken(token);
      note(caller, "token.made", body.reason, {
        token: body.name,
        owner: token.createdBy,
        roles: body.roles.join(" "),
      });
      return { ...tokenOf(token), secret };
    },
    revokeToken: ({ params, body, caller }) => {
      const token = operators.tokens().find(({ id }) => id === params.id);
      if (token === undefined) throw new SamehandError("record-unknown", "no such token");
      operators.removeToken(params.id);
      note(caller, "token.revoked", body.reason, {
        token: token.name,
        owner: token.createdBy,
        roles: token.roles.join(" "),
      });
      return { ok: true };
    },
  };
}

const operatorOf = ({ name, roles, passkeys, createdAt, seenAt }: OperatorRecord): Operator => ({
  name,
  roles: roles as Role[],
  passkeys,
  createdAt,
  seenAt,
});

const tokenOf = ({ id, name, roles, createdBy, createdAt, expiresAt, usedAt }: TokenRecord): ApiToken => ({
  id,
  name,
  roles: roles as Role[],
  createdBy,
  createdAt,
  expiresAt,
  usedAt,
});
