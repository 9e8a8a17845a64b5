/** The way to guacd: what to say to it in the viewer's name, and to which guacds in turn. */
import { SamehandError } from "../core/errors.ts";
import type { Ticket } from "../core/session.ts";
import { Handshake, type HandshakeOptions } from "../protocol/guacamole/handshake.ts";
import { pictureUserName } from "../protocol/guacamole/picture-user.ts";
import { GuacdLine } from "./guacd-line.ts";
import type { GuacdOptions } from "./options.ts";
import type { ViewerTraits } from "./request.ts";
import { Snapshot, type SnapshotLimits, type SnapshotOwner } from "./snapshot.ts";
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
  readonly #profile: Omit<HandshakeOptions, "select">;
  readonly #select: string;
  #guacds: readonly GuacdOptions[];
  #guacd: GuacdOptions | null = null;

  constructor(traits: ViewerTraits, ticket: Ticket, route: Route) {
    // Copies: parts of the request line would hold on to the whole of it, token and all.
    const { width, height, dpi, timezone, audio, video, image } = JSON.parse(JSON.stringify(traits)) as ViewerTraits;
    this.#profile = {
      settings: ticket.settings,
      width,
      height,
      dpi,
      timezone,
      audio: audio.length === 0 ? defaultAudio : audio,
      video,
      image: image.length === 0 ? defaultImage : image,
      name: ticket.agent,
    };
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
    return new Upstream(guacd, new Handshake({ ...this.#profile, select: this.#select }), owner);
  }

  /**
   * Joins as another user with all of this viewer's settings: guacd lets each user see, paste and transfer as that
   * user's own settings say. Its name is another one, so that what guacd tells others of it can be told apart.
   */
  fetch(connectionId: string, limits: SnapshotLimits, owner: SnapshotOwner): Snapshot {
    const name = pictureUserName();
    const handshake = new Handshake({ ...this.#profile, select: connectionId, audio: [], video: [], name });
    const guacd = this.#guacd!;
    return new Snapshot((line) => new GuacdLine(guacd, handshake, line), limits, owner);
  }
}
