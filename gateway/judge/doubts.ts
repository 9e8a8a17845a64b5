/**
 * What is doubted of agents between their sessions: a new connection is not a new hand. Who leaves while in doubt
 * comes back in doubt, and who leaves a quarantine comes back into it. In memory only: it is shared by the sessions
 * of one gateway, whatever process they are in, and lost with it; locks, which are for longer, are in the store.
 */
import { type Fleet, whatStands } from "../core/fleet.ts";
import type { AgentName, EpochMillis } from "../core/units.ts";

export interface Doubt {
  /** Log odds of somebody else, in nats, as they stood. */
  readonly suspicion: number;
  /** How long the quarantine that stood had held the session, ms; null where none stood. */
  readonly held: number | null;
  /** The session was left while it was held because nobody was there. */
  readonly away?: boolean;
  readonly at: EpochMillis;
}

/** A doubt that held nothing is forgotten after so long, ms. One that did waits until the agent is recognised. */
const doubtLength = 3_600_000;

export class Doubts {
  readonly #byAgent = new Map<AgentName, Doubt>();
  readonly #fleet: Fleet | undefined;

  /** @param fleet left out where this process is alone */
  constructor(fleet?: Fleet) {
    this.#fleet = fleet;
    fleet?.subscribe("doubted", ({ agent, ...doubt }, elsewhere) => {
      if (elsewhere) this.#note(agent, doubt);
    });
    fleet?.subscribe("cleared", ({ agent }, elsewhere) => {
      if (elsewhere) this.clear(agent);
    });
    if (fleet !== undefined) void this.#takeOver(fleet);
  }

  /** What stands now. */
  *all(): Generator<[AgentName, Doubt]> {
    yield* this.#byAgent;
  }

  /** Notes a doubt; one that held is not undone by one that did not, nor its time by a shorter one. */
  note(agent: AgentName, doubt: Doubt): void {
    this.#note(agent, doubt);
    this.#fleet?.publish("doubted", { agent, ...doubt });
  }

  #note(agent: AgentName, doubt: Doubt): void {
    const standing = this.#byAgent.get(agent);
    const held = standing?.held ?? null;
    if (held !== null && (doubt.held ?? -1) < held) return;
    const away = standing?.away === true && doubt.at - standing.at < doubtLength;
    this.#byAgent.set(agent, away ? { ...doubt, away } : doubt);
  }

  /** What must be taken up by a session that begins now. */
  of(agent: AgentName, now: EpochMillis): Doubt | null {
    const doubt = this.#byAgent.get(agent);
    if (doubt === undefined) return null;
    if (doubt.held !== null || now - doubt.at < doubtLength) return doubt;
    this.#byAgent.delete(agent);
    return null;
  }

  /** The agent was recognised in a session of this process. */
  recognised(agent: AgentName): void {
    this.clear(agent);
    this.#fleet?.publish("cleared", { agent });
  }

  /** The agent was recognised, locked or forgotten. */
  clear(agent: AgentName): void {
    this.#byAgent.delete(agent);
  }

  /** What was doubted before this process began. */
  async #takeOver(fleet: Fleet): Promise<void> {
    for (const { doubts } of await whatStands(fleet))
      for (const { agent, ...doubt } of doubts) this.#note(agent, doubt);
  }
}
