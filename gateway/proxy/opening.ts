/** The way to an open session: what to say to guacd in the viewer's name, and to which guacds in turn. */
import { SamehandError } from "../core/errors.ts";
import type { Ticket } from "../core/session.ts";
import { Handshake } from "../protocol/guacamole/handshake.ts";
import type { GuacdOptions } from "./options.ts";
import type { ViewerTraits } from "./request.ts";
import type { Route } from "./surroundings.ts";

const defaultAudio = ["audio/L8", "audio/L16"];
const defaultImage = ["image/png", "image/jpeg"];

export class Opening {
  readonly #traits: ViewerTraits;
  readonly #ticket: Ticket;
  readonly #select: string;
  #guacds: readonly GuacdOptions[];

  constructor(traits: ViewerTraits, ticket: Ticket, route: Route) {
    this.#traits = traits;
    this.#ticket = ticket;
    this.#select = route.select;
    this.#guacds = route.guacds;
  }

  /** Whether there is another guacd to try. */
  get more(): boolean {
    return this.#guacds.length > 0;
  }

  /**
   * The next guacd, and the handshake to begin with it.
   * @throws SamehandError `upstream-unreachable` where there is none
   */
  next(): { guacd: GuacdOptions; handshake: Handshake } {
    const [guacd, ...others] = this.#guacds;
    if (guacd === undefined) throw new SamehandError("upstream-unreachable", "no guacd is configured");
    this.#guacds = others;
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
    return { guacd, handshake };
  }
}
