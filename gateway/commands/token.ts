/** `samehand token`: issues a token that opens one session, and the link that carries it. */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { configFile, loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { agentName, epochMillis } from "../core/units.ts";
import { issueSamehandToken } from "../proxy/token/samehand-token.ts";
import { tokenKeys } from "../settings.ts";
import { commandLineActor } from "./actor.ts";
import { storeOf } from "./store-of.ts";

const help = `usage: samehand token --agent NAME --connection NAME [--config FILE] [--seconds N] [--json]

Issues a token for one session of an agent on a configured connection, and
prints it with the link that opens the desktop. It may be used once, within
--seconds (default: tokens.lifetimeSeconds). Whoever holds it is let in: hand it
over on a channel that you trust.
`;

export async function run(args: string[], io: Io): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      agent: { type: "string" },
      connection: { type: "string" },
      config: { type: "string" },
      seconds: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const { agent, connection } = values;
  if (agent === undefined) throw new SamehandError("usage", "--agent NAME is needed");
  if (connection === undefined) throw new SamehandError("usage", "--connection NAME is needed");
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  if (!Object.hasOwn(config.connections, connection))
    throw new SamehandError("connection-unknown", `${connection}; ${configured(config)}`);
  if (!config.tokens.formats.includes("samehand")) throw new SamehandError("token-format-refused", "samehand");
  const seconds = values.seconds === undefined ? config.tokens.lifetimeSeconds : Number(values.seconds);
  if (!(seconds > 0 && seconds <= 3600)) throw new SamehandError("usage", "--seconds: from 1 to 3600");
  const expires = epochMillis(Date.now() + seconds * 1000);
  note(config, agent, { connection, expires: new Date(expires).toISOString() });
  const token = await issueSamehandToken({ agent, connection, expires }, tokenKeys(config));
  const link = `${baseUrl(config)}/#token=${encodeURIComponent(token)}`;
  io.stdout.write(
    values.json
      ? `${JSON.stringify({ agent, connection, expires: new Date(expires).toISOString(), token, link })}\n`
      : `token  ${token}\nlink   ${link}\n`,
  );
  return 0;
}

function configured({ connections }: Config): string {
  const names = Object.keys(connections);
  return names.length === 0 ? "none is configured" : `configured: ${names.slice(0, 10).join(", ")}`;
}

/** In the audit chain, where this machine has the store; a portal that only has the keys of tokens issues without it. */
function note(config: Config, agent: string, detail: { readonly connection: string; readonly expires: string }): void {
  if (!existsSync(config.store)) return;
  const store = storeOf(config);
  const act = { actor: commandLineActor(), action: "token.issued", why: "samehand token" };
  store.audit.note({ ...act, agent: agentName(agent), detail });
  store.close();
}

/** Where agents reach the gateway; where that is not said, where it listens, as a page on this machine would reach it. */
function baseUrl({ listen }: Config): string {
  if (listen.url !== undefined) return listen.url;
  const anywhere = listen.host === "0.0.0.0" || listen.host === "::";
  const host = anywhere ? "localhost" : listen.host.includes(":") ? `[${listen.host}]` : listen.host;
  return `${listen.tls === undefined ? "http" : "https"}://${host}:${listen.port}`;
}
