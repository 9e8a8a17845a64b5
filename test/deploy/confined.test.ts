/**
 * The gateway as the systemd unit and the container confine it, as far as that needs neither systemd nor a container engine:
 * a user without a name and without any right, a file system that cannot be written but for the store's folder, no new
 * privileges, no core dumps, a /tmp of its own.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import t from "tap";
import { newKeyLine } from "../../gateway/core/key-ring.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const nobody = 65_534;
/**
 * What both confinements have in common. The shell gives way to the gateway, so that signals reach it. What the test
 * runner would have it load is not seen in there.
 */
const confine = `set -e
mount --make-rprivate /
mount --bind "$STATE" "$STATE"
mount --bind "$ROOT" "$CHECKOUT"
mount -o remount,bind,ro "$CHECKOUT"
mount -o remount,bind,ro /
mount -t tmpfs -o ro,nosuid,nodev,mode=755 none /tmp
ulimit -c 0
unset NODE_OPTIONS
exec setpriv --reuid ${nobody} --regid ${nobody} --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs "$@"`;

function confinable(): string | false {
  if (process.getuid?.() !== 0) return "not root: nothing can be confined";
  try {
    execFileSync("unshare", ["--mount", "setpriv", "--no-new-privs", "true"], { stdio: "ignore" });
    return false;
  } catch {
    return "no unshare or setpriv here";
  }
}

t.test("it runs without rights, and writes nowhere but into its store's folder", { skip: confinable() }, async (t) => {
  t.setTimeout(110_000);
  // Not below /tmp, which the confined process has for itself.
  const folder = mkdtempSync(join(/^\/tmp(\/|$)/.test(tmpdir()) ? "/var/tmp" : tmpdir(), "samehand-confined-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [state, checkout] = [join(folder, "state"), join(folder, "checkout")];
  mkdirSync(state);
  mkdirSync(checkout);
  chmodSync(folder, 0o755);
  const files = {
    "samehand.yaml": "listen: {port: 0}\nmetrics: {port: 0}\nadmin: {port: 0}\ndrainSeconds: 0\n",
    "profile.keys": newKeyLine(new Date(0)),
    "token.keys": newKeyLine(new Date(1)),
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text, { mode: 0o400 });
    chownSync(join(folder, name), nobody, nobody);
  }
  chownSync(state, nobody, nobody);
  // The checkout may be below /tmp too: it is seen, and its Node is run, at another place.
  const node = process.execPath.startsWith(root)
    ? join(checkout, process.execPath.slice(root.length))
    : process.execPath;
  const command = [node, join(checkout, "gateway/main.ts"), "serve", "--config", join(folder, "samehand.yaml")];
  const child = spawn("unshare", ["--mount", "sh", "-c", confine, "sh", ...command], {
    cwd: state,
    env: {
      PATH: process.env["PATH"],
      STATE: state,
      ROOT: root,
      CHECKOUT: checkout,
      NODE_ENV: "production",
      SAMEHAND_STORE: join(state, "samehand.db"),
      SAMEHAND_KEYS_FILE: join(folder, "profile.keys"),
      SAMEHAND_TOKENS_KEYS_FILE: join(folder, "token.keys"),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const exit = once(child, "exit");
  let metrics = "";
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as Record<string, string>;
    if (said["msg"] !== "listening") continue;
    metrics = said["metrics"];
    break;
  }
  t.not(metrics, "", metrics === "" ? errors : "it listens");
  t.equal((await fetch(`${metrics}/healthz`)).status, 200);
  t.equal((await fetch(`${metrics}/readyz`)).status, 200);
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  t.match(status, new RegExp(`^Uid:\\s+${nobody}\\s+${nobody}\\s+${nobody}`, "m"));
  for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
    t.match(status, new RegExp(`^${set}:\\s+0+$`, "m"));
  t.match(status, /^NoNewPrivs:\s+1$/m);
  t.match(readFileSync(`/proc/${child.pid}/limits`, "utf8"), /^Max core file size +0 +0/m);
  const mounts = readFileSync(`/proc/${child.pid}/mounts`, "utf8")
    .split("\n")
    .map((line) => line.split(" "));
  // What was mounted last at a place is what is seen there.
  for (const place of ["/", "/tmp"])
    t.match(mounts.findLast(([, at]) => at === place)?.[3], /^ro\b/, `${place} cannot be written`);
  t.ok(readdirSync(state).includes("samehand.db"), "the store is where it may be");
  child.kill("SIGTERM");
  t.same(await exit, [0, null]);
});
