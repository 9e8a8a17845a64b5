/** The operators' room put together: what answers, who may, and where it listens. */
import type { AddressInfo } from "node:net";
import type { Clock } from "../core/clock.ts";
import type { LiveSessions } from "../core/live.ts";
import type { Log } from "../core/log.ts";
import type { Enrolment } from "../core/maturity.ts";
import type { Store } from "../store/store.ts";
import { Access } from "./access.ts";
import { agentHandlers, type AgentParts, forgetDeed } from "./agent-handlers.ts";
import { Events } from "./events.ts";
import type { Handlers } from "./handlers.ts";
import { Oidc, type OidcOptions } from "./oidc.ts";
import { operatorHandlers } from "./operator-handlers.ts";
import { passkeyHandlers } from "./passkeys.ts";
import { type PolicyDesk, policyDeed, policyHandlers } from "./policy-handlers.ts";
import { replayHandlers } from "./replay.ts";
import { ruleWords } from "./rule-words.ts";
import { AdminServer, type AdminServerOptions } from "./server.ts";
import { approvalHandlers, SecondPerson, type Watched } from "./second-person.ts";
import { releaseDeed, sessionHandlers } from "./session-handlers.ts";
import { firstRunLink, signInHandlers } from "./sign-in.ts";
import { SignIns } from "./sign-ins.ts";
import { consoleFiles, consoleFolder } from "./static.ts";

export interface AdminParts {
  readonly store: Store;
  readonly live: LiveSessions;
  readonly enrolment: () => Enrolment;
  readonly drift: AgentParts["drift"];
  readonly modes: AgentParts["modes"];
  readonly withoutMode: AgentParts["withoutMode"];
  readonly desk: PolicyDesk;
  readonly clock: Clock;
  readonly log: Log;
  readonly listen: Pick<AdminServerOptions, "host" | "port" | "tls">;
  readonly version: string;
  readonly organisation: () => string;
  /** The identity provider, where there is one. */
  readonly provider: OidcOptions | null;
  /** Where operators reach the console, where that is not this listener's own address. */
  readonly origin?: string | undefined;
  /** What needs a second operator. */
  readonly fourEyes: readonly Watched[];
  /** How long a sign-in lasts, however busy. */
  readonly signInHours: number;
}

export class Admin {
  readonly #parts: AdminParts;
  readonly #server: AdminServer;
  readonly #events: Events;
  #address: AddressInfo | null = null;

  constructor(parts: AdminParts) {
    this.#parts = parts;
    const { store, clock, log, listen, version, signInHours: hours, desk } = parts;
    const { operators, audit } = store;
    const signIns = new SignIns(operators, clock, hours);
    const access = new Access({
      signIns,
      operators,
      clock,
      secure: listen.tls !== null || parts.origin?.startsWith("https:") === true,
      origin: () => this.url,
    });
    const words = ruleWords(() => desk.current());
    const shared = {
      ...parts,
      operators,
      audit,
      words,
      needsConsent: () => desk.current().consent === "required",
    };
    this.#events = new Events({ ...shared, mode: () => desk.mode() });
    const second = new SecondPerson({
      ...shared,
      deeds: { release: releaseDeed(shared), forget: forgetDeed(shared), policy: policyDeed(shared) },
      onChange: (approval, change) => this.#events.approval(approval, change),
    });
    const { provider } = parts;
    const url = () => this.url;
    const oidc = provider === null ? null : new Oidc({ ...shared, signIns, url, options: provider });
    const signIn = { ...shared, signIns, hours, provider: oidc?.name ?? null };
    const handlers: Handlers = {
      ...sessionHandlers(shared, second),
      ...agentHandlers(shared, second),
      ...policyHandlers(shared, second),
      ...replayHandlers(shared),
      ...approvalHandlers(second),
      ...operatorHandlers({ ...shared, url: url }),
      ...signInHandlers(signIn),
      ...passkeyHandlers({ ...signIn, url: url }),
    };
    const files = consoleFiles(consoleFolder);
    this.#server = new AdminServer({
      ...listen,
      version,
      access,
      clock,
      log,
      files,
      handlers,
      events: this.#events,
      oidc,
      signInHours: hours,
    });
  }

  /** @throws SamehandError `address-unusable` */
  async listen(): Promise<void> {
    this.#address = await this.#server.listen();
  }

  /** Speaks with another certificate from now on, where it speaks TLS. Open connections go on. */
  useCertificate(tls: AdminServerOptions["tls"]): void {
    if (tls !== null) this.#server.useCertificate(tls);
  }

  async close(): Promise<void> {
    this.#events.close();
    await this.#server.close();
  }

  /** Where operators go, such as `http://localhost:8444`. By name where it is this machine: passkeys want one. */
  get url(): string {
    if (this.#parts.origin !== undefined) return this.#parts.origin;
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
