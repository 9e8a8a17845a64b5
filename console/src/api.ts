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

let csrf = "";

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

/** An error in words for a person. */
export function wordsOf(error: unknown): string {
  if (error instanceof ApiError) {
    const { title, detail, action } = error.problem;
    const next = `${action.charAt(0).toUpperCase()}${action.slice(1)}`;
    return `${title}${detail === "" ? "" : `: ${detail}`}. ${next}.`;
  }
  return "The gateway cannot be reached. Trying again.";
}
