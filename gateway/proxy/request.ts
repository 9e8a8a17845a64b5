/**
 * The tunnel's request line, read strictly: whatever two parsers could read in two ways is refused
 * (encoded or duplicate parameter names, path parameters, doubled slashes, absolute form).
 */
import { SamehandError } from "../core/errors.ts";

export const tunnelPath = "/websocket-tunnel";

/** The only parameters that may come more than once: lists of mimetypes. */
const lists = new Set(["GUAC_AUDIO", "GUAC_VIDEO", "GUAC_IMAGE"]);
const canonicalPath = /^(?:\/(?:[A-Za-z0-9_~-]|\.(?![./]|$))[A-Za-z0-9._~-]*)+$|^\/$/;
const parameterName = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const mostParameters = 64;

export interface Target {
  readonly path: string;
  /** The query as it came, without its question mark. */
  readonly query: string;
}

/**
 * Splits a request target in origin form.
 * @throws SamehandError `request-malformed`
 */
export function parseTarget(url: string): Target {
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  if (!canonicalPath.test(path)) throw new SamehandError("request-malformed", "the path is not in its plain form");
  return { path, query: mark === -1 ? "" : url.slice(mark + 1) };
}

/** What a viewer may say about itself. */
export interface ViewerTraits {
  /** Pixels, 1 to 16384. */
  readonly width: number;
  readonly height: number;
  /** Dots an inch, 1 to 2000. */
  readonly dpi: number;
  /** An IANA name, or empty. */
  readonly timezone: string;
  readonly audio: readonly string[];
  readonly video: readonly string[];
  readonly image: readonly string[];
}

export interface TunnelRequest extends ViewerTraits {
  /** Says who it is. Empty where none came. */
  readonly token: string;
}

/**
 * Reads the tunnel's parameters: Guacamole's names, and guacamole-lite's for the size.
 * Unknown parameters are passed over; they are never forwarded.
 * @throws SamehandError `request-malformed`
 */
export function parseTunnelRequest(query: string): TunnelRequest {
  const parameters = parseQuery(query);
  return {
    token: parameters.get("token")?.[0] ?? "",
    width: whole(parameters, "GUAC_WIDTH", "width", 1024, 16384),
    height: whole(parameters, "GUAC_HEIGHT", "height", 768, 16384),
    dpi: whole(parameters, "GUAC_DPI", "dpi", 96, 2000),
    timezone: zone(parameters.get("GUAC_TIMEZONE")?.[0] ?? ""),
    audio: mimetypes(parameters, "GUAC_AUDIO"),
    video: mimetypes(parameters, "GUAC_VIDEO"),
    image: mimetypes(parameters, "GUAC_IMAGE"),
  };
}

function parseQuery(query: string): Map<string, string[]> {
  const parameters = new Map<string, string[]>();
  if (query === "") return parameters;
  const pairs = query.split("&");
  if (pairs.length > mostParameters) throw new SamehandError("request-malformed", "too many parameters");
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    const name = equals === -1 ? pair : pair.slice(0, equals);
    if (!parameterName.test(name)) throw new SamehandError("request-malformed", "a parameter's name is not plain");
    const value = decode(equals === -1 ? "" : pair.slice(equals + 1), name);
    const known = parameters.get(name);
    if (known === undefined) parameters.set(name, [value]);
    else if (lists.has(name)) known.push(value);
    else throw new SamehandError("request-malformed", `${name} comes twice`);
  }
  return parameters;
}

function decode(value: string, name: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(value.replaceAll("+", " "));
  } catch {
    throw new SamehandError("request-malformed", `${name} is not encoded as UTF-8`);
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\x00-\x1f\x7f]/.test(decoded)) throw new SamehandError("request-malformed", `${name} has control characters`);
  return decoded;
}

function whole(from: Map<string, string[]>, name: string, other: string, fallback: number, most: number): number {
  const text = from.get(name)?.[0] ?? from.get(other)?.[0];
  if (text === undefined || text === "") return fallback;
  const value = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= most)) throw new SamehandError("request-malformed", `${name} is not a number from 1 to ${most}`);
  return value;
}

function zone(text: string): string {
  if (text !== "" && !/^[A-Za-z0-9_+/-]{1,64}$/.test(text))
    throw new SamehandError("request-malformed", "GUAC_TIMEZONE is not the name of a time zone");
  return text;
}

function mimetypes(from: Map<string, string[]>, name: string): readonly string[] {
  const values = from.get(name) ?? [];
  if (values.length > 16 || values.some((value) => !/^[a-z]{1,16}\/[A-Za-z0-9.+;=,_-]{1,100}$/.test(value)))
    throw new SamehandError("request-malformed", `${name} is not a list of mimetypes`);
  return values;
}
