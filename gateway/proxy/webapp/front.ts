/**
 * The web application as the rest of the proxy sees it: which requests are its, who may open its tunnel, and the way
 * there.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../core/clock.ts";
import type { Fleet } from "../../core/fleet.ts";
import { SamehandError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Tally } from "../../core/tally.ts";
import type { Entry, Opening } from "../target.ts";
import { type Address, readAddress } from "./address.ts";
import { ApplicationOpening, Joins } from "./application-opening.ts";
import { Applications } from "./applications.ts";
import { guestJudge } from "./guest-judge.ts";
import { clientAddress, requestHeaders } from "./headers.ts";
import { refuseHttpTunnel } from "./http-tunnel.ts";
import { HttpTunnels, type OpenTunnel } from "./http-tunnels.ts";
import type { WebApplicationOptions } from "./options.ts";
import { Shares } from "./shares.ts";
import { SignIns } from "./sign-ins.ts";
import { type ApplicationRequest, readApplicationRequest, writeApplicationRequest } from "./tunnel-request.ts";
import { type Visitor, Visitors } from "./visitors.ts";
import { WebApplication } from "./web-application.ts";

export interface FrontParts {
  readonly options: WebApplicationOptions;
  readonly tally: Tally;
  readonly log: Log;
  readonly clock: Clock;
  /** Begins a session that comes over plain HTTP. */
  readonly open: OpenTunnel;
  /** Whether viewers speak TLS to the gateway. */
  readonly secure: boolean;
  /** Whether anybody may be refused or held. */
  readonly enforcing: () => boolean;
  /** Whether files of this tunnel must not move now. */
  readonly held: (tunnel: string) => Promise<boolean>;
  /** The other processes of this gateway; left out where this one is alone. */
  readonly fleet?: Fleet | undefined;
}

/** Of the viewer's own request, which is made anew as a handshake towards the application. */
const ofTheRequest = /^(sec-websocket-|content-|guacamole-tunnel-token$)/;

export class Front {
  readonly #parts: FrontParts;
  readonly #applications: Applications;
  readonly #signIns: SignIns;
  readonly #shares: Shares;
  readonly #joins = new Joins();
  readonly #visitors: Visitors;
  readonly #web: WebApplication;
  readonly #httpTunnels: HttpTunnels;
  #options: WebApplicationOptions;

  constructor(parts: FrontParts) {
    const { options, tally, log, secure, enforcing, held } = parts;
    this.#parts = parts;
    this.#signIns = new SignIns(parts.fleet);
    this.#shares = new Shares(parts.fleet);
    this.#options = options;
    this.#applications = new Applications(options, tally, log);
    this.#httpTunnels = new HttpTunnels(parts.open, parts.clock, options.shared ? (parts.fleet ?? null) : null);
    const applications = this.#applications;
    const signIns = this.#signIns;
    this.#visitors = new Visitors(applications, signIns, () => this.#options, enforcing);
    this.#web = new WebApplication({
      applications,
      signIns,
      shares: this.#shares,
      tally,
      log,
      secure,
      trust: () => this.#options,
      held,
      httpTunnel: (request, response, address) => this.#httpTunnel(request, response, address),
    });
  }

  begin(): void {
    this.#applications.begin();
  }

  close(): void {
    this.#httpTunnels.close();
    this.#applications.close();
  }

  /** Takes what may change while it runs: people, guests, trust. The upstreams, the path and the spelling stay. */
  reload(options: WebApplicationOptions): void {
    const { upstreams, path, caseSensitive } = this.#options;
    const { people } = options.caseSensitive === caseSensitive ? options : this.#options;
    this.#options = { ...options, upstreams, path, people, caseSensitive };
  }

  /** Files that are on their way through this tunnel, by the application's name of it, go no further. */
  stop(tunnel: string): void {
    this.#web.stop(tunnel);
  }

  /** Whether any of the applications answers. */
  get well(): boolean {
    return this.#applications.well > 0;
  }

  /** Whether a request target is the application's; judged by its raw form, which must be the plain one. */
  covers(target: string): boolean {
    const { path } = this.#options;
    return target.startsWith(`${path}/`) || target === path || target.startsWith(`${path}?`);
  }

  /** @throws SamehandError before anything was answered */
  serve(request: IncomingMessage, response: ServerResponse): void {
    this.#web.serve(request, response);
  }

  /**
   * What an upgrade asks for.
   * @throws SamehandError `upgrade-refused` for everything but the tunnel, `request-malformed`
   */
  readUpgrade(request: IncomingMessage): ApplicationRequest {
    const address = readAddress(request.url ?? "");
    const path = this.#web.inside(address);
    if (path === null || path.length !== 1 || path[0] !== "websocket-tunnel")
      throw new SamehandError("upgrade-refused");
    return readApplicationRequest(address.query);
  }

  /** Where a request comes from. */
  addressOf(request: IncomingMessage): string {
    return clientAddress(request, this.#options);
  }

  /** @throws SamehandError where the visitor is unknown or refused, or the first process silent */
  async enter(request: IncomingMessage, asked: ApplicationRequest): Promise<Entry> {
    const visitor = await this.#visitors.find(asked, this.addressOf(request));
    const joins = await this.#desktopOf(asked);
    const entry = { ticket: visitor.ticket, opening: () => this.#opening(request, asked, visitor, joins) };
    if (!visitor.guest) return entry;
    const watchOnly = this.#parts.enforcing() && this.#options.guests === "watch";
    return { ...entry, judge: guestJudge, watchOnly };
  }

  /**
   * The live connection that is joined, which opened the desktop; empty where one of its own is asked for.
   * @throws SamehandError `neighbour-silent`, where anybody may be refused
   */
  async #desktopOf({ type, identifier }: ApplicationRequest): Promise<string> {
    const joined = type === "a" ? identifier : await this.#leadsTo(identifier);
    return joined === "" ? "" : (await this.#leadsTo(joined)) || joined;
  }

  async #leadsTo(identifier: string): Promise<string> {
    try {
      return await this.#shares.of(identifier);
    } catch (error) {
      if (this.#parts.enforcing()) throw error;
      return "";
    }
  }

  /** @param joins the live connection that is joined, by the application's name of it; empty for one of its own */
  #opening(request: IncomingMessage, asked: ApplicationRequest, { upstream }: Visitor, joins: string): Opening {
    const { protocol, host } = this.#applications.origin(upstream);
    const tunnel = `${protocol === "https:" ? "wss" : "ws"}://${host}${this.#options.path}/websocket-tunnel`;
    const { dataSource } = asked;
    const seeing = { ...asked, type: "a", audio: [], video: [] } as const;
    return new ApplicationOpening({
      tunnel: {
        url: `${tunnel}?${writeApplicationRequest(asked)}`,
        headers: this.#handshakeHeaders(request),
        joins,
        named: (name) => {
          if (joins !== "") this.#shares.joined(name, joins);
        },
        signOut: () => this.#signOut(asked.token, upstream),
        ...this.#applications.trusted,
      },
      joining: (identifier) => `${tunnel}?${writeApplicationRequest({ ...seeing, identifier })}`,
      place: `${upstream} ${dataSource}`,
      joins: this.#joins,
      log: this.#parts.log,
    });
  }

  #handshakeHeaders(request: IncomingMessage): Record<string, string> {
    const headers = requestHeaders(request, this.#options, this.#parts.secure);
    return Object.fromEntries(
      Object.entries(headers)
        .filter(([name]) => !ofTheRequest.test(name))
        .map(([name, value]) => [name, String(value)]),
    );
  }

  /** Ends a login at the application, with all that it has open. */
  #signOut(token: string, upstream: number): void {
    this.#signIns.forget(token);
    const { host } = this.#applications.origin(upstream);
    const headers = { "guacamole-token": token, host };
    const url = `${this.#options.path}/api/session`;
    const question = this.#applications.ask(upstream, { method: "DELETE", url, headers });
    question.on("response", (answer) => answer.resume());
    question.on("error", (cause) =>
      this.#parts.log.warn({ cause: cause.message }, "a login could not be ended at the web application"),
    );
    question.end();
  }

  #httpTunnel(request: IncomingMessage, response: ServerResponse, address: Address): void {
    const { tally, enforcing } = this.#parts;
    const { httpTunnel } = this.#options;
    if (httpTunnel === "degrade") {
      void this.#degrade(request, response, address.query);
      return;
    }
    if (enforcing() && httpTunnel === "refuse") {
      const refusal = new SamehandError("http-tunnel-refused");
      tally.httpTunnelsRefused += 1;
      tally.refused(refusal.code);
      request.resume();
      refuseHttpTunnel(response, refusal);
      return;
    }
    if (address.query === "connect") tally.httpTunnelsPassed += 1;
    this.#web.pass(request, response, address);
  }

  /** The viewer speaks HTTP to the gateway, and the gateway WebSocket to the application: the session is as any other. */
  async #degrade(request: IncomingMessage, response: ServerResponse, query: string): Promise<void> {
    if (await this.#httpTunnels.serve(request, response, query)) this.#parts.tally.httpTunnelsDegraded += 1;
  }
}
