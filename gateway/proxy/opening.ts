/** The way to guacd: what to say to it in the viewer's name, and to which guacds in turn. */
import { SamehandError } from "../core/errors.ts";
import type { Ticket } from "../core/session.ts";
import { Handshake } from "../protocol/guacamole/handshake.ts";
import type { GuacdOptions } from "./options.ts";
import type { ViewerTraits } from "./request.ts";
import type { Opening, Target, TargetOwner } from "./target.ts";
import { Upstream } from "./upstream.ts";

const defaultAudio = ["audio/L8", "audio/L16"];
const defaultImage = ["image/png", "image/jpeg"];

/** Where a session's guacd is: what to select there, and the guacds to try in order. */
export interface Route {
  readonly select: string;
  readonly guacds: readonly GuacdOptions[];
}

export class GuacdOpening implements Opening {
  readonly #traits: ViewerTraits;
  readonly #ticket: Ticket;
  readonly #select: string;
  #guacds: readonly GuacdOptions[];
  #guacd: GuacdOptions | null = null;

  constructor(traits: ViewerTraits, ticket: Ticket, route: Route) {
    this.#traits = traits;
    this.#ticket = ticket;
    this.#select = route.select;
    this.#guacds = route.guacds;
  }

  get more(): boolean {
    return this.#guacds.length > 0;
  }

  get guacd(): GuacdOptions | null {
    return this.#guacd;
  }

  /** Goes to the next guacd. @throws SamehandError `upstream-unreachable` where there is none */
  connect(owner: TargetOwner): Target {
    const [guacd, ...others] = this.#guacds;
    if (guacd === undefined) throw new SamehandError("upstream-unreachable", "no guacd is configured");
    this.#guacds = others;
    this.#guacd = guacd;
    const { width, height, dpi, timezone, audio, video, image } = this.#traits;
    const handshake = new Handshake({
      select: this.#select,
      settings: this.#ticket.settings,
      width,
      height,
      dpi,
      timezone,
      audio: audio.length === 0 ? defaultAudio : audio,
      video,
      image: image.length === 0 ? defaultImage : image,
      name: this.#ticket.agent,
    });
    return new Upstream(guacd, handshake, owner);
  }
}
