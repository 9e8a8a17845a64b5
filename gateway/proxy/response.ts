/** What goes out over plain HTTP: pages from memory, and refusals. */
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { STATUS_CODES } from "node:http";
import type { SamehandError } from "../core/errors.ts";
import type { Page } from "./options.ts";

/**
 * Strict by default. Pictures and sound come to a Guacamole client as data: and blob: addresses;
 * everything else only from this host.
 */
const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; " +
    "img-src 'self' data: blob:; media-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};
const transportSecurity = { "strict-transport-security": "max-age=31536000" };

/** Sends a page, or only its headers. */
export function sendPage(response: ServerResponse, page: Page, headOnly: boolean, secure: boolean): void {
  const body = typeof page.body === "string" ? Buffer.from(page.body) : page.body;
  response.writeHead(200, {
    ...securityHeaders,
    ...(secure ? transportSecurity : {}),
    "content-type": page.type,
    "content-length": body.byteLength,
  });
  response.end(headOnly ? undefined : body);
}

function refusalBody(error: SamehandError): string {
  const { message, action } = error.entry;
  return JSON.stringify({ error: error.code, message, detail: error.detail, action });
}

/** Refuses a request, and closes: whoever is refused once does not keep the connection. */
export function sendRefusal(response: ServerResponse, error: SamehandError): void {
  response.shouldKeepAlive = false;
  response.writeHead(error.entry.http, {
    ...securityHeaders,
    "content-type": "application/json",
    ...extraHeaders(error),
  });
  response.end(refusalBody(error));
}

/** Refuses where there is no response object: a broken request, or an upgrade. */
export function writeRefusal(socket: Duplex, error: SamehandError): void {
  if (socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = refusalBody(error);
  const { http } = error.entry;
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    connection: "close",
  };
  const lines = Object.entries({ ...headers, ...extraHeaders(error) }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${http} ${STATUS_CODES[http]}\r\n${lines.join("")}\r\n${body}`);
}

function extraHeaders(error: SamehandError): Record<string, string> {
  if (error.code === "method-refused") return { allow: "GET, HEAD" };
  if (error.code === "upgrade-refused") return { upgrade: "websocket" };
  return {};
}
