/**
 * The operators' own listener: `/api/v1`, `/console/`, `/healthz`. Apart from the agents' port, so that a network can
 * keep agents from it. Every route comes from the contract's table and is checked for its role here, in one place.
 */
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { Server as SecureServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import {
  fastify,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RouteShorthandOptions,
} from "fastify";
import { unusable } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import { SamehandError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Access } from "./access.ts";
import { type Caller, demand } from "./caller.ts";
import type { Route } from "./contract/route.ts";
import { type RouteName, routes } from "./contract/routes.ts";
import type { Events } from "./events.ts";
import { type Asked, type Handlers, Pieces } from "./handlers.ts";
import { type Oidc, oidcCallback, oidcMinutes } from "./oidc.ts";
import { openApiDocument } from "./openapi.ts";
import { problemOf, problemPage } from "./problem.ts";
import { RateLimit } from "./rate-limit.ts";
import { type ConsoleFile, securityHeaders } from "./static.ts";

export interface AdminServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls: { readonly cert: string | Buffer; readonly key: string | Buffer } | null;
  readonly version: string;
  readonly handlers: Handlers;
  readonly events: Events;
  readonly oidc: Oidc | null;
  readonly access: Access;
  /** The built console by path, such as `/console/`. */
  readonly files: ReadonlyMap<string, ConsoleFile>;
  readonly signInHours: number;
  readonly clock: Clock;
  readonly log: Log;
}

const minVersion = "TLSv1.2";
const mostBody = 512 * 1024;
/** What a sign-in that came out well had taken of its address's rate: itself, and its challenge. */
const takes: Readonly<Partial<Record<RouteName, number>>> = { signInWithLink: 1, signInWithPasskey: 2 };

export class AdminServer {
  readonly #options: AdminServerOptions;
  readonly #app: FastifyInstance;
  /** An address may fail to sign in ten times at once, then six times a minute. */
  readonly #signInRate: RateLimit;
  readonly #rate: RateLimit;

  constructor(options: AdminServerOptions) {
    this.#options = options;
    this.#signInRate = new RateLimit(options.clock, 10, 0.1);
    this.#rate = new RateLimit(options.clock, 200, 50);
    const { tls } = options;
    this.#app = fastify({
      bodyLimit: mostBody,
      requestTimeout: 15_000,
      forceCloseConnections: true,
      routerOptions: { maxParamLength: 300 },
      serverFactory: (handler) =>
        tls === null ? createHttpServer(handler) : createHttpsServer({ ...tls, minVersion }, handler),
    });
    this.#prepare();
    for (const [name, route] of Object.entries<Route>(routes)) this.#serve(name as RouteName, route);
    this.#document();
    this.#stream();
    if (options.oidc !== null) this.#identityProvider(options.oidc);
    this.#files();
  }

  /** @throws SamehandError `address-unusable` */
  async listen(): Promise<AddressInfo> {
    const { host, port } = this.#options;
    try {
      await this.#app.listen({ host, port });
    } catch (cause) {
      throw unusable("admin", host, port, cause);
    }
    return this.#app.server.address() as AddressInfo;
  }

  useCertificate(tls: NonNullable<AdminServerOptions["tls"]>): void {
    const { server } = this.#app;
    if (server instanceof SecureServer) server.setSecureContext({ ...tls, minVersion });
  }

  async close(): Promise<void> {
    await this.#app.close();
  }

  #prepare(): void {
    const { tls, log } = this.#options;
    this.#app.addHook("onRequest", async (_request, reply) => {
      reply.headers(securityHeaders(tls !== null));
    });
    this.#app.setErrorHandler((fault, _request, reply) => {
      const problem = problemOf(fault);
      if (problem.status >= 500)
        log.error({ code: problem.code, cause: String(fault) }, "an operator's request failed");
      return tell(reply, problem);
    });
    this.#app.setNotFoundHandler((_request, reply) => tell(reply, problemOf(new SamehandError("path-unknown"))));
    this.#app.get("/healthz", (_request, reply) => reply.type("text/plain; charset=utf-8").send("ok\n"));
  }

  #serve(name: RouteName, route: Route): void {
    const handler = this.#options.handlers[name] as (asked: Asked<RouteName>) => unknown;
    this.#app.route({
      method: route.method,
      url: `/api/v1${route.path}`,
      handler: async (request, reply) => {
        const caller = route.may === null ? this.#stranger(request) : this.caller(request);
        if (route.may !== null) demand(caller, route.may);
        const answer = await handler({
          params: (route.params?.parse(request.params) ?? {}) as never,
          query: (route.query?.parse(request.query) ?? {}) as never,
          body: (route.body?.parse(request.body ?? {}) ?? {}) as never,
          caller,
          address: request.ip,
          become: (secret) => this.#options.access.bySignIn(secret) ?? nobody,
          setCookie: (secret, seconds) => void reply.header("set-cookie", this.#options.access.cookie(secret, seconds)),
        });
        // Many operators may come from one address: only what fails is counted, and a challenge until it is answered.
        this.#signInRate.give(request.ip, takes[name] ?? 0);
        reply.type("application/json; charset=utf-8");
        return reply.send(answer instanceof Pieces ? Readable.from(answer) : JSON.stringify(answer));
      },
    });
  }

  /** Who asks, within the rate. @throws SamehandError `sign-in-needed`, `request-forged`, `rate-limited` */
  caller(request: FastifyRequest): Caller {
    const changes = request.method !== "GET" && request.method !== "HEAD";
    const caller = this.#options.access.caller(request.headers, changes);
    this.#rate.take(caller.key);
    return caller;
  }

  /** Somebody who is not signed in yet: no page elsewhere may sign a browser in. */
  #stranger(request: FastifyRequest): Caller {
    if (request.method !== "GET") {
      this.#signInRate.take(request.ip);
      this.#options.access.ownPage(request.headers);
    }
    return nobody;
  }

  #document(): void {
    const document = JSON.stringify(openApiDocument(this.#options.version));
    this.#app.get("/api/v1/openapi.json", (request, reply) => {
      this.caller(request);
      return reply.type("application/json; charset=utf-8").send(document);
    });
  }

  #stream(): void {
    const { events } = this.#options;
    this.#app.get("/api/v1/events", async (request, reply) => {
      demand(this.caller(request), "viewer");
      if (events.full) throw new SamehandError("rate-limited", "too many listen");
      reply.hijack();
      const headers = { ...securityHeaders(this.#options.tls !== null), "content-type": "text/event-stream" };
      reply.raw.writeHead(200, { ...headers, "x-accel-buffering": "no" });
      await events.listen(reply.raw, () => demand(this.#options.access.caller(request.headers, false), "viewer"));
    });
  }

  /** Navigations, not calls: the browser goes to the provider and comes back, and a person reads what is refused. */
  #identityProvider(oidc: Oidc): void {
    const { access, signInHours } = this.#options;
    const refusing: RouteShorthandOptions = {
      errorHandler(fault, request, reply) {
        if (request.headers.accept?.includes("text/html") !== true) throw fault;
        const problem = problemOf(fault);
        return void reply.code(problem.status).type("text/html; charset=utf-8").send(problemPage(problem));
      },
    };
    this.#app.get("/api/v1/sign-in/oidc", refusing, async (request, reply) => {
      this.#signInRate.take(request.ip);
      const { url, state } = await oidc.begin();
      return reply.header("set-cookie", access.pendingCookie(state, oidcMinutes * 60)).redirect(url);
    });
    this.#app.get(oidcCallback, refusing, async (request, reply) => {
      this.#signInRate.take(request.ip);
      const secret = await oidc.finish(request.url, access.pendingOf(request.headers));
      // its begin, and this
      this.#signInRate.give(request.ip, 2);
      const cookies = [access.pendingCookie("", 0), access.cookie(secret, signInHours * 3600)];
      return reply.header("set-cookie", cookies).redirect("/console/");
    });
  }

  #files(): void {
    const { files } = this.#options;
    this.#app.get("/", (_request, reply) => reply.redirect("/console/"));
    this.#app.get("/console", (_request, reply) => reply.redirect("/console/"));
    this.#app.get("/console/*", (request, reply) => {
      const path = request.url.split("?")[0] ?? "";
      // The console's own addresses are its page; what looks like a file must be one.
      const file = files.get(path) ?? (/\.\w+$/.test(path) ? undefined : files.get("/console/"));
      if (file === undefined) throw new SamehandError("path-unknown");
      return reply.type(file.type).header("cache-control", file.cache).send(file.body);
    });
  }
}

const nobody: Caller = { name: "", person: null, by: "link", roles: [], expiresAt: null, csrf: null, key: "" };

const tell = (reply: FastifyReply, problem: ReturnType<typeof problemOf>): FastifyReply =>
  reply.code(problem.status).type("application/problem+json; charset=utf-8").send(JSON.stringify(problem));
