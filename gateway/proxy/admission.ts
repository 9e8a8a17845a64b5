/** Counts connections in all and per address, and what each address asks for, and says when it is enough. */
import { isIPv6 } from "node:net";
import { LRUCache } from "lru-cache";
import type { Millis } from "../core/units.ts";
import type { Limits } from "./options.ts";
import { Rate } from "./rate.ts";

/** Addresses whose rate is remembered; one that is pushed out begins anew. */
const mostAddresses = 10_000;

export class Admission {
  readonly #perAddress = new Map<string, number>();
  readonly #upgrades = new LRUCache<string, Rate>({ max: mostAddresses });
  #open = 0;

  get open(): number {
    return this.#open;
  }

  /** Takes one more from an address in; false where a limit is reached. */
  enter(address: string, limits: Limits): boolean {
    const network = networkOf(address);
    const here = this.#perAddress.get(network) ?? 0;
    if (this.#open >= limits.connections || here >= limits.connectionsPerAddress) return false;
    this.#open += 1;
    this.#perAddress.set(network, here + 1);
    return true;
  }

  /** One that came in has gone. */
  leave(address: string): void {
    const network = networkOf(address);
    const here = (this.#perAddress.get(network) ?? 1) - 1;
    this.#open -= 1;
    if (here === 0) this.#perAddress.delete(network);
    else this.#perAddress.set(network, here);
  }

  /** Whether an address may ask for one more tunnel at `at`. */
  mayUpgrade(address: string, at: Millis, limits: Limits): boolean {
    const network = networkOf(address);
    let rate = this.#upgrades.get(network);
    if (rate === undefined) this.#upgrades.set(network, (rate = new Rate(limits.upgradeBurst, at)));
    return rate.take(1, at, limits.upgradesPerSecond, limits.upgradeBurst);
  }
}

/**
 * What counts as one address: an IPv4 address, however it is written, or the first half of an IPv6 address, of whose
 * second half anybody has as many as they like (RFC 6177).
 */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = "", tail = ""] = address.replace(/%.*/, "").split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === "" ? [] : tail.split(":");
  const zeros = address.includes("::") ? Math.max(0, 8 - first.length - last.length) : 0;
  const groups = [...first, ...Array.from({ length: zeros }, () => "0"), ...last];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
