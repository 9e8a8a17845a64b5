/**
 * The front door: node:http or node:https, pages from memory, and one path that upgrades.
 * Everything that is not on the list is refused with a coded error and counted.
 */
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { unusable } from "../core/address.ts";
import { systemClock } from "../core/clock.ts";
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Tally } from "../core/tally.ts";
import { Admission } from "./admission.ts";
import type { Answer, Post, ProxyOptions } from "./options.ts";
import { parseTarget, tunnelPath } from "./request.ts";
import type { Front } from "./webapp/front.ts";
import type { ApplicationRequest } from "./webapp/tunnel-request.ts";
import { readJson } from "./json-body.ts";
import { sendPage, sendRefusal, writeRefusal } from "./response.ts";

const largestHeader = 16 * 1024;
const subprotocol = "guacamole";

/** Takes over an upgrade to the tunnel, whose form is already checked. */
export interface UpgradeHandler {
  /** To guacd, with the tunnel's query. */
  open(request: IncomingMessage, socket: Socket, head: Buffer, query: string): void;
  /** To the web application. */
  openApplication(request: IncomingMessage, socket: Socket, head: Buffer, asked: ApplicationRequest): void;
}

export class Listener {
  readonly #server: Server | HttpsServer;
  readonly #admission = new Admission();
  readonly #tally: Tally;
  readonly #log: Log;
  readonly #upgrade: UpgradeHandler;
  readonly #front: Front | null;
  #options: ProxyOptions;

  constructor(options: ProxyOptions, tally: Tally, log: Log, front: Front | null, upgrade: UpgradeHandler) {
    this.#front = front;
    this.#options = options;
    this.#tally = tally;
    this.#log = log;
    this.#upgrade = upgrade;
    const { timeouts, listen } = options;
    const http = {
      headersTimeout: timeouts.headers * 1000,
      requestTimeout: this.#wholeRequest(timeouts),
      keepAliveTimeout: 5000,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: largestHeader,
      noDelay: true,
    };
    this.#server =
      listen.tls === null
        ? createHttpServer(http)
        : createHttpsServer({
            ...http,
            ...listen.tls,
            minVersion: "TLSv1.2",
            handshakeTimeout: timeouts.headers * 1000,
          });
    this.#server.maxRequestsPerSocket = 1000;
    this.#server.on("connection", (socket: Socket) => this.#admit(socket));
    this.#server.on("request", (request, response) => this.#serve(request, response));
    this.#server.on("checkContinue", (request, response) => this.#serve(request, response));
    this.#server.on("upgrade", (request, socket, head) => this.#gate(request, socket, head));
    this.#server.on("connect", (_request, socket) =>
      this.#refuse(socket, new SamehandError("method-refused", "CONNECT")),
    );
    this.#server.on("clientError", (error: NodeJS.ErrnoException, socket) => this.#broken(error, socket));
    this.#server.on("tlsClientError", (error: NodeJS.ErrnoException) => {
      this.#tally.refused(error.code === "ERR_TLS_HANDSHAKE_TIMEOUT" ? "request-timeout" : "request-malformed");
      this.#log.debug({ reason: error.message }, "a TLS handshake failed");
    });
  }

  /** @throws SamehandError `address-unusable` */
  listen(): Promise<AddressInfo> {
    const { host, port, reusePort } = this.#options.listen;
    return new Promise((resolve, reject) => {
      const refuse = (cause: Error): void => reject(unusable("listen", host, port, cause));
      this.#server.once("error", refuse);
      this.#server.listen({ host, port, ...(reusePort === true ? { reusePort, exclusive: true } : {}) }, () => {
        this.#server.off("error", refuse);
        resolve(this.#server.address() as AddressInfo);
      });
    });
  }

  /**
   * Takes new options for what comes from now on: certificate, pages, origins, limits, timeouts. Open sessions go on.
   * The address and port, and whether TLS is spoken, stay as they were.
   */
  reload(options: ProxyOptions): void {
    if ("setSecureContext" in this.#server && options.listen.tls !== null)
      this.#server.setSecureContext({ ...options.listen.tls, minVersion: "TLSv1.2" });
    this.#server.headersTimeout = options.timeouts.headers * 1000;
    this.#server.requestTimeout = this.#wholeRequest(options.timeouts);
    this.#options = options;
  }

  /** For a request and its body, ms. An upload to the web application takes as long as it comes on: see `limitBody`. */
  #wholeRequest({ request }: ProxyOptions["timeouts"]): number {
    return this.#front === null ? request * 1000 : 0;
  }

  /** Stops to accept. Connections that do not carry a session are closed. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** Whether an address may open one more tunnel now. */
  mayOpen(address: string): boolean {
    return this.#admission.mayUpgrade(address, systemClock.now(), this.#options.limits);
  }

  /** Takes over an upgrade that another server heard, whatever its path is called there. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#gate(request, socket, head, (target) => parseTarget(target).query);
  }

  #admit(socket: Socket): void {
    const address = socket.remoteAddress ?? "";
    if (!this.#admission.enter(address, this.#options.limits)) {
      const error = new SamehandError("too-many-connections");
      this.#tally.refused(error.code);
      // Over TLS no word can be said before the handshake, which is what must not be paid for.
      if (this.#options.listen.tls === null) writeRefusal(socket, error);
      else socket.destroy();
      return;
    }
    this.#tally.connectionsOpen += 1;
    socket.once("close", () => {
      this.#admission.leave(address);
      this.#tally.connectionsOpen -= 1;
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    try {
      checkHost(request);
      if (this.#front !== null) limitBody(request, response, this.#options.timeouts.request * 1000);
      const target = request.url ?? "";
      if (this.#front?.covers(target) === true) {
        this.#front.serve(request, response);
        return;
      }
      const { path } = parseTarget(target);
      const answer = this.#options.answers?.get(path);
      if (answer !== undefined && request.method === "GET") return void this.#answer(answer, request, response);
      const post = this.#options.posts?.get(path);
      if (post !== undefined && request.method === "POST") return void this.#post(post, request, response);
      const page = this.#options.pages.get(path);
      if (path === tunnelPath) throw new SamehandError("upgrade-refused");
      if (page === undefined) throw new SamehandError("path-unknown");
      if (request.method !== "GET" && request.method !== "HEAD") throw new SamehandError("method-refused");
      sendPage(response, page, request.method === "HEAD", this.#options.listen.tls !== null);
    } catch (cause) {
      this.#deny(response, cause);
    }
  }

  /** Never rejects. */
  async #answer(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = JSON.stringify(await answer(request.headers.authorization ?? ""));
      sendPage(response, { type: "application/json", body }, false, this.#options.listen.tls !== null);
    } catch (cause) {
      this.#deny(response, cause);
    }
  }

  /** Never rejects. Who asks too often waits: what stands behind reads the store and asks other processes. */
  async #post(post: Post, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (!this.mayOpen(request.socket.remoteAddress ?? "")) throw new SamehandError("rate-limited");
      this.#checkOrigin(request);
      const body = JSON.stringify(await post(await readJson(request)));
      sendPage(response, { type: "application/json", body }, false, this.#options.listen.tls !== null);
    } catch (cause) {
      this.#deny(response, cause);
    }
  }

  #deny(response: ServerResponse, cause: unknown): void {
    const error = asSamehandError(cause, "verification-failed");
    this.#tally.refused(error.code);
    sendRefusal(response, error);
  }

  #gate(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    queryOf = (target: string) => this.#tunnelQuery(target),
  ): void {
    try {
      checkHost(request);
      const target = request.url ?? "";
      const asked = this.#front?.covers(target) === true ? this.#front.readUpgrade(request) : null;
      const query = asked === null ? queryOf(target) : "";
      if (request.method !== "GET") throw new SamehandError("method-refused");
      if (request.headers.upgrade?.toLowerCase() !== "websocket") throw new SamehandError("upgrade-refused");
      if (request.headers["transfer-encoding"] !== undefined || (request.headers["content-length"] ?? "0") !== "0")
        throw new SamehandError("request-malformed", "an upgrade has no body");
      const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
      if (!offered.includes(subprotocol))
        throw new SamehandError("upgrade-refused", "subprotocol guacamole is not offered");
      this.#checkOrigin(request);
      const address = asked === null ? ((socket as Socket).remoteAddress ?? "") : this.#front!.addressOf(request);
      if (!this.mayOpen(address)) throw new SamehandError("too-many-upgrades");
      if (asked === null) this.#upgrade.open(request, socket as Socket, head, query);
      else this.#upgrade.openApplication(request, socket as Socket, head, asked);
    } catch (error) {
      this.#refuse(socket, asSamehandError(error, "verification-failed"));
    }
  }

  #tunnelQuery(target: string): string {
    const { path, query } = parseTarget(target);
    if (path === tunnelPath) return query;
    throw new SamehandError(this.#options.pages.has(path) ? "upgrade-refused" : "path-unknown");
  }

  /** A browser always sends the origin of a WebSocket's page; what sends none is not a browser led astray. */
  #checkOrigin(request: IncomingMessage): void {
    const { origin, host } = request.headers;
    if (origin === undefined) return;
    const { origins } = this.#options.listen;
    if (origins.length > 0 ? origins.includes(origin) : sameHost(origin, host)) return;
    throw new SamehandError("origin-refused");
  }

  #refuse(socket: Duplex, error: SamehandError): void {
    this.#tally.refused(error.code);
    socket.on("error", ignore);
    writeRefusal(socket, error);
  }

  #broken(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") this.#refuse(socket, new SamehandError("request-timeout"));
    else if (error.code?.startsWith("HPE_") === true) this.#refuse(socket, new SamehandError("request-malformed"));
    // The connection is gone, or its TLS handshake failed: an answer would wait for a handshake that never comes.
    else socket.destroy();
  }
}

/** Whoever stands before or behind may take the one or the other of two. @throws SamehandError `request-malformed` */
function checkHost({ headersDistinct }: IncomingMessage): void {
  if ((headersDistinct["host"]?.length ?? 0) > 1) throw new SamehandError("request-malformed", "Host comes twice");
}

/** Lets a request go whose body stops to come for so long, ms. */
function limitBody(request: IncomingMessage, response: ServerResponse, millis: number): void {
  const { headers, socket } = request;
  if (headers["transfer-encoding"] === undefined && (headers["content-length"] ?? "0") === "0") return;
  socket.setTimeout(millis);
  request.on("end", () => {
    // Where it was answered already, the wait for the next request has begun.
    if (!response.writableFinished) socket.setTimeout(0);
  });
}

function sameHost(origin: string, host: string | undefined): boolean {
  const url = URL.parse(origin);
  return url !== null && url.host !== "" && url.host === host?.toLowerCase();
}

function ignore(): void {}
