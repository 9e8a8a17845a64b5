/** Small text files, whole, with their faults named. */
import { readFileSync } from "node:fs";
import { SamehandError } from "../gateway/core/errors.ts";

const largestFile = 1024 * 1024;

/** @throws SamehandError with `code`, naming the file */
export function readText(file: string, code: "config-invalid" | "policy-invalid" | "key-invalid"): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new SamehandError(code, `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, error);
  }
  if (bytes.length > largestFile) throw new SamehandError(code, `${file} is larger than 1 MiB`);
  return bytes.toString("utf8");
}
