/**
 * Guacamole's web application behind the gateway: pages, REST, downloads and sign-ins stream through as they are; who
 * signs in is learned, files of a held session stay where they are, and the tunnels are somebody else's (`Proxy`).
 */
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { SamehandError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Tally } from "../../core/tally.ts";
import { sendRefusal } from "../response.ts";
import { type Address, parameter, readAddress, withoutLastSlash } from "./address.ts";
import type { Applications } from "./applications.ts";
import { clientAddress, framing, requestHeaders, responseHeaders, type Trust } from "./headers.ts";
import type { Shares } from "./shares.ts";
import { readTokenAnswer, type SignIn, type SignIns } from "./sign-ins.ts";

export interface WebApplicationParts {
  readonly applications: Applications;
  readonly signIns: SignIns;
  readonly tally: Tally;
  readonly log: Log;
  /** Whether viewers speak TLS to the gateway. */
  readonly secure: boolean;
  readonly trust: () => Trust;
  readonly shares: Shares;
  /** Whether files of this tunnel (by the application's identifier of it) must not move now. Rejects where nobody knows. */
  readonly held: (tunnel: string) => Promise<boolean>;
  /** Somebody asks for the tunnel over plain HTTP. */
  readonly httpTunnel: (request: IncomingMessage, response: ServerResponse, address: Address) => void;
}

/** An answer to a sign-in, or to who asks for a link, is a few hundred bytes. */
const largestAnswer = 64 * 1024;

/** One thing that is asked of the application. */
interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly address: Address;
  readonly upstream: number;
}

export class WebApplication {
  readonly #parts: WebApplicationParts;
  /** What is on its way off a desktop, by tunnel. */
  readonly #moving = new Map<string, Set<ServerResponse>>();
  readonly #base: readonly string[];

  constructor(parts: WebApplicationParts) {
    this.#parts = parts;
    this.#base = parts.applications.options.path.split("/").filter((part) => part !== "");
  }

  /** Where in the application an address leads; null for what is not below its path. */
  inside({ segments }: Address): readonly string[] | null {
    return this.#base.every((part, n) => segments[n] === part) ? segments.slice(this.#base.length) : null;
  }

  /** Serves a request. @throws SamehandError before anything was answered */
  serve(request: IncomingMessage, response: ServerResponse): void {
    const address = this.#address(request.url ?? "");
    const path = this.inside(address);
    if (path === null) throw new SamehandError("path-unknown");
    const [top, second, third] = path;
    if (top === "websocket-tunnel") throw new SamehandError("upgrade-refused");
    if (top === "tunnel") {
      this.#parts.httpTunnel(request, response, address);
      return;
    }
    const asked = { request, response, address, upstream: this.upstreamOf(request, address) };
    const moved = movesOut(path);
    if (moved !== null) void this.#moveOut(asked, moved);
    else if (top === "api" && second === "tokens" && third === undefined && request.method === "POST")
      this.#read(asked, (body) => this.#learn(body, request, asked.upstream));
    else this.#pass(asked, this.#leaving(request, address, path));
  }

  /** Something may leave the desktop, unless it is held, in whichever process. Never rejects. */
  async #moveOut(asked: Asked, { tunnel, link }: Moved): Promise<void> {
    const { held, shares } = this.#parts;
    try {
      this.#track(tunnel, asked.response);
      if (await held(tunnel)) throw new SamehandError("session-held");
      if (asked.response.destroyed) return;
      if (link) this.#read(asked, (body) => shares.learn(tunnel, body));
      else this.#pass(asked, "");
    } catch (cause) {
      this.#fail(asked.response, cause);
    }
  }

  #track(tunnel: string, response: ServerResponse): void {
    const moving = this.#moving.get(tunnel) ?? new Set();
    this.#moving.set(tunnel, moving.add(response));
    response.on("close", () => {
      if (moving.delete(response) && moving.size === 0 && this.#moving.get(tunnel) === moving)
        this.#moving.delete(tunnel);
    });
  }

  /** A tunnel is held or over: what was on its way ends here. */
  stop(tunnel: string): void {
    for (const response of this.#moving.get(tunnel) ?? []) response.destroy();
  }

  #address(target: string): Address {
    const address = readAddress(target);
    return this.inside(address)?.[0] === "api" ? withoutLastSlash(address) : address;
  }

  /** Forwards a request as it is. @throws SamehandError where no application answers */
  pass(request: IncomingMessage, response: ServerResponse, address: Address): void {
    this.#pass({ request, response, address, upstream: this.upstreamOf(request, address) }, "");
  }

  /** Which application a request goes to: where its login lives, or where its address is always sent. */
  upstreamOf(request: IncomingMessage, address: Address): number {
    const { signIns, applications, trust } = this.#parts;
    const token = tokenOf(request, address);
    const known = token === "" ? null : signIns.of(token);
    return known?.upstream ?? applications.choose(clientAddress(request, trust()));
  }

  /** The token that a request ends the life of, where the application agrees; else empty. */
  #leaving(request: IncomingMessage, address: Address, path: readonly string[]): string {
    if (request.method !== "DELETE" || path[0] !== "api") return "";
    if (path[1] === "tokens") return path[2] ?? "";
    return path[1] === "session" && path.length === 2 ? tokenOf(request, address) : "";
  }

  /** Forwards both ways, a piece at a time, each side at the pace of the other. */
  #pass(asked: Asked, leaving: string): void {
    const { response } = asked;
    this.#ask(asked, {}, (answer, status) => {
      if (leaving !== "" && status < 300) this.#parts.signIns.forget(leaving);
      response.writeHead(status, responseHeaders(answer.headers));
      // Either side may go in the middle: what is left of the other is taken down with it.
      pipeline(answer, response, ignore);
    });
  }

  /** An answer that is held until it is read, so that what is in it is known before its holder can use it. */
  #read(asked: Asked, learn: (body: string) => void): void {
    const { response } = asked;
    const question = this.#ask(asked, { "accept-encoding": "identity" }, (answer, status) => {
      const pieces: Buffer[] = [];
      let size = 0;
      answer.on("data", (piece: Buffer) => {
        size += piece.length;
        pieces.push(piece);
        if (size > largestAnswer) question.destroy(new SamehandError("upstream-malformed", "its answer is too long"));
      });
      answer.on("error", (cause) => this.#fail(response, cause));
      answer.on("end", () => {
        const body = Buffer.concat(pieces);
        if (status === 200) learn(body.toString("utf8"));
        response.writeHead(status, { ...responseHeaders(answer.headers), "content-length": size });
        response.end(body);
      });
    });
  }

  #learn(body: string, request: IncomingMessage, upstream: number): void {
    const { signIns, trust, log, tally } = this.#parts;
    const answer = readTokenAnswer(body);
    if (answer === null) {
      log.warn({}, "an answer to a sign-in could not be read: its holder will be asked for at the application");
      return;
    }
    const { token, dataSource, username } = answer;
    const known = signIns.of(token);
    // Who is signed in already posts the token at each navigation; that does not move it to another address.
    const address = known?.address ?? clientAddress(request, trust());
    const signIn: SignIn = { dataSource, username, address, upstream };
    signIns.learn(token, signIn);
    if (known === null) tally.signInsLearned += 1;
  }

  #fail(response: ServerResponse, cause: unknown): void {
    // What the system says names addresses behind the gateway.
    const error = cause instanceof SamehandError ? cause : new SamehandError("upstream-unreachable", "", cause);
    this.#parts.tally.refused(error.code);
    if (response.headersSent) response.destroy();
    else sendRefusal(response, error);
  }

  /** @param hear the answer, whose status is one that can be passed on */
  #ask(
    { request, response, address, upstream }: Asked,
    more: Record<string, string>,
    hear: (answer: IncomingMessage, status: number) => void,
  ): ClientRequest {
    const { applications, trust, secure } = this.#parts;
    const headers = { ...requestHeaders(request, trust(), secure), ...framing(request), ...more };
    const question = applications.ask(upstream, { method: request.method ?? "GET", url: address.url, headers });
    question.on("error", (cause) => this.#fail(response, cause));
    question.on("response", (answer) => {
      const { statusCode = 0 } = answer;
      // Node reads any three digits, and throws where it is to write less than 100.
      if (statusCode >= 200 && statusCode <= 599) return hear(answer, statusCode);
      this.#fail(response, new SamehandError("upstream-malformed", "its status is none"));
      question.destroy();
    });
    response.on("close", () => {
      if (!response.writableFinished) question.destroy();
    });
    pipeline(request, question, ignore);
    return question;
  }
}

/** What takes something off a desktop: the tunnel onto it, and whether that is a link that shares it rather than a file. */
interface Moved {
  readonly tunnel: string;
  readonly link: boolean;
}

/** A live connection has two addresses: below its tunnel, and, by the tunnel's name, among those of its data source. */
function movesOut([top, second, third, ...rest]: readonly string[]): Moved | null {
  if (top !== "api" || second !== "session") return null;
  if (third === "tunnels") {
    const [tunnel = "", part, what] = rest;
    const link = part === "activeConnection" && what === "sharingCredentials";
    return link || part === "streams" ? { tunnel, link } : null;
  }
  const [, directory, tunnel = "", what] = rest;
  const link = third === "data" && directory === "activeConnections" && what === "sharingCredentials";
  return link ? { tunnel, link } : null;
}

/** The header is what the application reads first. */
export function tokenOf(request: IncomingMessage, address: Address): string {
  const header = request.headers["guacamole-token"];
  return (typeof header === "string" ? header : null) ?? parameter(address.query, "token") ?? "";
}

function ignore(): void {}
