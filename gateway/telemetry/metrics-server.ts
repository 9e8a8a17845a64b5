/** The operators' own port: /metrics for Prometheus, /healthz for a supervisor, /readyz for a load balancer. */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { unusable } from "../core/address.ts";

export interface MetricsServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly metrics: { expose(): Promise<string> };
  /** Why new sessions should go elsewhere, in words; empty when this gateway is ready. */
  readonly unready: () => readonly string[] | Promise<readonly string[]>;
}

export class MetricsServer {
  readonly #server: Server;
  readonly #options: MetricsServerOptions;

  constructor(options: MetricsServerOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
      const path = (request.url ?? "").split("?")[0];
      if (request.method !== "GET" && request.method !== "HEAD") return this.#say(response, 405, "use GET\n");
      if (path === "/healthz") return this.#say(response, 200, "ok\n");
      if (path === "/readyz") return void this.#ready(response);
      if (path === "/metrics") return void this.#expose(response);
      this.#say(response, 404, "/metrics, /healthz, /readyz\n");
    });
    this.#server.maxConnections = 64;
  }

  /** @throws SamehandError `address-unusable` */
  async listen(): Promise<AddressInfo> {
    const { host, port } = this.#options;
    this.#server.listen(port, host);
    try {
      await once(this.#server, "listening");
    } catch (cause) {
      throw unusable("metrics", host, port, cause);
    }
    return this.#server.address() as AddressInfo;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #expose(response: ServerResponse): Promise<void> {
    try {
      this.#say(response, 200, await this.#options.metrics.expose(), "text/plain; version=0.0.4; charset=utf-8");
    } catch {
      this.#say(response, 500, "the metrics cannot be read\n");
    }
  }

  async #ready(response: ServerResponse): Promise<void> {
    const reasons = await this.#options.unready();
    this.#say(response, reasons.length === 0 ? 200 : 503, reasons.length === 0 ? "ready\n" : `${reasons.join("\n")}\n`);
  }

  #say(response: ServerResponse, status: number, body: string, type = "text/plain; charset=utf-8"): void {
    response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
    response.end(body);
  }
}
