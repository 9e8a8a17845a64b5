/** Addresses that are listened on, and what is said where one cannot be had. */
import { SamehandError } from "./errors.ts";

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "is in use",
  EADDRNOTAVAIL: "is none of this machine's",
  EACCES: "needs rights that this user does not have",
  ENOTFOUND: "is not a known host",
};

/**
 * What is told of an address that cannot be listened on.
 * @param key the configuration's group that names it, such as `listen` or `metrics`
 * @param cause the system's error
 */
export function unusable(key: string, host: string, port: number, cause: unknown): SamehandError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const reason = reasons[code] ?? `cannot be had (${code})`;
  return new SamehandError("address-unusable", `${key}.host, ${key}.port: ${host}:${port} ${reason}`, cause);
}
