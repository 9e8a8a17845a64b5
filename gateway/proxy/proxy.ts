/** The proxy as a whole: what tests and the gateway construct. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "../core/clock.ts";
import { SamehandError } from "../core/errors.ts";
import type { Fleet } from "../core/fleet.ts";
import type { Log } from "../core/log.ts";
import type { Judge, SessionControl, SessionInfo } from "../core/session.ts";
import type { Tally } from "../core/tally.ts";
import { agentName, type SessionId, sessionId } from "../core/units.ts";
import { Desktops } from "./desktops.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Listener } from "./listener.ts";
import type { ProxyOptions } from "./options.ts";
import { GuacdOpening } from "./opening.ts";
import { Output } from "./output.ts";
import { parseTunnelRequest, type ViewerTraits } from "./request.ts";
import { Routes } from "./routes.ts";
import type { Tokens } from "./token/ticket.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Entry } from "./target.ts";
import { Tunnel } from "./tunnel.ts";
import { acceptUpgrade } from "./upgrade.ts";
import type { Viewer, ViewerOwner } from "./viewer.ts";
import { WebSocketViewer } from "./websocket-viewer.ts";
import { Front } from "./webapp/front.ts";
import type { ApplicationRequest } from "./webapp/tunnel-request.ts";

export interface ProxyParts {
  readonly options: ProxyOptions;
  readonly judge: Judge;
  readonly tokens: Tokens;
  readonly tally: Tally;
  readonly log: Log;
  readonly clock: Clock;
  /** The other processes of this gateway; left out where this one is alone. */
  readonly fleet?: Fleet;
}

/** A viewer whose request is in order. */
interface Arrival {
  readonly request: IncomingMessage;
  /** Where it comes from, as far as that can be trusted. */
  readonly address: string;
  readonly traits: ViewerTraits;
  readonly batched?: boolean;
}

/** No instruction of a viewer's is longer. */
const outputBytes = 64 * 1024;

/** ms */
const weighEvery = 100;

export class Proxy {
  readonly #tunnels = new Map<SessionId, Tunnel>();
  readonly #desktops: Desktops;
  readonly #routes: Routes;
  readonly #listener: Listener;
  readonly #front: Front | null;
  readonly #heartbeat: Heartbeat;
  readonly #parts: ProxyParts;
  readonly #around: Surroundings<Tunnel>;
  #resident = 0;
  #weighedAt = -Infinity;
  #draining = false;
  #emptied: (() => void)[] = [];

  constructor(parts: ProxyParts) {
    this.#parts = parts;
    this.#front = this.#application();
    parts.fleet?.answer("tunnelHeld", (tunnelId) => this.#held(tunnelId));
    parts.fleet?.subscribe("held", ({ connectionId, held }) => {
      if (held) this.#stopFiles(connectionId);
    });
    parts.fleet?.subscribe("stopped", ({ tunnel }) => this.#front?.stop(tunnel));
    this.#listener = new Listener(parts.options, parts.tally, parts.log, this.#front, {
      open: (...upgrade) => this.#open(...upgrade),
      openApplication: (...upgrade) => this.#openApplication(...upgrade),
    });
    this.#desktops = new Desktops(parts.fleet);
    this.#routes = new Routes(() => this.#around.options.guacd, this.#desktops);
    this.#heartbeat = new Heartbeat(parts.clock, this.#tunnels);
    this.#around = this.#surroundings();
  }

  /** Every session from its upgrade to its end, by the identifier that the viewer and the judge know. */
  get sessions(): ReadonlyMap<SessionId, SessionControl> {
    return this.#tunnels;
  }

  /** Whether there is anything to go to: false while no web application answers. */
  get reaches(): boolean {
    return this.#front?.well ?? true;
  }

  /** @throws SamehandError `address-unusable` */
  async listen(): Promise<AddressInfo> {
    const address = await this.#listener.listen();
    this.attach();
    return address;
  }

  /** Begins without listening: upgrades are handed over by another server. */
  attach(): void {
    this.#heartbeat.start();
    this.#front?.begin();
  }

  /** Takes over an upgrade that another server heard. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#listener.take(request, socket, head);
  }

  /**
   * Takes new options without touching a session: certificate, pages, origins, guacds (for new sessions), limits,
   * timeouts, notice. The address and port stay.
   */
  reload(options: ProxyOptions): void {
    this.#listener.reload(options);
    if (options.webapp !== null) this.#front?.reload(options.webapp);
    this.#around.options = options;
  }

  /**
   * Refuses new sessions, waits for the live ones, and ends what is left at the deadline.
   * @param deadline milliseconds from now
   */
  async drain(deadline: number): Promise<void> {
    this.#draining = true;
    if (this.#tunnels.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadline);
    });
    await Promise.race([late, new Promise<void>((resolve) => this.#emptied.push(resolve))]);
    clearTimeout(timer);
    for (const tunnel of this.#tunnels.values()) tunnel.end(new SamehandError("gateway-draining"));
  }

  /** Ends every session now and gives everything back. */
  async close(): Promise<void> {
    this.#draining = true;
    this.#heartbeat.stop();
    this.#front?.close();
    for (const tunnel of this.#tunnels.values()) tunnel.end(new SamehandError("gateway-draining"), { atOnce: true });
    await this.#listener.close();
  }

  #open(request: IncomingMessage, socket: Socket, head: Buffer, query: string): void {
    const { token, ...traits } = parseTunnelRequest(query);
    const address = socket.remoteAddress ?? "";
    this.#upgraded({ request, address, traits }, () => this.#enter(token, traits), socket, head);
  }

  #openApplication(request: IncomingMessage, socket: Socket, head: Buffer, asked: ApplicationRequest): void {
    const front = this.#front!;
    const { address, traits } = { address: front.addressOf(request), traits: asked };
    this.#upgraded({ request, address, traits }, () => front.enter(request, asked), socket, head);
  }

  #upgraded(arrival: Arrival, enter: () => Promise<Entry>, socket: Socket, head: Buffer): void {
    socket.write(acceptUpgrade(arrival.request));
    const largest = Math.min(outputBytes, this.#around.options.limits.frameBytes);
    let viewer: WebSocketViewer | undefined;
    this.#begin(arrival, enter, (owner) => (viewer = new WebSocketViewer(socket, owner, this.#parts.clock, largest)));
    viewer?.begin(head);
  }

  /** A tunnel over plain HTTP. @throws SamehandError `too-many-upgrades` */
  #openHttp(request: IncomingMessage, asked: ApplicationRequest, makeViewer: (owner: ViewerOwner) => Viewer): void {
    const front = this.#front!;
    const address = front.addressOf(request);
    if (!this.#listener.mayOpen(address)) throw new SamehandError("too-many-upgrades");
    this.#begin({ request, address, traits: asked, batched: true }, () => front.enter(request, asked), makeViewer);
  }

  #begin(
    { request, address, traits, batched = false }: Arrival,
    enter: () => Promise<Entry>,
    makeViewer: (owner: ViewerOwner) => Viewer,
  ): void {
    const { clock } = this.#parts;
    const info: SessionInfo = {
      id: sessionId(randomUUID()),
      agent: agentName(""),
      connection: "",
      startedAt: clock.wall(),
      address,
      languages: (request.headers["accept-language"] ?? "").slice(0, 200),
      batched,
    };
    const tunnel = new Tunnel(info, traits, this.#around, makeViewer);
    const refusal = this.#refusal();
    this.#tunnels.set(info.id, tunnel);
    if (refusal === null) void tunnel.open(enter);
    else tunnel.end(refusal);
  }

  #application(): Front | null {
    const { options, tally, log } = this.#parts;
    if (options.webapp === null) return null;
    return new Front({
      options: options.webapp,
      tally,
      log,
      secure: options.listen.tls !== null,
      enforcing: () => this.#around.options.enforcing,
      clock: this.#parts.clock,
      open: (request, asked, makeViewer) => this.#openHttp(request, asked, makeViewer),
      held: (tunnelId) => this.#heldAnywhere(tunnelId),
      fleet: this.#parts.fleet,
    });
  }

  /** Files of whoever is on a desktop from this process, that are on their way: a hold began there. */
  #stopFiles(connectionId: string): void {
    for (const tunnel of this.#tunnels.values()) if (tunnel.connectionId === connectionId) this.#stop(tunnel);
  }

  /** A request for a file may have come to another process than its session. */
  #stop({ tunnelId }: Tunnel): void {
    if (tunnelId === "") return;
    if (this.#parts.fleet === undefined) this.#front?.stop(tunnelId);
    else this.#parts.fleet.publish("stopped", { tunnel: tunnelId });
  }

  /** Null where the tunnel is not of this process. */
  #held(tunnelId: string): boolean | null {
    for (const tunnel of this.#tunnels.values()) if (tunnel.tunnelId === tunnelId) return tunnel.withheld;
    return null;
  }

  /**
   * Whether files of a tunnel must stay where they are, in whichever process it is. Where none has it and one does not
   * answer, it may be that one's.
   */
  async #heldAnywhere(tunnelId: string): Promise<boolean> {
    const { fleet } = this.#parts;
    if (fleet === undefined) return this.#held(tunnelId) === true;
    const { answers, missing } = await fleet.askEach("tunnelHeld", tunnelId);
    const known = answers.find((answer) => answer !== null);
    if (known === undefined && missing > 0 && this.#around.options.enforcing)
      throw new SamehandError("neighbour-silent", "a session may be held there");
    return known === true;
  }

  /** Resident memory, bytes. Asking the system takes 0.1 ms: once in a tenth of a second is often enough. */
  #memory(): number {
    const now = this.#parts.clock.now();
    if (now - this.#weighedAt >= weighEvery) {
      this.#weighedAt = now;
      this.#resident = process.memoryUsage.rss();
    }
    return this.#resident;
  }

  #refusal(): SamehandError | null {
    if (this.#draining) return new SamehandError("gateway-draining");
    const { sessions, memoryBytes } = this.#around.options.limits;
    if (this.#tunnels.size >= sessions) return new SamehandError("too-many-sessions");
    if (this.#memory() > memoryBytes) return new SamehandError("memory-short");
    return null;
  }

  async #enter(token: string, traits: ViewerTraits): Promise<Entry> {
    // Told inside of the tunnel, where the viewer shows it.
    if (token === "") throw new SamehandError("token-missing");
    const ticket = await this.#parts.tokens.open(token);
    const route = await this.#routes.of(ticket.target);
    return { ticket, opening: () => new GuacdOpening(traits, ticket, route) };
  }

  #surroundings(): Surroundings<Tunnel> {
    return {
      ...this.#parts,
      output: new Output(outputBytes),
      late: (at) => this.#heartbeat.late(at),
      shared: (tunnel) => this.#desktops.changed(tunnel),
      ended: (tunnel, severed) => this.#ended(tunnel, severed),
    };
  }

  #ended(tunnel: Tunnel, severed: SamehandError | null): void {
    this.#tunnels.delete(tunnel.id);
    this.#stop(tunnel);
    this.#desktops.ended(tunnel, severed);
    if (this.#tunnels.size > 0) return;
    for (const resolve of this.#emptied) resolve();
    this.#emptied = [];
  }
}
