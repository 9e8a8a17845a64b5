/** Who is asking, once proven, and what they may. */
import { SamehandError } from "../core/errors.ts";
import type { Role, Whoami } from "./contract/operator.ts";

export interface Caller {
  /** As the audit chain and the console name it, such as `kim` or `token shell of kim`. */
  readonly name: string;
  /** The operator who answers for it: of a token, its owner; null for one that was made on the gateway's machine for nobody. */
  readonly person: string | null;
  readonly by: Whoami["by"];
  readonly roles: readonly Role[];
  readonly expiresAt: number | null;
  /** null for an API token, which no browser sends by itself. */
  readonly csrf: string | null;
  /** The hash of what was sent, by which it can be ended. */
  readonly key: string;
}

/** What begins the owner of a token that was made on the gateway's machine; no operator's name does. */
export const machinePrefix = "command-line:";

/** Whoever has any role may see. */
export const may = (caller: Pick<Caller, "roles">, role: Role): boolean =>
  role === "viewer" ? caller.roles.length > 0 : caller.roles.includes(role);

/** @throws SamehandError `role-missing` */
export function demand(caller: Pick<Caller, "roles">, role: Role): void {
  if (!may(caller, role)) throw new SamehandError("role-missing", role);
}
