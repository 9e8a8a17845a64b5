/** Faults as RFC 9457 problems, out of the one error catalogue. */
import { STATUS_CODES } from "node:http";
import { z } from "zod";
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { Problem } from "./contract/common.ts";

/** What a fault is told as. Nothing of a fault that is not in the catalogue is told, since nobody knows what is in it. */
export function problemOf(fault: unknown): Problem {
  const error = known(fault);
  const { message, action, http } = error.entry;
  return {
    type: `urn:samehand:problem:${error.code}`,
    title: STATUS_CODES[http] ?? "Error",
    status: http,
    code: error.code,
    detail: error.detail === "" ? message : `${message}: ${error.detail}`,
    action,
  };
}

/** A problem for a person whose browser was sent here, with the way back. */
export function problemPage({ detail, action }: Problem): string {
  const [why, next] = [detail, action].map((text) => escaped(text.charAt(0).toUpperCase() + text.slice(1)));
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Not signed in · Samehand</title>
<main><h1>You are not signed in</h1><p>${why}.</p><p>${next}.</p><p><a href="/console/">Back to the sign-in</a></p></main></html>
`;
}

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

function known(fault: unknown): SamehandError {
  if (fault instanceof SamehandError) return fault;
  if (fault instanceof z.ZodError) return new SamehandError("request-malformed", issues(fault));
  // fastify's own refusals: a body that is not JSON, too large, of another type
  const status = (fault as { statusCode?: number }).statusCode ?? 500;
  if (status === 413) return new SamehandError("request-too-large");
  if (status >= 400 && status < 500) return new SamehandError("request-malformed");
  return asSamehandError(fault, "verification-failed");
}

/** Which field is wrong, never what stood in it. */
const issues = (error: z.ZodError): string =>
  error.issues
    .slice(0, 5)
    .map(({ path, code }) => `${path.join(".") || "the request"} (${code.replaceAll("_", " ")})`)
    .join(", ");
