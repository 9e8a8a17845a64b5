/** Chooses the format of a token by its form, among those that the configuration accepts. */
import { SamehandError } from "../../core/errors.ts";
import type { Ticket } from "../../core/session.ts";
import type { AgentName } from "../../core/units.ts";
import { longestToken, type Tokens } from "./ticket.ts";

/** Five base64url parts, the second of them empty: a JWE with `dir`. */
const jwe = /^[\w-]+\.\.[\w-]+\.[\w-]*\.[\w-]+$/;

export interface TokenFormats {
  readonly samehand?: Tokens;
  readonly guacamoleLite?: Tokens;
}

/** Opens what the given formats open; others are `token-format-refused`. */
export class AcceptedTokens implements Tokens {
  readonly #formats: TokenFormats;
  readonly #spell: (name: AgentName) => AgentName;

  /** @param spell the one spelling of an agent's name; left out, as the token has it */
  constructor(formats: TokenFormats, spell = (name: AgentName) => name) {
    this.#formats = formats;
    this.#spell = spell;
  }

  async open(token: string): Promise<Ticket> {
    if (token.length > longestToken) throw new SamehandError("token-invalid", "too long");
    const format = jwe.test(token) ? this.#formats.samehand : this.#formats.guacamoleLite;
    if (format === undefined) throw new SamehandError("token-format-refused");
    const ticket = await format.open(token);
    return { ...ticket, agent: this.#spell(ticket.agent) };
  }
}
