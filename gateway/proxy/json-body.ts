/** Reads the JSON that a request carries, up to a bound. */
import type { IncomingMessage } from "node:http";
import { SamehandError } from "../core/errors.ts";

/** A passkey's answer has about 2 KB. */
const mostBytes = 32 * 1024;

/** @throws SamehandError `request-too-large`, `request-malformed` */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  // A page elsewhere can send a form without asking, but not this type.
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
    throw new SamehandError("request-malformed", "the body must be JSON");
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > mostBytes) throw new SamehandError("request-too-large");
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8")) as unknown;
  } catch {
    throw new SamehandError("request-malformed", "the body is no JSON");
  }
}
