/**
 * The address of a request to the web application, read strictly and written anew: what is decided on here is what
 * the application is asked. Tomcat passes over path parameters, decodes, and folds `//`, `/./` and `/x/../` before it
 * looks for the tunnel; whatever could come out differently there is refused.
 */
import { SamehandError } from "../../core/errors.ts";

export interface Address {
  /** The decoded segments; a path that ends in a slash has an empty last one. */
  readonly segments: readonly string[];
  /** Path and query as the application is asked, each part encoded in one way. */
  readonly url: string;
  /** The query as it came, without its question mark. */
  readonly query: string;
}

const mostSegments = 32;
const mostParameters = 128;
/** What a path segment or a query may hold unencoded: RFC 3986, 3.3 and 3.4, without `;`, which Tomcat cuts at. */
const plainSegment = /^(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})*$/;
const plainQuery = /^(?:[A-Za-z0-9._~!$'()*+,=:@/?&-]|%[0-9A-Fa-f]{2})*$/;
/** An encoded character that needs no encoding: only somebody who wants to be read in two ways writes it. */
const needlesslyEncoded = /%(?:2[dDeE]|3[0-9]|4[1-9A-Fa-f]|5[0-9aA]|5[fF]|6[1-9A-Fa-f]|7[0-9aA]|7[eE])/;
const parameterName = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
/** Parameters that name who asks and for what: said once or not at all. */
const single = new Set(["token", "key", "id_token", "code", "state", "ticket"]);

/**
 * Reads a request target in origin form.
 * @throws SamehandError `request-malformed`
 */
export function readAddress(target: string): Address {
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? "" : target.slice(mark + 1);
  const segments = readSegments(path);
  checkQuery(query);
  return { segments, query, url: writeUrl(segments, query) };
}

function writeUrl(segments: readonly string[], query: string): string {
  const written = segments.map((segment) => encodeURIComponent(segment)).join("/");
  return `/${written}${query === "" ? "" : `?${query}`}`;
}

function readSegments(path: string): readonly string[] {
  if (!path.startsWith("/")) throw malformed("the target is not in origin form");
  const parts = path.slice(1).split("/");
  if (parts.length > mostSegments) throw malformed("the path has too many parts");
  return parts.map((part, n) => {
    if (part === "" && n < parts.length - 1) throw malformed("the path has an empty part");
    if (!plainSegment.test(part) || needlesslyEncoded.test(part)) throw malformed("the path is not in its plain form");
    const segment = decode(part);
    // oxlint-disable-next-line no-control-regex -- control characters are what is refused
    if (segment === "." || segment === ".." || /[\x00-\x1f\x7f/\\;]/.test(segment))
      throw malformed("the path has a part that could be read in two ways");
    return segment;
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed("the path is not encoded as UTF-8");
  }
}

function checkQuery(query: string): void {
  if (query === "") return;
  if (!plainQuery.test(query)) throw malformed("the query is not in its plain form");
  const seen = new Set<string>();
  const pairs = query.split("&");
  if (pairs.length > mostParameters) throw malformed("too many parameters");
  for (const pair of pairs) {
    const name = pair.split("=", 1)[0];
    // A bare word after the question mark is how the HTTP tunnel is asked (`?connect`, `?read:UUID:0`) and caches are passed by.
    if (pairs.length === 1 && name === pair) continue;
    if (!parameterName.test(name)) throw malformed("a parameter's name is not plain");
    if (single.has(name) && seen.has(name)) throw malformed(`${name} comes twice`);
    seen.add(name);
  }
}

/** The same address without a slash at its end: the application's REST answers both alike, so both must be the same here. */
export function withoutLastSlash(address: Address): Address {
  const { segments, query } = address;
  if (segments.at(-1) !== "") return address;
  const kept = segments.slice(0, -1);
  return { segments: kept, query, url: writeUrl(kept, query) };
}

/** The value of a parameter, decoded; null where it is missing. The query was checked by `readAddress`. */
export function parameter(query: string, name: string): string | null {
  return new URLSearchParams(query).get(name);
}

function malformed(detail: string): SamehandError {
  return new SamehandError("request-malformed", detail);
}
