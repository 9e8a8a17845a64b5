/**
 * Where the demonstration's agents come in: a page that hands out fresh links to the desktop and shows what the
 * gateway knows. It stands for the portal that a farm has already, and is no part of the gateway.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { join } from "node:path";
import type { ShownCode } from "./authenticator.ts";

export interface AgentView {
  readonly name: string;
  readonly maturity: string;
  readonly keystrokes: number;
  readonly actions: number;
  /** What is needed until the gateway acts. */
  readonly needed: { readonly keystrokes: number; readonly actions: number };
  /** Seconds until a lock ends; 0 where there is none. */
  readonly lockedSeconds: number;
  /** What the agent's authenticator app shows now. */
  readonly code: ShownCode | null;
}

export interface FrontDeskOptions {
  readonly port: number;
  readonly agents: () => readonly AgentView[];
  /** Newest first: when, who and what, in words. */
  readonly decisions: () => readonly { readonly at: number; readonly agent: string; readonly text: string }[];
  /** A fresh link to the desktop for an agent. @param renew where the page may fetch another one */
  readonly link: (agent: string, renew: string) => Promise<string>;
  /** The QR code of an agent's one-time codes, as SVG. */
  readonly picture: (agent: string) => string | null;
  readonly metricsUrl: string;
}

const folder = join(import.meta.dirname, "front-desk");
const files: Readonly<Record<string, readonly [string, string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/front-desk.css": ["front-desk.css", "text/css; charset=utf-8"],
  "/front-desk.js": ["front-desk.js", "text/javascript; charset=utf-8"],
  "/icon.svg": ["../../gateway/pages/icon.svg", "image/svg+xml"],
};
const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

export class FrontDesk {
  readonly url: string;
  readonly #server: Server;
  readonly #options: FrontDeskOptions;

  private constructor(server: Server, options: FrontDeskOptions) {
    this.#server = server;
    this.#options = options;
    this.url = `http://127.0.0.1:${options.port}`;
    server.on("request", (request, response) => {
      this.#answer(request, response).catch((error: Error) => response.writeHead(500, headers).end(error.message));
    });
  }

  static async start(options: FrontDeskOptions): Promise<FrontDesk> {
    const server = createServer();
    server.listen(options.port, "127.0.0.1");
    await once(server, "listening");
    return new FrontDesk(server, options);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const agent = /^\/open\/([a-z]{1,32})$/.exec(path)?.[1];
    const picture = this.#picture(/^\/authenticator\/([a-z]{1,32})\.svg$/.exec(path)?.[1]);
    const file = files[path];
    if (!this.#ours(request) || request.method !== "GET") response.writeHead(403, headers).end("Not from here.");
    else if (file !== undefined)
      response.writeHead(200, { ...headers, "content-type": file[1] }).end(readFileSync(join(folder, file[0])));
    else if (picture !== null) response.writeHead(200, { ...headers, "content-type": "image/svg+xml" }).end(picture);
    else if (path === "/state.json") {
      const { agents, decisions, metricsUrl } = this.#options;
      const state = { agents: agents(), decisions: decisions(), metricsUrl };
      response.writeHead(200, { ...headers, "content-type": "application/json" }).end(JSON.stringify(state));
    } else if (agent !== undefined && this.#works(agent))
      response.writeHead(302, { ...headers, location: await this.#options.link(agent, this.url + path) }).end();
    else response.writeHead(404, headers).end("Nothing here.");
  }

  #picture(agent: string | undefined): string | null {
    return agent !== undefined && this.#works(agent) ? this.#options.picture(agent) : null;
  }

  #works(agent: string): boolean {
    return this.#options.agents().some(({ name }) => name === agent);
  }

  /** A page elsewhere must not reach this one through a name that it points at loopback. */
  #ours(request: IncomingMessage): boolean {
    return (
      request.headers.host === new URL(this.url).host || request.headers.host === `localhost:${this.#options.port}`
    );
  }
}
