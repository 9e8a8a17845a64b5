/**
 * The tunnels over plain HTTP of the other processes. Each request of a tunnel is a connection of its own, which the
 * kernel gives to any process: it goes on to the one that has the tunnel, whose name is in the tunnel's secret, through a
 * door of its own on the loopback. The door lets in who bears the secret, as the front door does.
 */
import { once } from "node:events";
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";
import { LRUCache } from "lru-cache";
import type { Fleet } from "../../core/fleet.ts";
import { responseHeaders } from "./headers.ts";
import { sayOver } from "./http-tunnel.ts";

type Serve = (request: IncomingMessage, response: ServerResponse, query: string) => unknown;

const mark = ".";
const path = "/tunnel?";
/** For one request, and for one to begin, ms. */
const longestRequest = 30_000;
const unknownMillis = 1000;
/**
 * A connection is used again by whoever forwards only long before the door closes it, ms: a request that met the close
 * would seem to be of a tunnel that is gone, and cannot be sent twice.
 */
const [reused, keptOpen] = [20_000, 120_000];
const processName = /^\d{1,6}$/;

export class HttpNeighbours {
  readonly #fleet: Fleet;
  readonly #serve: Serve;
  readonly #agent = new Agent({ keepAlive: true, timeout: reused });
  #door: Server | null = null;
  #opened: Promise<number> | null = null;
  /** Null for a while where there is no such process: guessed names do not make work for all. */
  readonly #ports = new LRUCache<string, { readonly port: number | null }>({ max: 1000 });

  /** @param serve what came through the door: of this process's tunnels, or of none */
  constructor(fleet: Fleet, serve: Serve) {
    this.#fleet = fleet;
    this.#serve = serve;
    fleet.answer("tunnelDoor", (name) => (name === fleet.name ? this.#opened : null));
  }

  /** How the secrets of this process's tunnels begin. */
  get prefix(): string {
    return `${this.#fleet.name}${mark}`;
  }

  /** Opens the door, once. */
  open(): Promise<number> {
    return (this.#opened ??= this.#listen());
  }

  close(): void {
    this.#agent.destroy();
    this.#door?.close();
    this.#door?.closeAllConnections();
  }

  /** The process that has the tunnel with this secret, where it is another one. */
  ownerOf(token: string): string | null {
    const name = token.slice(0, Math.max(0, token.indexOf(mark)));
    return !processName.test(name) || name === this.#fleet.name ? null : name;
  }

  /** Hands a request on, and its answer back. The body is overwritten. Never rejects. */
  async forward(
    owner: string,
    request: IncomingMessage,
    response: ServerResponse,
    query: string,
    body: Buffer,
  ): Promise<void> {
    const port = await this.#portOf(owner);
    if (port === null) {
      body.fill(0);
      return sayOver(response, 0);
    }
    const token = String(request.headers["guacamole-tunnel-token"]);
    const headers = { "guacamole-tunnel-token": token, "content-length": body.length };
    const { method } = request;
    const question = httpRequest({
      agent: this.#agent,
      host: "127.0.0.1",
      port,
      path: path + query,
      method,
      headers,
    });
    question.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, responseHeaders(answer.headers));
      pipeline(answer, response, ignore);
    });
    question.on("error", () => {
      this.#ports.delete(owner);
      if (response.headersSent) response.destroy();
      else sayOver(response, 0);
    });
    response.on("close", () => {
      if (!response.writableFinished) question.destroy();
    });
    question.on("close", () => body.fill(0));
    question.end(body);
  }

  async #listen(): Promise<number> {
    const door = createServer({ requestTimeout: longestRequest, keepAliveTimeout: keptOpen }, (request, response) => {
      const { url = "" } = request;
      if (url.startsWith(path)) this.#serve(request, response, url.slice(path.length));
      else sayOver(response, 0);
    });
    this.#door = door;
    door.listen(0, "127.0.0.1");
    await once(door, "listening");
    return (door.address() as AddressInfo).port;
  }

  async #portOf(owner: string): Promise<number | null> {
    const known = this.#ports.get(owner);
    if (known !== undefined) return known.port;
    const port = (await this.#fleet.ask("tunnelDoor", owner)).find((answer) => answer !== null) ?? null;
    this.#ports.set(owner, { port }, port === null ? { ttl: unknownMillis } : {});
    return port;
  }
}

function ignore(): void {}
