/** Lines of JSON into a file, for a shipper (Filebeat, Fluent Bit, Vector) to pick up and rotate. */
import { type FileHandle, open } from "node:fs/promises";
import type { Carrier } from "./carrier.ts";
import { jsonLines, type LineFormat } from "./json-lines.ts";

export function lineFile(path: string, format: LineFormat, version: string): Carrier {
  return {
    most: 200,
    async carry(notices) {
      // Opened each time: a rotated file is another one.
      const file = await open(path, "a+", 0o640);
      try {
        await file.appendFile(`${(await endsWithin(file)) ? "\n" : ""}${jsonLines(notices, format, version)}`);
        await file.datasync();
      } finally {
        await file.close();
      }
    },
    close: () => {},
  };
}

/** Whether the last line was not written whole, as where the disk was full: what comes next would be part of it. */
async function endsWithin(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== 10;
}
