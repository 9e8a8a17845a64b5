/** The operators' room put together: what answers, who may, and where it listens. */
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Clock } from "../core/clock.ts";
import type { LiveSessions } from "../core/live.ts";
import type { Log } from "../core/log.ts";
import type { Policy } from "../policy/rules.ts";
import type { Store } from "../store/store.ts";
import { Access } from "./access.ts";
import { ruleWords } from "./rule-words.ts";
import { AdminServer, type AdminServerOptions } from "./server.ts";
import { sessionHandlers } from "./session-handlers.ts";
import { firstRunLink, signInHandlers } from "./sign-in.ts";
import { SignIns } from "./sign-ins.ts";
import { consoleFiles } from "./static.ts";

export interface AdminParts {
  readonly store: Store;
  readonly live: LiveSessions;
  readonly policy: () => Policy;
  readonly clock: Clock;
  readonly log: Log;
  readonly listen: Pick<AdminServerOptions, "host" | "port" | "tls">;
  readonly version: string;
  readonly organisation: () => string;
  /** How long a sign-in lasts, however busy. */
  readonly signInHours: number;
}

/** What the console's build writes. */
const consoleFolder = fileURLToPath(new URL("../../console/dist", import.meta.url));

export class Admin {
  readonly #parts: AdminParts;
  readonly #server: AdminServer;
  #address: AddressInfo | null = null;

  constructor(parts: AdminParts) {
    this.#parts = parts;
    const { store, clock, log, listen, version, signInHours: hours } = parts;
    const { operators } = store;
    const signIns = new SignIns(operators, clock, hours);
    const access = new Access({ signIns, operators, clock, secure: listen.tls !== null });
    this.#server = new AdminServer({
      ...listen,
      version,
      access,
      clock,
      log,
      files: consoleFiles(consoleFolder),
      handlers: {
        ...sessionHandlers({ live: parts.live, words: ruleWords(parts.policy), audit: store.audit }),
        ...signInHandlers({ ...parts, operators, audit: store.audit, signIns, hours, fourEyes: () => [] }),
      },
    });
  }

  /** @throws the system's error where the address cannot be had */
  async listen(): Promise<void> {
    this.#address = await this.#server.listen();
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  /** Where operators go, such as `http://localhost:8444`. By name where it is this machine: passkeys want one. */
  get url(): string {
    const { address, port, family } = this.#address!;
    const local = address === "127.0.0.1" || address === "::1";
    const host = local ? "localhost" : family === "IPv6" ? `[${address}]` : address;
    return `${this.#parts.listen.tls === null ? "http" : "https"}://${host}:${port}`;
  }

  /** A link that signs the first operator in, once; null as soon as somebody can without it. */
  firstRunUrl(): string | null {
    const link = firstRunLink(this.#parts.store.operators, this.#parts.clock);
    return link === null ? null : `${this.url}/console/#link=${link}`;
  }
}
