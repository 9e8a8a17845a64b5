/** Recordings named on a command line: files, or folders of them. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { SamehandError } from "../core/errors.ts";

export const isRecording = (name: string): boolean => name.endsWith(".guac") || name.endsWith(".guac.gz");

/** The recordings among files and folders (not below), in order of name. @throws SamehandError `recording-malformed` */
export function recordingsIn(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) throw new SamehandError("recording-malformed", `${path} does not exist`);
    if (!stats.isDirectory()) return [path];
    return readdirSync(path)
      .filter(isRecording)
      .sort()
      .map((name) => join(path, name));
  });
}
