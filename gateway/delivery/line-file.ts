/** Lines of JSON into a file, for a shipper (Filebeat, Fluent Bit, Vector) to pick up and rotate. */
import { open } from "node:fs/promises";
import type { Carrier } from "./carrier.ts";
import { jsonLines, type LineFormat } from "./json-lines.ts";

export function lineFile(path: string, format: LineFormat, version: string): Carrier {
  return {
    most: 200,
    async carry(notices) {
      // Opened each time: a rotated file is another one.
      const file = await open(path, "a", 0o640);
      try {
        await file.appendFile(jsonLines(notices, format, version));
        await file.datasync();
      } finally {
        await file.close();
      }
    },
    close: () => {},
  };
}
