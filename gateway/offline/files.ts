/** Recordings named on a command line: files, or folders of them. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { SamehandError } from "../core/errors.ts";

/** guacd's own recordings have the name that the connection gives them, mostly without an ending. */
export const isGuacdRecording = (name: string): boolean => isRecording(name) || !/[.]/.test(name);

export const isRecording = (name: string): boolean => name.endsWith(".guac") || name.endsWith(".guac.gz");

/**
 * The recordings among files and folders (not below), in order of name.
 * @param fits which names in a folder are taken
 * @throws SamehandError `recording-malformed`
 */
export function recordingsIn(paths: readonly string[], fits = isRecording): string[] {
  return paths.flatMap((path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) throw new SamehandError("recording-malformed", `${path} does not exist`);
    if (!stats.isDirectory()) return [path];
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isFile() && fits(entry.name))
      .map((entry) => join(path, entry.name))
      .sort();
  });
}
