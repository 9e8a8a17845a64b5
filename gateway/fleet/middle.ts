/**
 * What the first process keeps for all: which agent has how many sessions, who is doubted, which desktops are held,
 * where share links lead. A worker that dies leaves its doubts behind, and nothing else.
 */
import type { FleetQuestions, HeldDesktop } from "../core/fleet.ts";
import type { AgentName, SessionId } from "../core/units.ts";
import { Doubts } from "../judge/doubts.ts";
import { Shares } from "../proxy/webapp/shares.ts";
import type { Bus } from "./bus.ts";

interface Claim {
  readonly agent: AgentName;
  readonly worker: string;
}

export class Middle {
  readonly #bus: Bus;
  readonly #claims = new Map<SessionId, Claim>();
  readonly #perAgent = new Map<AgentName, number>();
  readonly #doubts: Doubts;
  readonly #held = new Map<SessionId, HeldDesktop>();
  readonly #mostSessions: () => number;

  /** @param mostSessions of the whole fleet */
  constructor(bus: Bus, mostSessions: () => number) {
    this.#bus = bus;
    this.#mostSessions = mostSessions;
    this.#doubts = new Doubts(bus);
    const shares = new Shares(bus);
    bus.answer("sharedTunnel", (key) => shares.known(key));
    bus.answer("claim", (claim) => this.#claim(claim));
    bus.answer("standing", () => ({
      doubts: [...this.#doubts.all()].map(([agent, doubt]) => ({ agent, ...doubt })),
      held: [...this.#held.values()],
    }));
    bus.subscribe("left", ({ session }) => this.#leave(session));
    bus.subscribe("held", ({ held, ...desktop }) => {
      if (held) this.#held.set(desktop.session, desktop);
      else this.#held.delete(desktop.session);
    });
    bus.subscribe("changed", (change) => {
      // As the judge does: of a profile that is taken back nobody is the less doubted.
      if (change.kind !== "rolled-back")
        this.#doubts.clear(change.kind === "locked" ? change.lock.agent : change.agent);
    });
  }

  /** Live sessions of the fleet. */
  get sessions(): number {
    return this.#claims.size;
  }

  /** A worker died: its sessions are gone, and whoever shared a desktop with one is held for it no more. */
  gone(worker: string): void {
    for (const [session, claim] of this.#claims) if (claim.worker === worker) this.#leave(session);
    for (const desktop of this.#held.values())
      if (desktop.worker === worker) this.#bus.publish("held", { ...desktop, held: false });
  }

  #claim({ session, agent, worker, sessionsPerAgent }: FleetQuestions["claim"]["ask"]) {
    const count = this.#perAgent.get(agent) ?? 0;
    if (count >= sessionsPerAgent || this.#claims.size >= this.#mostSessions()) return "too-many-sessions";
    this.#claims.set(session, { agent, worker });
    this.#perAgent.set(agent, count + 1);
    return null;
  }

  #leave(session: SessionId): void {
    const claim = this.#claims.get(session);
    if (claim === undefined) return;
    this.#claims.delete(session);
    const count = (this.#perAgent.get(claim.agent) ?? 1) - 1;
    if (count === 0) this.#perAgent.delete(claim.agent);
    else this.#perAgent.set(claim.agent, count);
  }
}
