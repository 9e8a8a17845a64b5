/** A signed file's text. */
import { readFileSync } from "node:fs";
import { SamehandError } from "../core/errors.ts";

/** Strictly: a byte that is no UTF-8 must not pass for another. @throws SamehandError `audit-broken` */
export function strictText(file: string): string {
  const bytes = readFileSync(file);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new SamehandError("audit-broken", `${file}: not UTF-8`, error);
  }
}
