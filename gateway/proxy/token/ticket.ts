/** What every format of token must come down to: a ticket whose every part is bounded and plain. */
import { SamehandError } from "../../core/errors.ts";
import type { Ticket } from "../../core/session.ts";
import { agentName } from "../../core/units.ts";

/** Opens tokens of one or more formats. */
export interface Tokens {
  /**
   * @throws SamehandError `token-invalid`, `token-expired`, `token-replayed`, `token-format-refused`,
   * `connection-unknown`, `store-unavailable`
   */
  open(token: string): Promise<Ticket>;
}

/** A connection as an operator configures it: guacd's protocol and its parameters. */
export interface Connection {
  readonly protocol: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** Longest token in any format, in characters: a request's headers must hold it. */
export const longestToken = 8192;

/** A JSON object's own properties; nothing is ever looked up on its prototype. */
export function own(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/**
 * Makes a ticket of what a token said.
 * @throws SamehandError `token-invalid` naming the field, never its value
 */
export function makeTicket(from: {
  agent: unknown;
  connection: unknown;
  protocol?: unknown;
  join?: unknown;
  settings?: unknown;
}): Ticket {
  const target =
    from.join === undefined
      ? { protocol: matching(from.protocol, /^[a-z][a-z0-9-]{0,31}$/, "protocol") }
      : { join: matching(from.join, /^[$A-Za-z0-9-]{1,64}$/, "join") };
  return {
    agent: agentName(name(from.agent, "agent")),
    connection: name(from.connection, "connection"),
    target,
    settings: settings(from.settings ?? {}),
  };
}

function matching(value: unknown, pattern: RegExp, field: string): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  throw new SamehandError("token-invalid", field);
}

function name(value: unknown, field: string): string {
  return matching(value, /^[^\p{Cc}\p{Cs}]{1,256}$/u, field);
}

function settings(value: unknown): Readonly<Record<string, string>> {
  const made: Record<string, string> = Object.create(null) as Record<string, string>;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new SamehandError("token-invalid", "settings");
  const entries = Object.entries(value as Record<string, unknown>);
  if (entries.length > 256) throw new SamehandError("token-invalid", "too many settings");
  for (const [key, setting] of entries) {
    if (!/^[a-z][a-z0-9-]{0,63}$/.test(key)) throw new SamehandError("token-invalid", "the name of a setting");
    const text = plain(setting);
    if (text === null) continue;
    if (text.includes("\0") || text.length > 4096) throw new SamehandError("token-invalid", `settings.${key}`);
    made[key] = text;
  }
  return made;
}

/** A setting as guacd takes it; null for what is not a single value (guacamole-lite's lists of mimetypes). */
function plain(setting: unknown): string | null {
  if (typeof setting === "string") return setting;
  if (typeof setting === "boolean") return String(setting);
  if (typeof setting === "number" && Number.isFinite(setting)) return String(setting);
  return null;
}
