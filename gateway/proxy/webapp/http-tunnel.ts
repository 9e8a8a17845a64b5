/**
 * The tunnel over plain HTTP, to which the stock page falls back where WebSockets fail. All input of a round trip
 * arrives together there, so that nothing can be scored: it is refused in the way that the page shows as a message.
 */
import type { ServerResponse } from "node:http";
import { SamehandError } from "../../core/errors.ts";

/** Answers so that the stock page neither retries nor counts down: 403 and its own status header. */
export function refuseHttpTunnel(response: ServerResponse): void {
  const { entry } = new SamehandError("http-tunnel-refused");
  response.shouldKeepAlive = false;
  response.writeHead(entry.http, {
    "guacamole-status-code": String(entry.guacamole),
    "guacamole-error-message": entry.message,
    "content-type": "text/plain",
    "cache-control": "no-store",
  });
  response.end(`${entry.message}: ${entry.action}\n`);
}
