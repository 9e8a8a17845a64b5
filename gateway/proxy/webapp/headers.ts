/** The headers that cross the gateway: what is of one hop stays there, and nobody says for themselves who they are. */
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/** Of one hop: RFC 9110, 7.6.1, and the older ones. */
const ofOneHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "http2-settings",
]);
/** Where a request came from is ours to say. */
const forwarding = new Set(["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip"]);

export interface Trust {
  /** Addresses of proxies in front, whose forwarding and identity headers are believed. */
  readonly proxies: readonly string[];
  /** Headers by which the application signs people in: stripped from everybody else. Lower case. */
  readonly identityHeaders: readonly string[];
}

/** `::ffff:10.0.0.1` is `10.0.0.1`. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

/** The address that asks: the socket's, or what a trusted proxy says of it. */
export function clientAddress(request: IncomingMessage, trust: Trust): string {
  const peer = plainAddress(request.socket.remoteAddress ?? "");
  if (!trust.proxies.includes(peer)) return peer;
  const hops = (first(request.headers["x-forwarded-for"]) ?? "").split(",").map((hop) => plainAddress(hop.trim()));
  // From the nearest hop outwards: the first that is no proxy of ours is who asked; what is before it is their own word.
  const client = hops.findLast((hop) => !trust.proxies.includes(hop));
  return client !== undefined && isIP(client) !== 0 ? client : peer;
}

/** What the application is sent. */
export function requestHeaders(request: IncomingMessage, trust: Trust, secure: boolean): OutgoingHttpHeaders {
  const peer = plainAddress(request.socket.remoteAddress ?? "");
  const trusted = trust.proxies.includes(peer);
  const out: OutgoingHttpHeaders = {};
  const dropped = named(request.headers.connection);
  for (const [name, value] of Object.entries(request.headers)) {
    if (ofOneHop.has(name) || dropped.has(name) || forwarding.has(name) || value === undefined) continue;
    if (!trusted && identifies(name, trust)) continue;
    out[name] = value;
  }
  const before = trusted ? first(request.headers["x-forwarded-for"]) : undefined;
  out["x-forwarded-for"] = before === undefined ? peer : `${before}, ${peer}`;
  out["x-forwarded-proto"] = (trusted && first(request.headers["x-forwarded-proto"])) || (secure ? "https" : "http");
  out["x-forwarded-host"] = (trusted && first(request.headers["x-forwarded-host"])) || request.headers.host || "";
  return out;
}

/**
 * How long the body is, told anew: whatever `Connection` names, and for every method. Node itself sends the body of a
 * GET or DELETE of untold length with no mark of its end, and whoever stands behind reads it as the next request.
 */
export function framing({ headers }: IncomingMessage): OutgoingHttpHeaders {
  const length = headers["content-length"];
  if (length !== undefined) return { "content-length": length };
  return headers["transfer-encoding"] === undefined ? {} : { "transfer-encoding": "chunked" };
}

/** CGI folds `-` into `_`, so that `Remote-User` and `REMOTE_USER` may be one header to whoever stands behind. */
function identifies(name: string, trust: Trust): boolean {
  const folded = name.replaceAll("_", "-");
  return trust.identityHeaders.some((header) => header.replaceAll("_", "-") === folded);
}

/** What the client is sent. */
export function responseHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const dropped = named(headers.connection);
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => value !== undefined && !ofOneHop.has(name) && !dropped.has(name)),
  );
}

/** The headers that `Connection` names are of one hop too. */
function named(connection: string | undefined): ReadonlySet<string> {
  return new Set((connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(", ") : value;
}
