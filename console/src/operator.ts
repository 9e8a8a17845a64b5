/** Who is signed in, and what they may. */
import { signal } from "@preact/signals";
import type { Role, Whoami } from "../../gateway/admin/contract/index.ts";
import { ApiError, get, onDoubt, post, useCsrf, whoami } from "./api.ts";
import { forget, listen, signedOut } from "./session-list.ts";

/** Undefined until it is known; null where nobody is signed in. */
export const operator = signal<Whoami | null | undefined>(undefined);

/** What happened to the sign-in under the page, in words, until it was read. */
export const notice = signal<string | null>(null);

export function signedIn(who: Whoami): void {
  const before = signedOut.value ? null : operator.value;
  const same = before?.csrf === who.csrf;
  if (before !== undefined && before !== null) notice.value = otherwise(before, who) ?? notice.value;
  useCsrf(who.csrf);
  operator.value = who;
  signedOut.value = false;
  if (!same) listen(() => recognise());
}

/** null where nothing is. */
function otherwise(before: Whoami, now: Whoami): string | null {
  if (before.name !== now.name) return `You are signed in as ${now.name} now, in another tab of this browser.`;
  const roles = now.roles.join(", ");
  return before.roles.join(", ") === roles ? null : `Your roles were changed. You have these now: ${roles}.`;
}

/**
 * Asks the gateway who this browser is. What it showed of somebody else goes.
 * @throws where the gateway cannot say: it cannot be reached, or its store cannot
 */
export async function recognise(): Promise<void> {
  try {
    signedIn(await get<"whoami">(whoami));
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.status !== 401) throw error;
    const before = operator.value;
    forget();
    operator.value = null;
    if (before !== undefined && before !== null) signedOut.value = true;
  }
}

onDoubt(() => void recognise().catch(() => {}));

/** @throws ApiError, TypeError where the gateway did not hear it: then the sign-in stands */
export async function signOut(): Promise<void> {
  try {
    await post<"signOut">("/sign-out", {});
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.status !== 401) throw error;
  }
  forget();
  operator.value = notice.value = null;
}

/** Whether the operator has a role; every role includes seeing. */
export function may(role: Role): boolean {
  const roles = operator.value?.roles ?? [];
  return roles.includes(role) || (role === "viewer" && roles.length > 0);
}
