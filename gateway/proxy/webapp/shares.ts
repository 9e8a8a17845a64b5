/**
 * Which live connection a share link leads to: learned from the answer that makes the link. Its key is what the guest's
 * page later asks the tunnel for, so that a guest is known to be on the same desktop as whoever shares it.
 */
import { LRUCache } from "lru-cache";
import type { Fleet } from "../../core/fleet.ts";
import { hash } from "./sign-ins.ts";

const mostShares = 50_000;

export class Shares {
  /** The application's name of the tunnel, by the hash of the key. */
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
    if (key === null) return;
    this.#tunnels.set(hash(key), tunnel);
    this.#fleet?.publish("shared", { key: hash(key), tunnel });
  }

  /** The tunnel that a connection with this identifier leads to; empty where it is no link's. */
  of(identifier: string): string {
    return this.#tunnels.get(hash(identifier)) ?? "";
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
