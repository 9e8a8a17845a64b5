/** One HTTP POST, with what its answer means for a delivery. */
import { request } from "node:http";
import { request as secureRequest } from "node:https";
import { attemptMillis, Refused } from "./carrier.ts";
import type { Trust } from "./trust.ts";

export interface Post {
  readonly url: string;
  readonly trust: Trust;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Of 4xx these say: later. */
const later = new Set([401, 403, 404, 408, 425, 429]);

/**
 * Resolves for 2xx.
 * @param cut gives the attempt up at once
 * @param longest how long the receiver may take, with the rest of its answer, ms
 * @throws Refused for a 4xx that will not pass, Error for everything else
 */
export function post(
  { url, trust, headers, body }: Post,
  { cut, longest = attemptMillis }: { readonly cut?: AbortSignal | undefined; readonly longest?: number } = {},
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const options = {
    method: "POST",
    headers: { ...headers, "content-length": Buffer.byteLength(body) },
    agent: false,
    ...(cut === undefined ? {} : { signal: cut }),
  };
  const asked = url.startsWith("https:") ? secureRequest(url, { ...options, ...trust }) : request(url, options);
  const end = setTimeout(() => asked.destroy(new Error("no answer in time")), longest);
  // Not before: an answer that never ends would keep its connection. Nor does every answer come as one: a 101 does not.
  asked.on("close", () => {
    clearTimeout(end);
    reject(new Error("the receiver closed the connection"));
  });
  asked.on("response", (answer) => {
    answer.resume();
    const { statusCode: status = 0 } = answer;
    if (status >= 200 && status < 300) resolve();
    else if (status >= 400 && status < 500 && !later.has(status)) reject(new Refused(`HTTP ${status}`));
    else reject(new Error(`HTTP ${status}`));
  });
  asked.on("error", reject);
  asked.end(body);
  return promise;
}
