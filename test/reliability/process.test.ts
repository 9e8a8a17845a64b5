/** A real `samehand serve`: told to stop, to reload, starved of file descriptors. */
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { t as root } from "tap";
import { newKeyLine } from "../../gateway/core/key-ring.ts";
import { epochMillis } from "../../gateway/core/units.ts";
import { issueSamehandToken } from "../../gateway/proxy/token/samehand-token.ts";
import { tokenKeys } from "../../gateway/settings.ts";
import { parseConfig } from "../../config/load.ts";
import { FakeGuacd } from "../fixtures/fake-guacd.ts";
import type { TestViewer } from "../fixtures/proxy-bench.ts";
import { type Child, serve } from "./child.ts";
import { configuration, press, until, viewerAt, writeFolder } from "./rig.ts";

interface Stage {
  readonly child: Child;
  readonly guacd: FakeGuacd;
  readonly folder: string;
  readonly file: string;
  readonly viewer: (agent: string) => Promise<TestViewer>;
}

async function stage(
  t: Pick<typeof root, "teardown">,
  changes: object = {},
  wrap: readonly string[] = [],
): Promise<Stage> {
  const guacd = await FakeGuacd.start();
  const folder = writeFolder(guacd.port, { ...changes });
  const file = join(folder, "samehand.yaml");
  const child = await serve(folder, wrap);
  t.teardown(async () => {
    await child.program.stop();
    await guacd.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const viewer = async (agent: string): Promise<TestViewer> => {
    const keys = tokenKeys(parseConfig(configuration(guacd.port), file, {}).config);
    const expires = epochMillis(Date.now() + 60_000);
    return viewerAt(child.tunnelUrl, await issueSamehandToken({ agent, connection: "desk", expires }, keys));
  };
  return { child, guacd, folder, file, viewer };
}

t.test("SIGTERM: not ready, nobody new, the live session lives to the deadline and is told", async (t) => {
  const { child, viewer, guacd } = await stage(t, { drainSeconds: 2 });
  const live = await viewer("anna");
  await live.saw("0.,36.");
  child.signal("SIGTERM");
  await child.program.line(/"msg":"draining"/);
  const ready = await fetch(`${child.metricsUrl}/readyz`);
  t.equal(ready.status, 503);
  t.match(await ready.text(), /draining/);
  t.match(await (await viewer("bert")).closed, { code: 1001, reason: "513" });
  press(live, 0x61);
  await guacd.users[0].saw("3.key,2.97,1.0;");
  t.same(await live.closed, { code: 1001, reason: "513" });
  t.match(guacd.users[0].received, /10\.disconnect;$/);
  t.equal(await child.program.exited, 0);
});

t.test("SIGHUP: new keys, limits and policy are taken, a bad file changes nothing, the session goes on", async (t) => {
  const { child, viewer, guacd, folder, file } = await stage(t);
  const live = await viewer("anna");
  await live.saw("0.,36.");
  for (const bad of ["limits: {sessions: -1}\n", "no: such: yaml", "policy: missing.yaml\n", "keys: {file: none}\n"]) {
    const lines = child.program.line(/refused; what ran goes on/);
    writeFileSync(file, bad);
    child.signal("SIGHUP");
    await lines;
  }
  for (const name of ["samehand.keys", "samehand.token-keys"])
    appendFileSync(join(folder, name), `${newKeyLine(new Date(0))}\n`);
  writeFileSync(file, configuration(guacd.port, { limits: { sessions: 1 } }));
  child.signal("SIGHUP");
  await child.program.line(/"msg":"configuration reloaded"/);
  t.match(await (await viewer("bert")).closed, { code: 1013, reason: "797" }, "a token of the new key, the new limit");
  press(live, 0x61);
  await guacd.users[0].saw("3.key,2.97,1.0;");
  t.equal(live.socket.readyState, 1);
  t.equal(readFileSync(file, "utf8").includes("sessions: 1"), true);
});

t.test("out of file descriptors: the session lives, newcomers wait, and all is well afterwards", async (t) => {
  const { child, viewer, guacd } = await stage(t, {}, ["prlimit", "--nofile=64:64", "--"]);
  const live = await viewer("anna");
  await live.saw("0.,36.");
  const url = new URL(child.tunnelUrl);
  const sockets: Socket[] = [];
  for (let n = 0; n < 100; n++) {
    const socket = connect(Number(url.port), url.hostname);
    socket.on("error", () => {});
    sockets.push(socket);
  }
  await Promise.allSettled(sockets.map((socket) => once(socket, "connect")));
  press(live, 0x61);
  await guacd.users[0].saw("3.key,2.97,1.0;");
  for (const socket of sockets) socket.destroy();
  await until(() => live.socket.readyState === 1, "the session");
  const after = await viewer("bert");
  await after.saw("0.,36.");
  t.equal((await fetch(`${child.metricsUrl}/healthz`)).status, 200);
});

t.test("killed with SIGKILL and started again: the store opens and serves", async (t) => {
  const { child, viewer, guacd, folder } = await stage(t);
  const live = await viewer("anna");
  await live.saw("0.,36.");
  child.program.kill("SIGKILL");
  t.equal((await live.closed).code, 1006);
  await child.program.exited;
  const again = await serve(folder);
  t.teardown(() => again.program.stop());
  t.equal((await fetch(`${again.metricsUrl}/readyz`)).status, 200);
  t.equal(guacd.users.length, 1);
});
