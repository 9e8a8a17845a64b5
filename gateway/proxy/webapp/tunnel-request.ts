/** What the stock page asks the tunnel for, read strictly and written anew for the application. */
import { SamehandError } from "../../core/errors.ts";
import { parseTunnelRequest, type TunnelRequest } from "../request.ts";
import { parameter } from "./address.ts";

/** What is connected to: a connection, a group that chooses one, or somebody's live connection. */
export const identifierTypes = { c: "connection", g: "group", a: "live" } as const;
export type IdentifierType = keyof typeof identifierTypes;

export interface ApplicationRequest extends TunnelRequest {
  readonly dataSource: string;
  readonly type: IdentifierType;
  readonly identifier: string;
}

/**
 * Reads the tunnel's parameters.
 * @throws SamehandError `request-malformed`
 */
export function readApplicationRequest(query: string): ApplicationRequest {
  const common = parseTunnelRequest(query);
  const type = parameter(query, "GUAC_TYPE") ?? "";
  if (!Object.hasOwn(identifierTypes, type)) throw new SamehandError("request-malformed", "GUAC_TYPE");
  return {
    ...common,
    dataSource: named(query, "GUAC_DATA_SOURCE"),
    identifier: named(query, "GUAC_ID"),
    type: type as IdentifierType,
  };
}

function named(query: string, name: string): string {
  const value = parameter(query, name) ?? "";
  if (!/^[^\p{Cc}\p{Cs}]{1,256}$/u.test(value)) throw new SamehandError("request-malformed", name);
  return value;
}

/** The same request in one spelling, with nothing in it that was not read. */
export function writeApplicationRequest(asked: ApplicationRequest): string {
  const query = new URLSearchParams({
    token: asked.token,
    GUAC_DATA_SOURCE: asked.dataSource,
    GUAC_ID: asked.identifier,
    GUAC_TYPE: asked.type,
    GUAC_WIDTH: String(asked.width),
    GUAC_HEIGHT: String(asked.height),
    GUAC_DPI: String(asked.dpi),
  });
  if (asked.timezone !== "") query.set("GUAC_TIMEZONE", asked.timezone);
  for (const type of asked.audio) query.append("GUAC_AUDIO", type);
  for (const type of asked.video) query.append("GUAC_VIDEO", type);
  for (const type of asked.image) query.append("GUAC_IMAGE", type);
  return query.toString();
}
