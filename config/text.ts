/** Small text files, whole, with their faults named. */
import { readFileSync } from "node:fs";
import { SamehandError } from "../gateway/core/errors.ts";

const largestFile = 1024 * 1024;

/**
 * @param key the configuration's key that names the file, where one does
 * @throws SamehandError with `code`, naming the file
 */
export function readText(
  file: string,
  code: "config-invalid" | "policy-invalid" | "key-invalid",
  key?: string,
): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const { code: reason } = error as NodeJS.ErrnoException;
    throw new SamehandError(code, `${key === undefined ? "" : `${key}: `}${file} cannot be read (${reason})`, error);
  }
  if (bytes.length > largestFile) throw new SamehandError(code, `${file} is larger than 1 MiB`);
  return bytes.toString("utf8");
}
