/** The operators' API as the console asks it: JSON in and out, problems as errors, the token against forged requests. */
import type { Answer, Body, Outcome, Problem, RouteName } from "../../gateway/admin/contract/index.ts";

/** What the server said no with. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}

/** Who this browser is. */
export const whoami = "/whoami";
let csrf = "";
let doubted: () => void = () => {};

/** Refusals that say that this browser is not who the page says, or may not what it offers. */
const doubts = new Set(["sign-in-needed", "role-missing", "request-forged"]);

/** Who is signed in is to be asked anew. */
export function onDoubt(ask: () => void): void {
  doubted = ask;
}

/** Sent with every change from now on; from `whoami`. */
export function useCsrf(token: string | null): void {
  csrf = token ?? "";
}

/** @throws ApiError where the server refuses, TypeError where it cannot be reached */
async function reach(method: string, path: string, body?: unknown): Promise<Response> {
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(method === "GET" ? {} : { "x-samehand-csrf": csrf }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.ok) return response;
  const problem = (await response.json().catch(() => null)) as Problem | null;
  if (path !== whoami && doubts.has(problem?.code ?? "")) doubted();
  throw new ApiError(problem ?? unreadable(response.status));
}

async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await reach(method, path, body);
  return response.json().catch(() => {
    throw new ApiError(unreadable(response.status));
  });
}

const unreadable = (status: number): Problem => ({
  type: "about:blank",
  title: "the gateway's answer cannot be read",
  status,
  code: "unreadable",
  detail: "",
  action: "try again",
});

/** Reads from a path of the route. */
export const get = <R extends RouteName>(path: string) => ask("GET", path) as Promise<Answer<R>>;
/** What the server answers as a file, as it comes. */
export const download = async (path: string): Promise<Blob> => (await reach("GET", path)).blob();
export const post = <R extends RouteName>(path: string, body: Body<R>) => ask("POST", path, body) as Promise<Answer<R>>;
export const put = <R extends RouteName>(path: string, body: Body<R>) => ask("PUT", path, body) as Promise<Answer<R>>;
/** Removes something, for a reason; nobody else needs to agree. */
export const remove = async (path: string, reason: string): Promise<Outcome> => {
  await ask("DELETE", path, { reason });
  return { outcome: "done", approval: null };
};

/** A name as a part of a path. */
export const part = encodeURIComponent;

/** Why something could not be had, in words for a person; it is asked for again. */
export const wordsOf = (error: unknown): string => words(error) ?? "The gateway cannot be reached. Trying again.";

/** Why something was not done, in words for a person; it is not tried again. */
export const wordsOfAct = (error: unknown): string =>
  words(error) ??
  "The gateway cannot be reached, so nobody knows here whether it was done. Look, then try again where it was not.";

/** null where the gateway cannot be reached. */
function words(error: unknown): string | null {
  if (error instanceof ApiError) {
    const { title, detail, action } = error.problem;
    const next = `${action.charAt(0).toUpperCase()}${action.slice(1)}`;
    return `${title}${detail === "" ? "" : `: ${detail}`}. ${next}.`;
  }
  if (!(error instanceof Error) || error instanceof TypeError) return null;
  return passkeyWords[error.name] ?? `The browser could not do it: ${error.message}`;
}

/** The browser's own errors about passkeys, by their names. */
const passkeyWords: Readonly<Record<string, string>> = {
  NotAllowedError: "No passkey was given: it was cancelled, or took too long. Nothing has changed.",
  AbortError: "No passkey was given: it was cancelled. Nothing has changed.",
  InvalidStateError: "This device has a passkey for you already.",
  SecurityError:
    "Passkeys do not work at this address. Open the console by the name that `admin.origin` says, over TLS.",
};
