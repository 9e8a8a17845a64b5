/**
 * The authenticator app of the demonstration's agents, for visitors without one at hand: gives each agent one-time
 * codes at the first start, and shows the QR code that enrols an app, and the code that the app would show now.
 */
import { renderSVG } from "uqr";
import type { Clock } from "../gateway/core/clock.ts";
import type { AgentName } from "../gateway/core/units.ts";
import { codeAddress, codeAt, codeSeconds, enrolCode } from "../gateway/judge/challenge-code.ts";
import type { Store } from "../gateway/store/store.ts";
import { organisation } from "./settings.ts";

export interface ShownCode {
  readonly code: string;
  /** Seconds until the next one. */
  readonly seconds: number;
}

export class Authenticator {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Gives an agent codes where there are none: a secret that an app has already stays good over restarts. */
  enrol(name: AgentName): void {
    const { id } = this.#store.enrol(name);
    if (this.#store.challenges.codeSecret(id) === null) enrolCode(this.#store, id, name, organisation);
  }

  /** What the agent's app shows now; null where the agent has no codes. */
  code(name: AgentName): ShownCode | null {
    const record = this.#store.agent(name);
    const now = this.#clock.wall();
    const code = record === null ? null : codeAt(this.#store, record.id, now);
    return code === null ? null : { code, seconds: codeSeconds - (Math.floor(now / 1000) % codeSeconds) };
  }

  /** The QR code that an app takes, as SVG; null where the agent has no codes. */
  picture(name: AgentName): string | null {
    const record = this.#store.agent(name);
    const address = record === null ? null : codeAddress(this.#store, record.id, name, organisation);
    return address === null ? null : renderSVG(address, { border: 4 });
  }
}
