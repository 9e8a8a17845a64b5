/** The example of a guacamole-lite server that Samehand guards, as a program of its own, before the real guacd and X. */
import Crypt from "guacamole-lite/lib/Crypt.js";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { Program } from "../../demo/program.ts";
import { catalogue } from "../../gateway/core/errors.ts";
import { newKeyLine } from "../../gateway/core/key-ring.ts";
import { keysym, millis } from "../../gateway/core/units.ts";
import { ViewerClient } from "../../gateway/offline/viewer-client.ts";
import { startDesktop } from "../parts/desktop.ts";
import { startGuacd } from "../parts/guacd.ts";

const key = "0123456789abcdef0123456789abcdef";
const example = fileURLToPath(new URL("../../examples/guacamole-lite.js", import.meta.url));

t.test("sessions of a guarded guacamole-lite server are Samehand's, and a bad token ends only itself", async (t) => {
  const desktop = await startDesktop();
  t.teardown(() => desktop.stop());
  const guacd = await startGuacd();
  t.teardown(() => guacd.stop());
  const folder = mkdtempSync(join(tmpdir(), "samehand-guard-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "samehand.keys"), newKeyLine(new Date()));
  const command: [string, ...string[]] = [process.execPath, "--conditions=checkout", example];
  const env = { ...process.env, KEY: key, PORT: "0", GUACD_PORT: String(guacd.port) };
  const program = new Program({ name: "example", command, cwd: folder, env });
  t.teardown(() => program.stop());
  const [, port] = await program.line(/listening (\d+)$/);
  const open = (token: string) => ViewerClient.open(`ws://127.0.0.1:${port}/?token=${encodeURIComponent(token)}`);
  const settings = { ...desktop.settings, username: "anna" };
  const token = new Crypt("AES-256-CBC", key).encrypt({ connection: { type: "vnc", settings } });

  for (const bad of ["", "nonsense", token.slice(0, -8)]) {
    const end = await (await open(bad)).ended;
    t.equal(end.status, catalogue["token-invalid"].guacamole, "a token that guacamole-lite would die of");
  }
  const viewer = await open(token);
  if (!viewer.seen.has("sync")) await viewer.next("sync");
  for (const pressed of [true, false]) viewer.key(millis(0), keysym(0x61), pressed);
  await desktop.received((event) => event.kind === "key" && event.pressed && event.text === "a");
  viewer.send("3.zzz,2.99,1.1;");
  t.equal((await viewer.ended).status, catalogue["instruction-refused"].guacamole, "instructions are parsed");
  const again = await open(token);
  if (!again.seen.has("sync")) await again.next("sync");
  t.pass("and the server goes on");
});
