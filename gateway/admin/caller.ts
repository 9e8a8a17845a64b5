/** Who is asking, once proven, and what they may. */
import { SamehandError } from "../core/errors.ts";
import type { Role, Whoami } from "./contract/operator.ts";

export interface Caller {
  readonly name: string;
  readonly by: Whoami["by"];
  readonly roles: readonly Role[];
  readonly expiresAt: number | null;
  /** null for an API token, which no browser sends by itself. */
  readonly csrf: string | null;
  /** The hash of what was sent, by which it can be ended. */
  readonly key: string;
}

/** Whoever has any role may see. */
export const may = (caller: Pick<Caller, "roles">, role: Role): boolean =>
  role === "viewer" ? caller.roles.length > 0 : caller.roles.includes(role);

/** @throws SamehandError `role-missing` */
export function demand(caller: Pick<Caller, "roles">, role: Role): void {
  if (!may(caller, role)) throw new SamehandError("role-missing", role);
}
