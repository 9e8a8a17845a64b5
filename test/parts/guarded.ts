/**
 * The example of a guacamole-lite server that Samehand guards, run as it is shipped, before the real guacd and X: what
 * its sessions may do, and that a lock ends them.
 */
import Crypt from "guacamole-lite/lib/Crypt.js";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { stringify } from "yaml";
import { Program } from "../../demo/program.ts";
import { catalogue } from "../../gateway/core/errors.ts";
import { newKeyLine } from "../../gateway/core/key-ring.ts";
import { keysym, millis } from "../../gateway/core/units.ts";
import { ViewerClient } from "../../gateway/offline/viewer-client.ts";
import { startDesktop } from "./desktop.ts";
import { startGuacd } from "./guacd.ts";
import { onDesktop } from "./on-desktop.ts";

const key = "0123456789abcdef0123456789abcdef";

export interface GuardedOptions {
  /** Runs the example. */
  readonly command: [string, ...string[]];
  /** The command line of the same Samehand. */
  readonly samehand: string;
  /** Where it runs; its configuration, keys and store are written there. */
  readonly folder: string;
}

export async function guarded(t: Test, { command, samehand, folder }: GuardedOptions): Promise<void> {
  const desktop = await startDesktop();
  t.teardown(() => desktop.stop());
  const guacd = await startGuacd();
  t.teardown(() => guacd.stop());
  const config = join(folder, "guard.yaml");
  writeFileSync(join(folder, "guard.keys"), newKeyLine(new Date()));
  const { port: guacdPort } = guacd;
  const settings = {
    mode: "enforce",
    metrics: { port: 0 },
    admin: { port: 0 },
    keys: { file: "guard.keys" },
    store: "guard.db",
  };
  writeFileSync(config, stringify(settings));
  // Without what the test runner puts in front of every Node.
  const { NODE_OPTIONS: _, ...bare } = process.env;
  const env = { ...bare, KEY: key, PORT: "0", GUACD_PORT: String(guacdPort), SAMEHAND_CONFIG: config };
  const program = new Program({ name: "example", command, cwd: folder, env });
  t.teardown(() => program.stop());
  const [, port] = await program.line(/listening (\d+)$/);
  const open = (token: string) => ViewerClient.open(`ws://127.0.0.1:${port}/?token=${encodeURIComponent(token)}`);
  const tokenFor = (username: string): string =>
    new Crypt("AES-256-CBC", key).encrypt({ connection: { type: "vnc", settings: { ...desktop.settings, username } } });
  const token = tokenFor("anna");

  for (const bad of ["", "nonsense", token.slice(0, -8)]) {
    const end = await (await open(bad)).ended;
    t.equal(end.status, catalogue["token-invalid"].guacamole, "a token that guacamole-lite would die of");
  }
  const viewer = await onDesktop(() => open(token));
  for (const pressed of [true, false]) viewer.key(millis(0), keysym(0x61), pressed);
  await desktop.received((event) => event.kind === "key" && event.pressed && event.text === "a");
  viewer.send("3.zzz,2.99,1.1;");
  t.equal((await viewer.ended).status, catalogue["instruction-refused"].guacamole, "instructions are parsed");
  const again = await onDesktop(() => open(token));
  t.pass("and the server goes on");
  const other = await onDesktop(() => open(tokenFor("bert")));
  execFileSync(samehand, ["agents", "lock", "anna", "--config", config], { env: bare, stdio: "ignore" });
  t.equal((await again.ended).status, catalogue["agent-locked"].guacamole, "a lock ends the agent's session");
  t.equal((await (await open(token)).ended).status, catalogue["agent-locked"].guacamole, "and keeps the agent out");
  t.ok(other.open, "and nobody else");
}
