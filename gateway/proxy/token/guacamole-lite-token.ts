/**
 * guacamole-lite's token, for farms that issue it already: AES-256-CBC without a MAC and without an expiry, so
 * whoever holds one can use it for ever, and bits of it can be flipped. Accepted only where the configuration says so.
 * Its format is read by guacamole-lite's own code; nothing else of it stands in the path.
 * That code reads the plain text as 7-bit: names outside of ASCII arrive changed.
 */
import Crypt from "guacamole-lite/lib/Crypt.js";
import { SamehandError } from "../../core/errors.ts";
import type { Ticket } from "../../core/session.ts";
import { longestToken, makeTicket, own, type Tokens } from "./ticket.ts";

export interface GuacamoleLiteOptions {
  /** 32 bytes: guacamole-lite's `crypt.key`. */
  readonly key: Uint8Array;
  /** Where the agent's name stands in the token, with dots: `agent`, or `connection.settings.username`. */
  readonly agentField: string;
  /** What the farm's own server does with a token's content before it is used; may refuse by throwing. */
  readonly process?: (content: unknown) => Promise<unknown>;
}

export class GuacamoleLiteTokens implements Tokens {
  readonly #crypt: Crypt;
  readonly #agentPath: readonly string[];
  readonly #process: (content: unknown) => Promise<unknown>;

  /** @throws SamehandError `key-invalid` for a key that is not 32 bytes */
  constructor(options: GuacamoleLiteOptions) {
    if (options.key.length !== 32) throw new SamehandError("key-invalid", "the guacamole-lite key is not 32 bytes");
    this.#crypt = new Crypt("AES-256-CBC", options.key);
    this.#agentPath = options.agentField.split(".");
    this.#process = options.process ?? ((content) => Promise.resolve(content));
  }

  async open(token: string): Promise<Ticket> {
    return this.#read(await this.#process(this.#decrypt(token)));
  }

  #read(content: unknown): Ticket {
    const connection = own(content, "connection");
    const settings = own(connection, "settings");
    const join = own(connection, "join");
    const protocol = own(connection, "type");
    let agent: unknown = content;
    for (const part of this.#agentPath) agent = own(agent, part);
    return makeTicket({
      agent,
      connection: own(connection, "name") ?? connectionName(protocol, settings, join),
      protocol,
      join,
      settings,
    });
  }

  #decrypt(token: string): unknown {
    if (token.length > longestToken) throw new SamehandError("token-invalid", "too long");
    try {
      return this.#crypt.decrypt(token);
    } catch {
      // Its errors quote what was decrypted: none of them may go on.
      throw new SamehandError("token-invalid");
    }
  }
}

/** The format has no name for a connection; where it leads is the name. */
function connectionName(protocol: unknown, settings: unknown, join: unknown): string {
  if (typeof join === "string") return `join ${join}`;
  const host = own(settings, "hostname");
  const port = own(settings, "port");
  const parts = [protocol, host, port].filter((part) => typeof part === "string" || typeof part === "number");
  return parts.join(" ");
}
