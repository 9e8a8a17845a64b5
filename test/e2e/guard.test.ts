/** The example of a guarded guacamole-lite server, from a checkout; from a package: `test/deploy/package.test.ts`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { guarded } from "../parts/guarded.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

t.test("sessions of a guarded guacamole-lite server are Samehand's, and a bad token ends only itself", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "samehand-guard-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  await guarded(t, {
    command: [process.execPath, "--conditions=checkout", join(root, "examples/guacamole-lite.js")],
    samehand: join(root, "bin/samehand"),
    folder,
  });
});
