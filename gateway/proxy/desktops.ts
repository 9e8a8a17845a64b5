/**
 * Who shares a desktop: sessions with one guacd connection drive the same one, in this process and in others. While
 * one of them is held all are, and a sever ends them all: a connection lives in guacd until its last user leaves.
 */
import { SamehandError } from "../core/errors.ts";
import { type Fleet, type FleetQuestions, type HeldDesktop, whatStands } from "../core/fleet.ts";
import type { SessionId } from "../core/units.ts";
import type { GuacdOptions } from "./options.ts";

/** A session, as far as its desktop is concerned. */
export interface Sharer {
  readonly id: SessionId;
  /** guacd's id of the connection; empty until it is there. */
  readonly connectionId: string;
  readonly guacd: GuacdOptions | null;
  /** Whether it is held for what it did itself. */
  readonly held: boolean;
  /** Whether another session on the desktop is held. */
  companionHeld(held: boolean): void;
  sever(error: SamehandError): void;
}

type Place = NonNullable<FleetQuestions["desktop"]["answer"]>;

export class Desktops {
  readonly #fleet: Fleet | undefined;
  readonly #here = new Map<string, Set<Sharer>>();
  /** Sessions in other processes that are held, by desktop. */
  readonly #elsewhere = new Map<string, Set<SessionId>>();
  /** Sessions of this process that the others were told of as held. */
  readonly #told = new Set<SessionId>();

  /** @param fleet left out where this process is alone */
  constructor(fleet?: Fleet) {
    this.#fleet = fleet;
    fleet?.subscribe("held", (session, elsewhere) => {
      if (elsewhere) this.#heldElsewhere(session, session.held);
    });
    fleet?.subscribe("severed", ({ connectionId, code }, elsewhere) => {
      if (elsewhere) this.#severHere(connectionId, new SamehandError(code));
    });
    fleet?.answer("desktop", ({ join }) => this.find(join));
    if (fleet !== undefined) void this.#takeOver(fleet);
  }

  /** A session reached its desktop, or its hold began or ended. */
  changed(session: Sharer): void {
    const { connectionId } = session;
    if (connectionId === "") return;
    const sharing = this.#here.get(connectionId) ?? new Set();
    this.#here.set(connectionId, sharing.add(session));
    this.#tell(session);
    this.#spread(connectionId);
  }

  /** A session is over. @param severed why, where a verdict ended it */
  ended(session: Sharer, severed: SamehandError | null): void {
    const { connectionId } = session;
    if (connectionId === "") return;
    const sharing = this.#here.get(connectionId);
    sharing?.delete(session);
    if (sharing?.size === 0) this.#here.delete(connectionId);
    this.#tell(session);
    if (severed === null) return this.#spread(connectionId);
    this.#severHere(connectionId, severed);
    this.#fleet?.publish("severed", { connectionId, code: severed.code });
  }

  /** Where a desktop of this process lives. @param join guacd's id, or the id of a session on it */
  find(join: string): Place | null {
    const sharing = this.#here.get(join) ?? [...this.#here.values()].find((all) => [...all].some((s) => s.id === join));
    for (const { guacd, connectionId } of sharing ?? [])
      if (guacd !== null) return { connectionId, guacd: { host: guacd.host, port: guacd.port } };
    return null;
  }

  /** As `find`, in the whole fleet. */
  async locate(join: string): Promise<Place | null> {
    const here = this.find(join);
    if (here !== null || this.#fleet === undefined) return here;
    const answers = await this.#fleet.ask("desktop", { join });
    return answers.find((place) => place !== null) ?? null;
  }

  #severHere(connectionId: string, error: SamehandError): void {
    for (const session of this.#here.get(connectionId) ?? []) session.sever(error);
  }

  /** Tells the others where a session's own hold began or ended. */
  #tell({ id: session, connectionId, held }: Sharer): void {
    if (this.#fleet === undefined || held === this.#told.has(session)) return;
    if (held) this.#told.add(session);
    else this.#told.delete(session);
    this.#fleet.publish("held", { session, connectionId, held, worker: this.#fleet.name });
  }

  #heldElsewhere({ session, connectionId }: HeldDesktop, held: boolean): void {
    const sessions = this.#elsewhere.get(connectionId) ?? new Set();
    if (held) this.#elsewhere.set(connectionId, sessions.add(session));
    else if (sessions.delete(session) && sessions.size === 0) this.#elsewhere.delete(connectionId);
    this.#spread(connectionId);
  }

  #spread(connectionId: string): void {
    const sharing = this.#here.get(connectionId);
    if (sharing === undefined) return;
    const elsewhere = this.#elsewhere.get(connectionId)?.size ?? 0;
    let held = elsewhere;
    for (const session of sharing) if (session.held) held += 1;
    for (const session of sharing) session.companionHeld(held > (session.held ? 1 : 0));
  }

  /** What was held before this process began. */
  async #takeOver(fleet: Fleet): Promise<void> {
    for (const { held } of await whatStands(fleet)) for (const session of held) this.#heldElsewhere(session, true);
  }
}
