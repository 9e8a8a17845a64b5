/**
 * The server's half of the WebSocket handshake (RFC 6455, 4.2). No extension is ever accepted, permessage-deflate
 * among them: a frame then has one reading only.
 */
import { hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { SamehandError } from "../core/errors.ts";

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * The answer to an upgrade whose path, method, `Upgrade` and subprotocol are already checked.
 * @throws SamehandError `upgrade-refused`
 */
export function acceptUpgrade(request: IncomingMessage): string {
  const key = request.headers["sec-websocket-key"] ?? "";
  if (!/^[+/0-9A-Za-z]{22}==$/.test(key)) throw new SamehandError("upgrade-refused", "sec-websocket-key");
  if (request.headers["sec-websocket-version"] !== "13")
    throw new SamehandError("upgrade-refused", "sec-websocket-version");
  const accept = hash("sha1", key + guid, "base64");
  return (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: guacamole\r\n\r\n`
  );
}
