/** Which guacds a session goes to: in turn over those that are configured, or where the connection lives that it joins. */
import { SamehandError } from "../core/errors.ts";
import type { Ticket } from "../core/session.ts";
import type { Desktops } from "./desktops.ts";
import type { Route } from "./opening.ts";
import type { GuacdOptions } from "./options.ts";

export class Routes {
  readonly #guacds: () => readonly GuacdOptions[];
  readonly #desktops: Desktops;
  #turn = 0;

  /** @param guacds those that are configured, which a reload may change */
  constructor(guacds: () => readonly GuacdOptions[], desktops: Desktops) {
    this.#guacds = guacds;
    this.#desktops = desktops;
  }

  /** @throws SamehandError `connection-unknown` where there is no such connection to join */
  async of(target: Ticket["target"]): Promise<Route> {
    return "join" in target ? await this.#joined(target.join) : this.#next(target.protocol);
  }

  #next(select: string): Route {
    const guacds = this.#guacds();
    this.#turn = (this.#turn + 1) % Math.max(1, guacds.length);
    return { select, guacds: [...guacds.slice(this.#turn), ...guacds.slice(0, this.#turn)] };
  }

  async #joined(join: string): Promise<Route> {
    const guacds = this.#guacds();
    const place = await this.#desktops.locate(join);
    if (place !== null) {
      const { host, port } = place.guacd;
      return { select: place.connectionId, guacds: guacds.filter((each) => each.host === host && each.port === port) };
    }
    if (!join.startsWith("$")) throw new SamehandError("connection-unknown", "no live session to join");
    return { select: join, guacds: guacds.slice(0, 1) };
  }
}
