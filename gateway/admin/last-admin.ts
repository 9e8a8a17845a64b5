/** The last admin stays: without one nobody is left to let anybody in. */
import { SamehandError } from "../core/errors.ts";
import type { OperatorStore } from "../store/operators.ts";

/**
 * @param without who is to be removed, or to lose the role
 * @throws SamehandError `act-refused` where nobody else is an admin
 */
export function keepAnAdmin(operators: OperatorStore, without: string): void {
  if (!operators.all().some(({ name, roles }) => name !== without && roles.includes("admin")))
    throw new SamehandError("act-refused", "this is the last admin");
}
