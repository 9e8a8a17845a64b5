/**
 * Which desktop a share link or somebody's live connection leads to: the tunnel that opened it, by the application's name
 * of it. A link's is learned from the answer that makes the link, whose key is what the guest's page later asks the tunnel
 * for; that of a tunnel which joined another when it gets its name. So a guest of a guest is known to be there too.
 */
import { LRUCache } from "lru-cache";
import { SamehandError } from "../../core/errors.ts";
import type { Fleet } from "../../core/fleet.ts";
import { hash } from "./sign-ins.ts";

const mostShares = 50_000;

export class Shares {
  /** The application's name of the tunnel, by the hash of the key, or of the name of a tunnel that joined it. */
  readonly #tunnels = new LRUCache<string, string>({ max: mostShares });
  readonly #fleet: Fleet | undefined;

  /** @param fleet the other processes, to which a guest may come; left out where there are none */
  constructor(fleet?: Fleet) {
    this.#fleet = fleet;
    fleet?.subscribe("shared", ({ key, tunnel }) => this.#tunnels.set(key, tunnel));
  }

  /** @param answer to the request for a link */
  learn(tunnel: string, answer: string): void {
    const key = readKey(answer);
    if (key !== null) this.joined(key, tunnel);
  }

  /** @param identifier what leads there: a link's key, or the name of a tunnel of its own */
  joined(identifier: string, tunnel: string): void {
    this.#tunnels.set(hash(identifier), tunnel);
    this.#fleet?.publish("shared", { key: hash(identifier), tunnel });
  }

  /** The tunnel that the link with this key leads to, by the key's hash, as far as this process knows. */
  known(key: string): string | null {
    return this.#tunnels.get(key) ?? null;
  }

  /**
   * The tunnel that a connection with this identifier leads to; empty where it is no link's. A process that began after
   * the link was made asks the first one, which began before them all.
   * @throws SamehandError `neighbour-silent`: nobody may be taken for alone who may share a held desktop
   */
  async of(identifier: string): Promise<string> {
    const key = hash(identifier);
    const here = this.known(key);
    if (here !== null || this.#fleet === undefined) return here ?? "";
    const { answers, missing } = await this.#fleet.askEach("sharedTunnel", key);
    const tunnel = answers.find((answer) => answer !== null);
    if (tunnel === undefined && missing > 0) throw new SamehandError("neighbour-silent", "a share link may be unknown");
    if (tunnel !== undefined) this.#tunnels.set(key, tunnel);
    return tunnel ?? "";
  }
}

function readKey(answer: string): string | null {
  try {
    const { values } = JSON.parse(answer) as { values?: { key?: unknown } };
    return typeof values?.key === "string" && values.key !== "" ? values.key : null;
  } catch {
    return null;
  }
}
