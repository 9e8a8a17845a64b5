/**
 * Samehand inside of a Node server that uses guacamole-lite: its upgrades come here, where each session is parsed,
 * inspected, held and severed like any other. What guacamole-lite itself would do with them (its crash on a bad token
 * and on a split character, its lack of backpressure) no longer happens, because it is not asked.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { stringify } from "yaml";
import { loadConfig, parseConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { SamehandError } from "./core/errors.ts";
import { Gateway, type GatewayOptions } from "./gateway.ts";
import { GuacamoleLiteTokens } from "./proxy/token/guacamole-lite-token.ts";
import { own } from "./proxy/token/ticket.ts";

/** What is used of a guacamole-lite `Server` (1.2.0). */
export interface GuacamoleLiteServer {
  readonly webSocketServer: {
    handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, ...rest: never[]) => void;
    once(event: "close", listener: () => void): unknown;
  };
  readonly defaultGuacdOptions: { readonly host: string; readonly port: number };
  readonly clientOptions: {
    readonly crypt: { readonly cypher: string; readonly key?: string | Uint8Array };
    readonly connectionDefaultSettings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  readonly callbacks: { processConnectionSettings(settings: unknown, done: Done): unknown };
  readonly sessionRegistry: unknown;
}
type Done = (error: unknown, settings: unknown) => void;

export interface GuardOptions extends Pick<GatewayOptions, "log" | "clock"> {
  /** The path of a `samehand.yaml`, or what would stand in one. Its `guacd` and `tokens` are the server's own. */
  readonly config?: string | Readonly<Record<string, unknown>>;
  /** Where the agent's name stands in the token, with dots. */
  readonly agentField?: string;
}

/**
 * Takes over the sessions of a guacamole-lite server, and ends with it.
 * @returns the gateway: its metrics, its store, `reload` and `drain`
 * @throws SamehandError `config-invalid` or `key-invalid` where something of the server could not be kept as it was
 */
export async function guard(server: GuacamoleLiteServer, options: GuardOptions = {}): Promise<Gateway> {
  const { agentField = "connection.settings.username", config = {}, ...rest } = options;
  const gateway = new Gateway(configOf(server, config), {
    ...rest,
    attached: true,
    tokens: new GuacamoleLiteTokens({ key: keyOf(server), agentField, process: (content) => prepare(server, content) }),
  });
  try {
    await gateway.listen();
  } catch (error) {
    await gateway.close();
    throw error;
  }
  server.webSocketServer.handleUpgrade = (request, socket, head) => gateway.proxy.take(request, socket, head);
  server.webSocketServer.once("close", () => void gateway.close());
  return gateway;
}

function configOf(server: GuacamoleLiteServer, config: string | Readonly<Record<string, unknown>>): Config {
  if (!(server.sessionRegistry instanceof Map))
    throw new SamehandError(
      "config-invalid",
      "guard: a sessionRegistry of its own is not asked; joins are known from the gateway's own sessions",
    );
  const { config: loaded } =
    typeof config === "string" ? loadConfig(config, process.env) : parseConfig(stringify(config), null, process.env);
  if (loaded.workers > 1) throw new SamehandError("config-invalid", "guard: `workers` must be 1 inside of a server");
  const { host, port } = server.defaultGuacdOptions;
  return { ...loaded, guacd: [{ host, port }] };
}

function keyOf({ clientOptions: { crypt } }: GuacamoleLiteServer): Uint8Array {
  if (crypt.cypher.toUpperCase() !== "AES-256-CBC")
    throw new SamehandError("key-invalid", `guard: tokens in ${crypt.cypher} are not read; use AES-256-CBC`);
  return Buffer.from(crypt.key ?? "");
}

/** As guacamole-lite: the defaults of the protocol under what the token says, then the server's own callback. */
async function prepare(server: GuacamoleLiteServer, content: unknown): Promise<unknown> {
  const connection = own(content, "connection");
  if (own(connection, "guacdHost") !== undefined || own(connection, "guacdPort") !== undefined)
    throw new SamehandError("token-invalid", "it names a guacd of its own");
  const type = own(connection, "join") === undefined ? own(connection, "type") : "join";
  const defaults = own(server.clientOptions.connectionDefaultSettings, String(type)) as object | undefined;
  const settings = { ...defaults, ...(own(connection, "settings") as object | undefined) };
  const merged = { ...(content as object), connection: { ...(connection as object | undefined), settings } };
  const processed = await new Promise<unknown>((resolve, reject) => {
    server.callbacks.processConnectionSettings(merged, (error, changed) => {
      if (error === undefined || error === null) resolve(changed);
      else reject(new SamehandError("token-invalid", "the server refused it"));
    });
  });
  return processed;
}
