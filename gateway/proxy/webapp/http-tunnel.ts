/**
 * The answers of the tunnel over plain HTTP, to which the stock page falls back where WebSockets fail: as the page
 * understands them, with Guacamole's status in a header.
 */
import type { ServerResponse } from "node:http";
import type { SamehandError } from "../../core/errors.ts";

/** Guacamole: no such tunnel. The stock page takes it for the end of the stream. */
const gone = 0x0204;

const plain = { "content-type": "text/plain", "cache-control": "no-store" };

/** Refuses so that the stock page neither retries nor counts down: 403 and its own status header. */
export function refuseHttpTunnel(response: ServerResponse, { entry }: SamehandError): void {
  if (response.headersSent) return;
  response.shouldKeepAlive = false;
  response.writeHead(403, {
    ...plain,
    "guacamole-status-code": String(entry.guacamole),
    "guacamole-error-message": entry.message,
  });
  response.end(`${entry.message}: ${entry.action}\n`);
}

/** Says that a tunnel is over. @param status Guacamole's, why; 0 where it ended as any */
export function sayOver(response: ServerResponse, status: number): void {
  if (response.headersSent) return;
  const code = status === 0 ? gone : status;
  response.writeHead(code === gone ? 404 : 403, { ...plain, "guacamole-status-code": String(code) });
  response.end();
}

/** Names the tunnel, and the secret that its requests must bear. */
export function sayOpened(response: ServerResponse, identifier: string, token: string): void {
  response.writeHead(200, { ...plain, "guacamole-tunnel-token": token });
  response.end(identifier);
}

/** A write was taken. */
export function sayTaken(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": 0 });
  response.end();
}

/** Begins the answer to a read. */
export function beginRead(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/octet-stream", "cache-control": "no-store" });
}

/** The end of a read, after which the page goes on with its next one. */
export const endOfRead = "0.;";
