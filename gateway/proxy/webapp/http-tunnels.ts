/**
 * The tunnels over plain HTTP that are inspected: which request belongs to which. The application looks at the header
 * alone and passes over the name in the address; here both must be of the same tunnel.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { LRUCache } from "lru-cache";
import type { Clock } from "../../core/clock.ts";
import { asSamehandError, SamehandError } from "../../core/errors.ts";
import type { Viewer, ViewerOwner } from "../viewer.ts";
import { readAddress } from "./address.ts";
import { refuseHttpTunnel, sayOver } from "./http-tunnel.ts";
import type { Fleet } from "../../core/fleet.ts";
import { HttpNeighbours } from "./http-neighbours.ts";
import { HttpViewer } from "./http-viewer.ts";
import { type ApplicationRequest, readApplicationRequest } from "./tunnel-request.ts";

/** Begins a session. @throws SamehandError */
export type OpenTunnel = (
  request: IncomingMessage,
  asked: ApplicationRequest,
  makeViewer: (owner: ViewerOwner) => Viewer,
) => void;

const largestConnect = 16 * 1024;
/** A page writes all that gathered while its last write was on its way. */
const largestWrite = 1024 * 1024;
const operation = /^(read|write):([0-9a-f-]{36})(?::\d{1,15})?$/;

export class HttpTunnels {
  readonly #open: OpenTunnel;
  readonly #clock: Clock;
  readonly #live = new Map<string, HttpViewer>();
  /** Why those ended that still may be asked for. */
  readonly #ended: LRUCache<string, HttpViewer>;

  /** Null where this process is alone. */
  readonly #neighbours: HttpNeighbours | null;

  /**
   * @param fleet the other processes; null where there are none
   * @param asked how long an ended one may still be asked for, ms
   */
  constructor(open: OpenTunnel, clock: Clock, fleet: Fleet | null, asked = 60_000) {
    // Each holds what its viewer did not read: it goes when its time is over, not when others push it out.
    this.#ended = new LRUCache({ max: 10_000, ttl: asked, ttlAutopurge: true });
    this.#open = open;
    this.#clock = clock;
    this.#neighbours =
      fleet === null
        ? null
        : new HttpNeighbours(fleet, (...asked) => this.#answering(() => this.#go(...asked), asked[1]));
  }

  close(): void {
    this.#neighbours?.close();
  }

  /** @param query what is asked of the tunnel. Answers in any case. @returns whether a session began */
  async serve(request: IncomingMessage, response: ServerResponse, query: string): Promise<boolean> {
    let began = false;
    await this.#answering(async () => {
      const owner = this.#neighbours?.ownerOf(tokenOf(request)) ?? null;
      if (query === "connect" && request.method === "POST") began = await this.#connect(request, response);
      else if (owner === null) await this.#go(request, response, query);
      else await this.#neighbours?.forward(owner, request, response, query, await bodyOf(request, largestWrite));
    }, response);
    return began;
  }

  /** Never rejects. */
  async #answering(work: () => Promise<void>, response: ServerResponse): Promise<void> {
    try {
      await work();
    } catch (error) {
      const known = asSamehandError(error, "request-malformed");
      // A page that comes too late for its tunnel takes this for the end of the stream.
      if (known.code === "token-invalid") sayOver(response, 0);
      else refuseHttpTunnel(response, known);
    }
  }

  /** A tunnel of this process goes on. @throws SamehandError `token-invalid`, `request-malformed` */
  async #go(request: IncomingMessage, response: ServerResponse, query: string): Promise<void> {
    const [, verb, identifier] = operation.exec(query) ?? [];
    const viewer = this.#viewerOf(request, identifier ?? "");
    if (verb === "read" && request.method === "GET") viewer.read(response);
    else if (verb === "write" && request.method === "POST") viewer.hear(await bodyOf(request, largestWrite), response);
    else throw new SamehandError("request-malformed", "the tunnel knows connect, read and write");
  }

  async #connect(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    await this.#neighbours?.open();
    const body = await bodyOf(request, largestConnect);
    const asked = readApplicationRequest(readAddress(`/tunnel?${body.toString("latin1")}`).query);
    this.#open(request, asked, (owner) => {
      const prefix = this.#neighbours?.prefix ?? "";
      const viewer: HttpViewer = new HttpViewer(response, owner, this.#clock, prefix, () => {
        this.#live.delete(name);
        this.#ended.set(name, viewer);
      });
      const name = hash(viewer.token);
      this.#live.set(name, viewer);
      return viewer;
    });
    return true;
  }

  /** @throws SamehandError `token-invalid` */
  #viewerOf(request: IncomingMessage, identifier: string): HttpViewer {
    const name = hash(tokenOf(request));
    const viewer = this.#live.get(name) ?? this.#ended.get(name);
    if (viewer === undefined || viewer.identifier === "" || viewer.identifier !== identifier)
      throw new SamehandError("token-invalid", "no such tunnel");
    return viewer;
  }
}

function tokenOf({ headers }: IncomingMessage): string {
  const token = headers["guacamole-tunnel-token"];
  return typeof token === "string" ? token : "";
}

/** Tokens are looked up by their hash, so that the time of a look-up says nothing about one. */
const hash = (token: string): string => createHash("sha256").update(token).digest("base64");

/** @throws SamehandError `request-malformed` where it is longer */
async function bodyOf(request: IncomingMessage, largest: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > largest) throw new SamehandError("request-malformed", "the body is too large");
    pieces.push(piece);
  }
  const body = Buffer.concat(pieces);
  // What was typed must not wait in freed memory for the next core dump.
  for (const piece of pieces) piece.fill(0);
  return body;
}
