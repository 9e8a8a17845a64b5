/** A child process ends with all that it started. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import t from "tap";
import { stringify } from "yaml";
import { parseConfig } from "../../config/load.ts";
import { onFreePorts, Program } from "../../demo/program.ts";
import { newKeyLine } from "../../gateway/core/key-ring.ts";
import { silentLog } from "../../gateway/core/log.ts";
import { startGateway } from "../../gateway/gateway.ts";
import { until } from "../reliability/rig.ts";

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

t.test("a program's child in a process group of its own ends with it, and keeps nobody waiting", async (t) => {
  const script = "set -m; sleep 100000 & echo child $!; sleep 100001";
  const program = new Program({ name: "parent", command: ["bash", "-c", script] });
  const [, child] = await program.line(/child (\d+)/);
  t.ok(alive(Number(child)));
  await program.stop();
  await until(() => !alive(Number(child)), "the child ends");
});

t.test("what a program leaves behind that nobody stopped goes on", async (t) => {
  const program = new Program({
    name: "parent",
    command: ["bash", "-c", "sleep 100002 & echo child $!; exec sleep 100003"],
  });
  const [, child] = await program.line(/child (\d+)/);
  process.kill(program.pid, "SIGKILL");
  await until(() => !alive(program.pid), "the parent is gone");
  t.ok(alive(Number(child)));
  process.kill(Number(child), "SIGKILL");
  await program.exited;
});

t.test("a gateway whose port another start took meanwhile comes up on another one", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  t.teardown(() => taken.close());
  const folder = t.testdir();
  for (const name of ["samehand.keys", "samehand.token-keys"])
    writeFileSync(join(folder, name), newKeyLine(new Date()));
  const ports = [(taken.address() as AddressInfo).port, 0];
  const gateway = await onFreePorts(() => {
    const text = stringify({ listen: { port: 0 }, metrics: { port: ports.shift() }, admin: { port: 0 } });
    return startGateway(parseConfig(text, join(folder, "samehand.yaml"), {}).config, { log: silentLog });
  });
  t.teardown(() => gateway.close());
  t.equal((await fetch(`${gateway.metricsUrl}/healthz`)).status, 200);
  await t.rejects(
    onFreePorts(() => Promise.reject(new Error("no"))),
    /no/,
    "what fails otherwise is not tried again",
  );
});
