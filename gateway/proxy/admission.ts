/** Counts connections in all and per address, and says when it is enough. */
import type { Limits } from "./options.ts";

export class Admission {
  readonly #perAddress = new Map<string, number>();
  #open = 0;

  get open(): number {
    return this.#open;
  }

  /** Takes one more from an address in; false where a limit is reached. */
  enter(address: string, limits: Limits): boolean {
    const here = this.#perAddress.get(address) ?? 0;
    if (this.#open >= limits.connections || here >= limits.connectionsPerAddress) return false;
    this.#open += 1;
    this.#perAddress.set(address, here + 1);
    return true;
  }

  /** One that came in has gone. */
  leave(address: string): void {
    const here = (this.#perAddress.get(address) ?? 1) - 1;
    this.#open -= 1;
    if (here === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, here);
  }
}
