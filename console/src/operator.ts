/** Who is signed in, and what they may. */
import { signal } from "@preact/signals";
import type { Role, Whoami } from "../../gateway/admin/contract/index.ts";
import { ApiError, get, post, useCsrf } from "./api.ts";
import { listen, signedOut, stop } from "./session-list.ts";

/** Undefined until it is known; null where nobody is signed in. */
export const operator = signal<Whoami | null | undefined>(undefined);

export function signedIn(who: Whoami): void {
  useCsrf(who.csrf);
  operator.value = who;
  signedOut.value = false;
  listen();
}

/** Asks the gateway who this browser is. */
export async function recognise(): Promise<void> {
  try {
    signedIn(await get<"whoami">("/whoami"));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    operator.value = null;
  }
}

export async function signOut(): Promise<void> {
  stop();
  await post<"signOut">("/sign-out", {}).catch(() => null);
  operator.value = null;
}

/** Whether the operator has a role; every role includes seeing. */
export function may(role: Role): boolean {
  const roles = operator.value?.roles ?? [];
  return roles.includes(role) || (role === "viewer" && roles.length > 0);
}
