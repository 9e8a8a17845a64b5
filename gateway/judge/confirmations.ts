/**
 * Held sessions that wait to be confirmed from another device: each shows a link with a secret of its own. The device
 * may reach another process than the one in which the session lives, so that processes ask one another.
 */
import type { Fleet } from "../core/fleet.ts";
import type { AgentId } from "../store/store.ts";
import { newSecret, secretHash } from "./agent-passkeys.ts";

interface Waiting {
  readonly agent: AgentId;
  readonly onConfirmed: () => void;
}

/** A session's own. */
export interface Confirmation {
  /** What the link must carry. */
  readonly secret: string;
  /** Nobody waits any more. */
  end(): void;
}

export class Confirmations {
  readonly #waiting = new Map<string, Waiting>();
  readonly #fleet: Fleet | undefined;

  /** @param fleet left out where this process is alone */
  constructor(fleet?: Fleet) {
    this.#fleet = fleet;
    fleet?.answer("confirmation", (hash) => this.#waiting.get(hash)?.agent ?? null);
    fleet?.answer("confirm", (hash) => this.#confirm(hash));
  }

  /** A session waits. @param onConfirmed called once, when the agent confirmed it */
  wait(agent: AgentId, onConfirmed: () => void): Confirmation {
    const secret = newSecret();
    const hash = secretHash(secret);
    this.#waiting.set(hash, { agent, onConfirmed });
    return { secret, end: () => void this.#waiting.delete(hash) };
  }

  /** Which agent must confirm; null where nobody waits. */
  async agentOf(secret: string): Promise<AgentId | null> {
    const hash = secretHash(secret);
    if (this.#fleet === undefined) return this.#waiting.get(hash)?.agent ?? null;
    const answers = await this.#fleet.ask("confirmation", hash);
    return (answers.find((agent) => agent !== null) ?? null) as AgentId | null;
  }

  /** The agent confirmed. @returns false where nobody waits any more */
  async confirm(secret: string): Promise<boolean> {
    const hash = secretHash(secret);
    if (this.#fleet === undefined) return this.#confirm(hash);
    return (await this.#fleet.ask("confirm", hash)).some(Boolean);
  }

  #confirm(hash: string): boolean {
    const waiting = this.#waiting.get(hash);
    this.#waiting.delete(hash);
    waiting?.onConfirmed();
    return waiting !== undefined;
  }
}
